"""One transaction: everything that is not in the file yet, and the bounds that keep the file small."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import suppress
from typing import Dict, Iterable, Mapping, Tuple

from pamsignal.deliver import codec
from pamsignal.deliver.counters import name_of_loss
from pamsignal.deliver.routes import DeliverySettings
from pamsignal.deliver.store import schema
from pamsignal.deliver.store.unsaved import Unsaved
from pamsignal.deliver.turn import EXPIRED, Channel, Settlement, State, rank_of

HOUR_US = 3_600_000_000
KNOWN_AGE_US = 8 * 24 * HOUR_US
MAX_KNOWN = 100_000
MAX_SESSIONS = 10_000
MAX_MEMORY = 100_000

Losses = Dict[Tuple[str, int], int]  # (sink, rank) -> deliveries given up because the queue was full


def write(
    database: sqlite3.Connection,
    unsaved: Unsaved,
    channels: Mapping[str, Channel],
    counters: Mapping[str, int],
    settings: DeliverySettings,
    *,
    with_trim: bool,
) -> Losses:
    """Write everything in one transaction, or nothing; returns what a full queue had to give up."""
    database.execute("BEGIN IMMEDIATE")
    try:
        _write_deliveries(database, unsaved)
        _write_rest(database, unsaved, channels)
        losses = _shed(database, unsaved, settings.max_rows)
        if unsaved.settled or unsaved.expired:
            database.execute(schema.TRIM_DEAD_BY_NUMBER, (settings.max_dead_letters,))
        if with_trim:
            _trim(database, unsaved.now_us, settings.max_age_seconds)
        _write_counters(database, unsaved.counters, counters, losses)
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
    return losses


def as_text(text: str) -> str:
    """Return `text` with lone surrogates spelt out, which SQLite cannot keep; in JSON the spelling means the same."""
    return text.encode("utf-8", "backslashreplace").decode()


def _write_deliveries(database: sqlite3.Connection, unsaved: Unsaved) -> None:
    run = database.execute
    fresh = {
        alert_id for alert_id, now_us in unsaved.known.items() if run(schema.ADD_KNOWN, (alert_id, now_us)).rowcount
    }
    for (sink, alert_id), (alert, queued_us) in unsaved.queued.items():
        if alert_id in fresh or alert.is_event:
            run(schema.ADD_DELIVERY, (sink, alert_id, rank_of(alert), queued_us, codec.dump(alert)))
    database.executemany(schema.RELEASE, [(sink,) for sink in unsaved.released])
    expired = [(EXPIRED, unsaved.now_us, sink, before_us) for sink, before_us in unsaved.expired.items()]
    database.executemany(schema.EXPIRE, expired)
    for settlement in unsaved.settled.values():
        _settle(database, settlement, unsaved.now_us)


def _settle(database: sqlite3.Connection, settlement: Settlement, now_us: int) -> None:
    delivery = (settlement.sink, settlement.alert_id)
    if settlement.state is State.SENT:
        database.execute(schema.DROP_DELIVERY, delivery)
        return
    dead_us = now_us if settlement.state is State.DEAD else None
    said = (as_text(settlement.reason), as_text(settlement.detail))
    values = (settlement.state.value, settlement.attempts, settlement.wait_until_us, *said, dead_us)
    database.execute(schema.SETTLE_DELIVERY, values + delivery)


def _write_rest(database: sqlite3.Connection, unsaved: Unsaved, channels: Mapping[str, Channel]) -> None:
    for key, session in unsaved.sessions.items():
        if session is None:
            database.execute(schema.CLOSE_SESSION, (as_text(key),))
        else:
            values = (as_text(key), within_64_bits(session.opened_us), as_text(session.document))
            database.execute(schema.OPEN_SESSION, values)
    for area, key, value in unsaved.memory.values():
        if value is None:
            database.execute(schema.FORGET, (as_text(area), as_text(key)))
        else:
            database.execute(schema.REMEMBER, (as_text(area), as_text(key), as_text(value), unsaved.now_us))
    documents = [(sink, json.dumps(channels[sink]._asdict())) for sink in unsaved.channels]
    database.executemany(schema.SET_CHANNEL, documents)
    if unsaved.position is not None:
        cursor, time_us = unsaved.position
        database.execute(schema.SET_POSITION, (as_text(cursor), within_64_bits(time_us)))


def _write_counters(
    database: sqlite3.Connection, names: Iterable[str], counters: Mapping[str, int], losses: Losses
) -> None:
    values = {name: counters[name] for name in names}
    for (sink, rank), lost in losses.items():
        name = name_of_loss(sink, rank)
        values[name] = counters.get(name, 0) + lost
    database.executemany(schema.SET_COUNTER, [(as_text(name), value) for name, value in values.items()])


def _shed(database: sqlite3.Connection, unsaved: Unsaved, max_rows: int) -> Losses:
    losses: Counter[Tuple[str, int]] = Counter()
    for sink in {sink for sink, _ in unsaved.queued}:
        too_many = database.execute(schema.COUNT_QUEUED, (sink,)).fetchone()[0] - max_rows
        if too_many <= 0:
            continue
        for sequence, rank in database.execute(schema.FIRST_TO_GO, (sink, too_many)).fetchall():
            database.execute(schema.DROP_SEQUENCE, (sequence,))
            losses[sink, rank] += 1
    return losses


def _trim(database: sqlite3.Connection, now_us: int, max_age_seconds: int) -> None:
    database.execute(schema.TRIM_DEAD_BY_AGE, (now_us - max_age_seconds * 1_000_000,))
    database.execute(schema.TRIM_KNOWN_BY_AGE, (now_us - KNOWN_AGE_US,))
    database.execute(schema.TRIM_KNOWN_BY_NUMBER, (MAX_KNOWN,))
    database.execute(schema.TRIM_SESSIONS, (MAX_SESSIONS,))
    database.execute(schema.TRIM_MEMORY, (MAX_MEMORY,))


def within_64_bits(number: int) -> int:
    """Return `number`, cut to what SQLite can keep: a damaged journal entry may claim any time."""
    return max(-(2**63), min(number, 2**63 - 1))
