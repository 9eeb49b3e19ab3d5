"""The tables of the store, and the statements on them. Text only: `store` is the one that knows SQLite.

`MIGRATIONS[n]` brings a file of `user_version` n to n + 1; a released one is never edited. SQLite 3.34 (Debian 11)
must understand all of it: no STRICT, no RETURNING.
"""

from __future__ import annotations

from typing import Tuple

MIGRATIONS: Tuple[Tuple[str, ...], ...] = (
    (
        """CREATE TABLE position (
            one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL, time_us INTEGER NOT NULL)""",
        # Every alert id that ever came in, for longer than a rewind can reach back: this is what makes "once" true.
        "CREATE TABLE known (sequence INTEGER PRIMARY KEY, alert_id TEXT NOT NULL UNIQUE, known_us INTEGER NOT NULL)",
        """CREATE TABLE deliveries (
            sequence INTEGER PRIMARY KEY, sink TEXT NOT NULL, alert_id TEXT NOT NULL, state TEXT NOT NULL,
            rank INTEGER NOT NULL, queued_us INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            wait_until_us INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
            detail TEXT NOT NULL DEFAULT '', dead_us INTEGER, document TEXT NOT NULL, UNIQUE (sink, alert_id))""",
        "CREATE INDEX queue ON deliveries (sink, sequence) WHERE state = 'queued'",
        "CREATE INDEX dead_letters ON deliveries (dead_us) WHERE state = 'dead'",
        "CREATE TABLE channels (sink TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE sessions (
            session_key TEXT PRIMARY KEY, opened_us INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE memory (
            area TEXT NOT NULL, memory_key TEXT NOT NULL, value TEXT NOT NULL, updated_us INTEGER NOT NULL,
            PRIMARY KEY (area, memory_key)) WITHOUT ROWID""",
        "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    ),
)

TABLES = ("position", "known", "deliveries", "channels", "sessions", "memory", "counters")
COUNT = "SELECT COUNT(*) FROM {}"  # of one of TABLES

READ_POSITION = "SELECT cursor, time_us FROM position"
READ_CHANNELS = "SELECT sink, document FROM channels"
READ_COUNTERS = "SELECT name, value FROM counters"
READ_SESSIONS = "SELECT session_key, opened_us, document FROM sessions ORDER BY opened_us, session_key"
READ_MEMORY = "SELECT memory_key, value FROM memory WHERE area = ?"
READ_DEAD = """SELECT sink, alert_id, document, reason, detail, attempts, dead_us FROM deliveries
    WHERE state = 'dead' ORDER BY dead_us DESC, sequence DESC LIMIT ?"""
READ_HEALTH = """SELECT sink, SUM(state = 'queued'), MIN(CASE state WHEN 'queued' THEN queued_us END),
    SUM(state = 'dead') FROM deliveries GROUP BY sink"""
# A wait that ends further away than any wait can be was begun before the clock was set back: it is over.
READ_DUE = """SELECT alert_id, attempts, queued_us, document FROM deliveries
    WHERE sink = ? AND state = 'queued' AND NOT (wait_until_us > ? AND wait_until_us <= ?) ORDER BY sequence"""
# The nearest end of a wait. In a long queue most wait for nothing, and the first of them answers for all.
READ_NEXT = """SELECT COALESCE(
    (SELECT 0 FROM deliveries WHERE sink = ?1 AND state = 'queued' AND wait_until_us = 0 LIMIT 1),
    (SELECT MIN(wait_until_us) FROM deliveries WHERE sink = ?1 AND state = 'queued'))"""
READ_OLDER = "SELECT COUNT(*) FROM deliveries WHERE sink = ? AND state = 'queued' AND queued_us < ?"
IS_KNOWN = "SELECT 1 FROM known WHERE alert_id = ?"

SET_POSITION = "INSERT OR REPLACE INTO position VALUES (1, ?, ?)"
ADD_KNOWN = "INSERT OR IGNORE INTO known (alert_id, known_us) VALUES (?, ?)"
ADD_DELIVERY = """INSERT OR IGNORE INTO deliveries (sink, alert_id, state, rank, queued_us, document)
    VALUES (?, ?, 'queued', ?, ?, ?)"""
RELEASE = "UPDATE deliveries SET wait_until_us = 0 WHERE sink = ? AND state = 'queued' AND wait_until_us > 0"
EXPIRE = """UPDATE deliveries SET state = 'dead', reason = ?, dead_us = ?
    WHERE sink = ? AND state = 'queued' AND queued_us < ?"""
DROP_DELIVERY = "DELETE FROM deliveries WHERE sink = ? AND alert_id = ?"
SETTLE_DELIVERY = """UPDATE deliveries SET state = ?, attempts = ?, wait_until_us = ?, reason = ?, detail = ?,
    dead_us = ? WHERE sink = ? AND alert_id = ?"""
SET_CHANNEL = "INSERT OR REPLACE INTO channels VALUES (?, ?)"
OPEN_SESSION = "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)"
CLOSE_SESSION = "DELETE FROM sessions WHERE session_key = ?"
REMEMBER = "INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)"
FORGET = "DELETE FROM memory WHERE area = ? AND memory_key = ?"
SET_COUNTER = "INSERT OR REPLACE INTO counters VALUES (?, ?)"

COUNT_QUEUED = "SELECT COUNT(*) FROM deliveries WHERE sink = ? AND state = 'queued'"
FIRST_TO_GO = """SELECT sequence, rank FROM deliveries WHERE sink = ? AND state = 'queued'
    ORDER BY rank, sequence LIMIT ?"""
DROP_SEQUENCE = "DELETE FROM deliveries WHERE sequence = ?"
TRIM_DEAD_BY_NUMBER = """DELETE FROM deliveries WHERE sequence IN (SELECT sequence FROM deliveries
    WHERE state = 'dead' ORDER BY dead_us DESC, sequence DESC LIMIT -1 OFFSET ?)"""
# Kept small by age or number once an hour.
TRIM_DEAD_BY_AGE = "DELETE FROM deliveries WHERE state = 'dead' AND dead_us < ?"
TRIM_KNOWN_BY_AGE = "DELETE FROM known WHERE known_us < ?"
TRIM_KNOWN_BY_NUMBER = "DELETE FROM known WHERE sequence <= (SELECT MAX(sequence) FROM known) - ?"
TRIM_SESSIONS = """DELETE FROM sessions WHERE session_key IN (SELECT session_key FROM sessions
    ORDER BY opened_us DESC LIMIT -1 OFFSET ?)"""
TRIM_MEMORY = """DELETE FROM memory WHERE (area, memory_key) IN (SELECT area, memory_key FROM memory
    ORDER BY updated_us DESC LIMIT -1 OFFSET ?)"""
