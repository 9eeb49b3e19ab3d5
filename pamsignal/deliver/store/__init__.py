"""The only SQLite: the journal position, what waits for delivery, open sessions, small memory, counters.

One `commit` is one transaction, so position and alerts always agree, whenever the process ends: exactly once into
the store. The journal is the durable source, so WAL with synchronous=NORMAL is enough: after a power cut the whole
state is a little older, and what was read since is read again.
No expected trouble (disk full, read-only, I/O error, damaged file) is raised: alerts go on from memory, bounded,
`trouble` says what to do, and the file gets everything as soon as it can be written again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from itertools import islice
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from pamsignal.deliver.counters import name_of_loss
from pamsignal.deliver.routes import DeliverySettings
from pamsignal.deliver.store import schema
from pamsignal.deliver.store.database import is_damage, open_database, open_for_reading
from pamsignal.deliver.store.rows import alert_or_none, channel_of
from pamsignal.deliver.store.unsaved import LONGEST_WAIT_US, Unsaved, is_ready, is_waiting
from pamsignal.deliver.store.writing import write
from pamsignal.deliver.turn import (
    NEW_CHANNEL,
    Channel,
    DeadLetter,
    Health,
    OpenSession,
    Pending,
    Settlement,
    State,
    Turn,
)
from pamsignal.errors import StoreError
from pamsignal.model import Position

REOPEN_US = 10_000_000
TRIM_US = 3_600_000_000
# How long it is told that a file was damaged. By then everybody has heard of it, and the new one works.
DAMAGE_TOLD_US = 600_000_000
RECHECK_US = 1_000_000

# What SQLite or the system says, and what to do about it.
_ADVICE = (
    ("full", "free space on its file system"),
    ("No space", "free space on its file system"),
    ("readonly", "make it writable for the user of pamsignal"),
    ("Read-only", "mount its file system writable"),
    ("Permission", "give it and its directory to the user of pamsignal"),
    ("unable to open", "check that its directory exists, has room and belongs to the user of pamsignal"),
    ("No such", "create its directory and give it to the user of pamsignal"),
    ("locked", "stop the other process that uses it"),
    ("", "see whether its disk is full, gone or broken"),  # on a full disk SQLite may call it an I/O error
)


def open_store(path: str, settings: DeliverySettings = DeliverySettings()) -> Store:  # noqa: B008 - a constant value
    """Open the state file at `path`, or create it with mode 0600.

    A damaged file is put aside as `PATH.corrupt-<n>`. One that cannot be written leaves a store in memory, which
    takes from the file what can be read, and moves into it when it can. `trouble` tells of both. A file of a newer
    version is a StoreError.
    """
    store = Store(path, settings)
    store.open()
    return store


class Store:
    """See `open_store`. For one thread. `channels` and `counters` are the present values, for reading.

    `begun_anew` counts the files that were put aside: what was in them, and is still known, wants to be written again.
    """

    def __init__(self, path: str, settings: DeliverySettings) -> None:
        self.path = path
        self.channels: Dict[str, Channel] = {}
        self.counters: Dict[str, int] = {}
        self._settings = settings
        self._unsaved = Unsaved()
        self._file: Optional[sqlite3.Connection] = None
        self._is_writable = False
        self._failure: Optional[str] = None
        self._damage: Optional[str] = None
        self._damage_seen_us: Optional[int] = None
        self.begun_anew = 0
        self._opened_us = 0
        self._trimmed_us = 0
        self._next_us: Dict[str, Optional[int]] = {}

    @property
    def trouble(self) -> Optional[str]:
        """What is wrong with the file, for status, or None. A damaged file stays told for ten minutes."""
        return self._failure or self._damage

    def open(self) -> None:
        """Open the file, for reading only if need be. A file of a newer version is a StoreError."""
        had_read = self._file is not None
        self.close()
        try:
            self._file, aside = open_database(self.path)
        except (sqlite3.Error, OSError) as error:
            self._failure = self._explained(error)
            self._file = open_for_reading(self.path)
        else:
            self._is_writable = True
            if aside is not None:
                self._damage_seen_us = None
                self.begun_anew += 1
                self._damage = f"{self.path} was damaged and is now {aside}: what waited in it is not sent"
        if self._file is not None and not had_read:
            self._load()

    def close(self) -> None:
        """Close the file. What could not be written is only in memory."""
        if self._file is not None:
            with suppress(sqlite3.Error):
                self._file.close()
        self._file, self._is_writable = None, False

    def commit(self, turn: Turn) -> bool:
        """Write `turn` in one transaction, with whatever could not be written before. Says whether it is in the file.

        Changes of nothing cost nothing.
        """
        self._absorb(turn)
        self._forgive(turn.now_us)
        if self._unsaved.is_empty():
            return self._failure is None
        if self._failure is not None and not 0 <= turn.now_us - self._opened_us < REOPEN_US:
            self._reopen(turn.now_us)
        try:
            is_written = self._write(turn.now_us)
        except (sqlite3.Error, OSError) as error:
            self._fail(error)
            is_written = False
        if not is_written:
            self._keep_in_memory(turn)
        return is_written

    def due(self, sink: str, now_us: int, limit: int) -> List[Pending]:
        """Return up to `limit` deliveries that may be attempted now, in the order in which their alerts came."""
        next_us = self.next_due_us(sink, now_us)
        if next_us is None or is_waiting(self.channels.get(sink, NEW_CHANNEL).held_until_us, now_us):
            return []
        found = list(islice(self._due_on_file(sink, now_us), limit))
        return found + list(islice(self._unsaved.due(sink, now_us), limit - len(found)))

    def next_due_us(self, sink: str, now_us: int) -> Optional[int]:
        """Return when `due` may have something for `sink`, in the past if it has now; None if nothing is queued."""
        if not self._unsaved.is_empty():  # rare: what waits is in two places
            return now_us + RECHECK_US
        if sink not in self._next_us:
            rows = self._read(schema.READ_NEXT, sink)
            if not rows:  # it could not be read: that is no reason to believe that nothing waits
                return now_us + RECHECK_US
            self._next_us[sink] = rows[0][0]
        queued_us = self._next_us[sink]
        if queued_us is None:
            return None
        held_us = self.channels.get(sink, NEW_CHANNEL).held_until_us
        return max((until_us for until_us in (queued_us, held_us) if is_waiting(until_us, now_us)), default=0)

    def older(self, sink: str, before_us: int) -> int:
        """Return how many deliveries to `sink` wait that were queued before a time: what expires with it."""
        on_file = self._read(schema.READ_OLDER, sink, before_us)
        return sum(int(row[0]) for row in on_file) + self._unsaved.older(sink, before_us)

    def health(self) -> Dict[str, Health]:
        """Return the state of every sink that has a channel or a delivery, also of those no longer configured."""
        rows = {sink: (queued, oldest_us, dead) for sink, queued, oldest_us, dead in self._read(schema.READ_HEALTH)}
        sinks = {*rows, *self.channels, *(sink for sink, _ in self._unsaved.queued)}
        return {sink: self._health(sink, *rows.get(sink, (0, None, 0))) for sink in sorted(sinks)}

    def dead_letters(self, limit: int = 100) -> List[DeadLetter]:
        """Return the deliveries that were given up, newest first."""
        rows = self._read(schema.READ_DEAD, limit)
        return [DeadLetter(sink, alert_id, alert_or_none(text), *rest) for sink, alert_id, text, *rest in rows]

    def sync(self) -> None:
        """Wait until the disk has what is in the file: no power cut takes that any more."""
        if self._is_writable:
            self._read("PRAGMA wal_checkpoint")

    def position(self) -> Optional[Position]:
        """Return how far the journal was read, or None if that was never written."""
        return self._unsaved.position or next((Position(*row) for row in self._read(schema.READ_POSITION)), None)

    def sessions(self) -> List[OpenSession]:
        """Return the open sessions, oldest first."""
        sessions: Dict[str, Optional[OpenSession]] = {
            row[0]: OpenSession(*row) for row in self._read(schema.READ_SESSIONS)
        }
        sessions.update(self._unsaved.sessions)
        return sorted((s for s in sessions.values() if s is not None), key=lambda session: session.opened_us)

    def memory(self, area: str) -> Dict[str, str]:
        """Return what is remembered in `area`."""
        values: Dict[str, Optional[str]] = dict(self._read(schema.READ_MEMORY, area))
        values.update({entry.key: entry.value for entry in self._unsaved.memory.values() if entry.area == area})
        return {key: value for key, value in values.items() if value is not None}

    def _forgive(self, now_us: int) -> None:
        """Tell no more of a damaged file when that was told for long enough, whatever the clock does."""
        if self._damage is None:
            return
        if self._damage_seen_us is None or now_us < self._damage_seen_us:
            self._damage_seen_us = now_us
        elif now_us - self._damage_seen_us >= DAMAGE_TOLD_US:
            self._damage = self._damage_seen_us = None

    def _absorb(self, turn: Turn) -> None:
        self._unsaved.absorb(turn)
        for sink in turn.released:
            if sink in self.channels:
                self.channels[sink] = self.channels[sink]._replace(held_until_us=0)
        self.channels.update(turn.channels)
        for name, times in turn.counted.items():
            self.counters[name] = self.counters.get(name, 0) + times

    def _write(self, now_us: int) -> bool:
        if self._file is None or not self._is_writable:
            return False
        with_trim = not 0 <= now_us - self._trimmed_us < TRIM_US
        losses = write(self._file, self._unsaved, self.channels, self.counters, self._settings, with_trim=with_trim)
        self._count(losses)
        self._trimmed_us = now_us if with_trim else self._trimmed_us
        if self._unsaved.changes_deliveries():
            self._next_us.clear()
        self._unsaved, self._failure = Unsaved(), None
        return True

    def _keep_in_memory(self, turn: Turn) -> None:
        for alert, _ in turn.alerts:
            if self._read(schema.IS_KNOWN, alert.id):
                self._unsaved.drop_alert(alert.id)
        losses = self._unsaved.shed()
        self._count(losses)
        self._unsaved.counters.update(name_of_loss(*key) for key in losses)

    def _reopen(self, now_us: int) -> None:
        """Begin again: this also lets SQLite give back the space of its write-ahead log."""
        self._opened_us = now_us
        try:
            self.open()
        except StoreError as error:
            self._failure = str(error)

    def _load(self) -> None:
        for sink, text in self._read(schema.READ_CHANNELS):
            self.channels.setdefault(sink, channel_of(text))
        for name, value in self._read(schema.READ_COUNTERS):
            self.counters[name] = self.counters.get(name, 0) + value

    def _count(self, losses: Mapping[Tuple[str, int], int]) -> None:
        for key, lost in losses.items():
            self.counters[name_of_loss(*key)] = self.counters.get(name_of_loss(*key), 0) + lost

    def _due_on_file(self, sink: str, now_us: int) -> Iterator[Pending]:
        for alert_id, attempts, queued_us, text in self._rows(schema.READ_DUE, sink, now_us, now_us + LONGEST_WAIT_US):
            settlement = self._unsaved.settled.get((sink, alert_id))
            if not is_ready(settlement, now_us) or queued_us < self._unsaved.expired.get(sink, 0):
                continue
            alert = alert_or_none(text)
            if alert is None:
                unreadable = Settlement(sink, alert_id, State.DEAD, attempts, reason="bug", detail="cannot be read")
                self._unsaved.settled[sink, alert_id] = unreadable
            else:
                yield Pending(alert, settlement.attempts if settlement else attempts, queued_us)

    def _health(self, sink: str, queued: int, oldest_us: Optional[int], dead: int) -> Health:
        more, since_us = self._unsaved.queued_at(sink)
        oldest_us = since_us if oldest_us is None else oldest_us
        return Health(max(0, queued + more), oldest_us, dead, self.channels.get(sink, NEW_CHANNEL))

    def _read(self, statement: str, *values: Union[str, int]) -> List[Tuple[Any, ...]]:
        return list(self._rows(statement, *values))

    def _rows(self, statement: str, *values: Union[str, int]) -> Iterator[Tuple[Any, ...]]:
        if self._file is None:
            return
        try:
            # Closed at once also when the caller stops early: an open read holds back the write-ahead log.
            with closing(self._file.execute(statement, values)) as rows:
                yield from rows
        except sqlite3.Error as error:
            self._fail(error)

    def _fail(self, error: Union[sqlite3.Error, OSError]) -> None:
        self._failure = self._explained(error)
        if isinstance(error, sqlite3.Error) and is_damage(error):
            self._is_writable = False  # put aside, and begun anew, when it is opened next
            self._opened_us = 0

    def _explained(self, error: Union[sqlite3.Error, OSError]) -> str:
        said = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        todo = next(advice for words, advice in _ADVICE if words in said)
        return f"{self.path}: {said}: {todo}; until then alerts wait in memory only"
