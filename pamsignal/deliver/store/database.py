"""The database file: opening it, bringing it to the newest schema, putting a damaged one aside.

Raises `sqlite3.Error` and `OSError` as they come; the store turns them into `trouble`.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import Optional, Tuple

from pamsignal.deliver.store import schema
from pamsignal.errors import StoreError

BUSY_SECONDS = 2.0
SQLITE_VERSION = sqlite3.sqlite_version
KEPT_DAMAGED = 5


def open_database(path: str) -> Tuple[sqlite3.Connection, Optional[str]]:
    """Open or create the file at `path`; a damaged one is put aside first. Returns where it was put, or None."""
    try:
        return _opened(path), None
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    aside = _put_aside(path)
    return _opened(path), aside


def open_for_reading(path: str) -> Optional[sqlite3.Connection]:
    """Open a file that cannot be written, to know at least where we were and what waits; None if that fails too."""
    for options in ("mode=ro", "mode=ro&immutable=1"):
        with suppress(sqlite3.Error):
            database = _connected(_uri(path, options), is_uri=True)
            if _version(database) == len(schema.MIGRATIONS):
                return database
            database.close()
    return None


def open_for_writing(path: str) -> sqlite3.Connection:
    """Open a file of this version that is there already, and change nothing about it."""
    database = _connected(_uri(path, "mode=rw"), is_uri=True)
    if _version(database) == len(schema.MIGRATIONS):
        return database
    database.close()
    raise sqlite3.OperationalError("another version of pamsignal wrote it")


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether the file itself is broken: SQLITE_CORRUPT and SQLITE_NOTADB alone are this very class."""
    return type(error) is sqlite3.DatabaseError


def _opened(path: str) -> sqlite3.Connection:
    # Ours before SQLite's: it would create the file readable for everybody. -wal and -shm take the file's mode.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    database = _connected(path)
    try:
        _migrate(database, path)
        _check(database)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA journal_size_limit = 1048576")
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    verdict = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != ("ok",):
        raise sqlite3.DatabaseError("database disk image is malformed")


def _uri(path: str, options: str) -> str:
    """Return the name of a file with options (sqlite.org/uri.html, section 3.1)."""
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{quoted}?{options}"


def _connected(name: str, *, is_uri: bool = False) -> sqlite3.Connection:
    database = sqlite3.connect(name, timeout=BUSY_SECONDS, isolation_level=None, uri=is_uri)
    database.execute("PRAGMA cache_size = -512")  # KiB, of memory
    return database


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _migrate(database: sqlite3.Connection, path: str) -> None:
    newest = len(schema.MIGRATIONS)
    if _version(database) > newest:
        raise StoreError(
            f"{path}: written by a newer pamsignal (format {_version(database)}, this one knows {newest}): "
            "install that version again, or move the file away and start anew"
        )
    for version in range(_version(database), newest):
        database.execute("BEGIN IMMEDIATE")
        for statement in schema.MIGRATIONS[version]:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {version + 1}")
        database.execute("COMMIT")


def _put_aside(path: str) -> str:
    numbers = range(1, KEPT_DAMAGED + 1)
    number = next((n for n in numbers if not os.path.lexists(f"{path}.corrupt-{n}")), KEPT_DAMAGED)
    aside = f"{path}.corrupt-{number}"
    os.replace(path, aside)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.replace(path + suffix, aside + suffix)
    return aside
