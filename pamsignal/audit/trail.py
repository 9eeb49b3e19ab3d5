"""The trail: one line for each event and alert, chained, on the disk before the store hears of them.

Nothing is changed once it is written: a file only grows, until a new one begins (`checkpoint`). What retention deletes
is written down first (`deleted`), and so is what a crash left unfinished (`crash`) and what somebody else did to the
files (`damage`). No trouble is raised: monitoring goes on, records wait in memory, bounded, and what had to be
forgotten is written down, too (`dropped`). `trouble` says what to do.
"""

from __future__ import annotations

import os
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from pamsignal.audit import notes, retention
from pamsignal.audit.chain import NO_RECORD, Head, Seal, linked
from pamsignal.audit.files import TrailFile, files_in, name_of
from pamsignal.audit.housekeeping import Housekeeping
from pamsignal.audit.ledger import Ledger, TouchedError
from pamsignal.audit.past import Extent, Past, head_of, ids_since, past_of, rollback
from pamsignal.audit.record import alert_body, body, event_body
from pamsignal.errors import UnreadableError
from pamsignal.model import Alert, AuthEvent, Context
from pamsignal.secret import Secret

MOST_WAITING = 10_000
RETRY_US = 10_000_000
# An event can speak of a time before that of the line which completed it.
SLACK_US = 3_600_000_000

Entry = Tuple[str, int, str]  # id, time in µs, body


class Settings(NamedTuple):
    """`key` seals each record. A file is closed when it has `rotate_bytes`, or is `rotate_seconds` old."""

    enabled: bool = True
    key: Optional[Secret] = None
    rotate_bytes: int = 16 << 20
    rotate_seconds: int = 86_400
    compress: bool = True
    anchor_seconds: int = 3600


class Trail:
    """The trail in `directory`, for one thread. `head` is its last record that is on the disk."""

    def __init__(self, directory: str, settings: Settings, kept: retention.Settings = retention.Settings()) -> None:  # noqa: B008 - a constant value
        self.directory = directory
        self.head = NO_RECORD
        self.lost = 0
        self._ledger: Optional[Ledger] = None
        self._begun_us = 0
        self._extent = Extent()
        self._has_records = False
        self._waiting: List[Entry] = []
        self._dropped = 0
        self._known: Dict[bytes, None] = {}
        self._known_until_us = 0
        self._failure: Optional[str] = None
        self._damage: Optional[str] = None
        self._retry_us = 0
        self._since_us: Optional[int] = None
        self._anchored, self._anchored_us = NO_RECORD, 0
        self._housekeeping = Housekeeping(directory)
        self.use(settings, kept)

    @property
    def trouble(self) -> Optional[str]:
        """What is wrong, for status, or None. Damage stays told until the next start."""
        return self._failure or self._damage or self._housekeeping.worry

    @property
    def is_enabled(self) -> bool:
        """Whether anything is written."""
        return self._settings.enabled

    def use(self, settings: Settings, kept: retention.Settings) -> None:
        """Go on with other settings."""
        self._settings = settings
        self._seal = Seal(settings.key.reveal().encode()) if settings.key is not None else None
        self._housekeeping.use(kept, packs=settings.compress)

    def open(self, now_us: int, since_us: int, known: Head = NO_RECORD) -> None:
        """Go on where the last run stopped.

        What will be read from the journal again is newer than `since_us`; `known` is the head that the store remembers.
        """
        self.head, self._since_us = known, since_us
        self.tend(now_us)

    def end(self, now_us: int) -> None:
        """Try a last time to write what waits, and close."""
        if self._waiting:
            self._retry_us = now_us
            self._write_waiting(now_us)
        self.close()

    def close(self) -> None:
        """Let go of the file. What could not be written is gone."""
        if self._ledger is not None:
            self._ledger.close()
        self._ledger = None

    def append(self, now_us: int, events: Sequence[Tuple[AuthEvent, Context]], alerts: Sequence[Alert]) -> None:
        """Write down a turn, each record once, and wait until it is on the disk. Comes before the store's commit."""
        if not self._settings.enabled:
            return
        entries = [(event.id, event.time_us, event_body(event, context)) for event, context in events]
        entries += [(alert.id, alert.time_us, alert_body(alert)) for alert in alerts]
        if self._known:
            entries = self._without_known(entries)
        if entries:
            self._waiting += entries
            self._write_waiting(now_us)

    def tend(self, now_us: int) -> None:
        """Do what is due: write what waits, begin a new file, delete and compress old ones."""
        if not self._settings.enabled:
            return
        if self._waiting or self._ledger is None or self._failure is not None:
            self._write_waiting(now_us)
        if self._ledger is None or self._failure is not None:
            return
        try:
            if self._is_rotation_due(self._ledger, now_us):
                self._begin_file(now_us)
            self._housekeeping.tend(now_us, self._record)
        except (OSError, TouchedError) as error:
            self._fail(error, now_us)

    def take_anchor(self, now_us: int) -> Optional[Head]:
        """Return the head where it is time to tell it outside this host, and there is a new one."""
        interval_us = self._settings.anchor_seconds * 1_000_000
        if self.head == self._anchored or 0 <= now_us - self._anchored_us < interval_us:
            return None
        self._anchored, self._anchored_us = self.head, now_us
        return self.head

    def next_deadline_us(self) -> int:
        """Return when `tend` is wanted again, if nothing is written before."""
        return self._housekeeping.due_us if self._failure is None else self._retry_us

    def _open(self, now_us: int, since_us: int, known: Head, touched: Optional[str] = None) -> None:
        files = files_in(self.directory)
        past = past_of(files[-1]) if files else Past(None, 0)
        found = past.head or head_of(files[:-1])
        damage = touched or past.damage or rollback(files, past, found, known)
        self.head = found if found.seq > known.seq else known
        if past.head is None or damage or files[-1].is_packed:
            self._extent = past.extent
            self._begin_file(now_us, files[-1].name if files else None, damage)
        else:
            self._go_on(files[-1], past, now_us)
        self._known.update(ids_since(files, since_us - SLACK_US))
        self._known_until_us = now_us + SLACK_US
        self._since_us = None

    def _go_on(self, file: TrailFile, past: Past, now_us: int) -> None:
        self._ledger = Ledger(file.path)
        self._extent, self._begun_us = past.extent, past.begun_us
        self._has_records = self.head.seq > file.first_seq
        if past.torn:
            self._ledger.shorten(past.bytes)
            self._append([notes.crash(now_us, file.name, past.torn)])

    def _begin_file(self, now_us: int, closed: Optional[str] = None, damage: Optional[str] = None) -> None:
        """Close the file, and begin the next with where it stands in the chain."""
        if self._ledger is not None:
            closed = closed or os.path.basename(self._ledger.path)
        begins = self.head == NO_RECORD
        bodies = [notes.genesis(now_us) if begins else notes.checkpoint(now_us, closed, self._extent)]
        bodies += [notes.damage(now_us, damage)] if damage else []
        lines, head = linked(self.head, bodies, self._seal)
        try:
            ledger = Ledger.begun(os.path.join(self.directory, name_of(self.head.seq + 1)), lines)
        finally:  # it can be there in spite of an error: then the one before it must not go on
            self.close()
        self._ledger, self.head = ledger, head
        self._begun_us, self._extent, self._has_records = now_us, Extent(), False
        if damage:
            self._damage = f"{self.directory}: {damage}; run: pamsignal verify"

    def _is_rotation_due(self, ledger: Ledger, now_us: int) -> bool:
        is_young = abs(now_us - self._begun_us) < self._settings.rotate_seconds * 1_000_000  # whatever the clock does
        return self._has_records and not (is_young and ledger.bytes < self._settings.rotate_bytes)

    def _write_waiting(self, now_us: int) -> None:
        if self._failure is None or not 0 < self._retry_us - now_us <= RETRY_US:
            try:
                self._put(now_us)
            except (OSError, TouchedError) as error:
                self._fail(error, now_us)
        self._shed()

    def _put(self, now_us: int) -> None:
        if self._ledger is None:
            self._open_again(now_us)
        try:
            self._append_waiting(now_us)
        except TouchedError as error:
            self._open_again(now_us, f"the newest file was {error}")
            self._append_waiting(now_us)
        self._failure = None

    def _open_again(self, now_us: int, touched: Optional[str] = None) -> None:
        self.close()
        since_us = self._since_us
        if since_us is None:
            since_us = min((time_us for _, time_us, _ in self._waiting), default=now_us)
        try:
            self._open(now_us, since_us, self.head, touched)
        except (OSError, TouchedError):
            self.close()  # half of it is done: the rest has to be, too, before anything else is written
            raise
        self._waiting = self._without_known(self._waiting)

    def _append_waiting(self, now_us: int) -> None:
        bodies = [text for _, _, text in self._waiting]
        if self._dropped:
            bodies.insert(0, notes.dropped(now_us, self._dropped))
        if bodies:
            self._append(bodies)
            self._extent = self._extent.with_times([time_us for _, time_us, _ in self._waiting])
            self._waiting, self._dropped, self._has_records = [], 0, True

    def _record(self, kind: str, document: Dict[str, object]) -> None:
        self._append([body(kind, document)])

    def _append(self, bodies: Sequence[str]) -> None:
        if self._ledger is None:
            raise TouchedError("closed")
        lines, head = linked(self.head, bodies, self._seal)
        self._ledger.append(lines)
        self.head = head

    def _fail(self, error: Exception, now_us: int) -> None:
        if self._ledger is None or not self._ledger.is_sound:
            self.close()
        place = error.filename if isinstance(error, UnreadableError) else self.directory
        self._failure = f"{place}: {_explained(error)}; until then records wait in memory only"
        self._retry_us = now_us + RETRY_US

    def _shed(self) -> None:
        """Forget the oldest of too many: a full disk must not become full memory."""
        more = len(self._waiting) - MOST_WAITING
        if more > 0:
            del self._waiting[:more]
            self._dropped += more
            self.lost += more

    def _without_known(self, entries: List[Entry]) -> List[Entry]:
        if entries and all(time_us > self._known_until_us for _, time_us, _ in entries):
            self._known = {}  # what was written before the start has been passed
        return [entry for entry in entries if entry[0].encode() not in self._known]


def _explained(error: Exception) -> str:
    said = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return f"{said}: {next((advice for words, advice in _ADVICE if words in said), 'see whether its disk is well')}"


_ADVICE = (
    ("No space", "free space on its file system"),
    ("Read-only", "mount its file system writable"),
    ("Permission", "give it to the user of pamsignal"),
    ("No such", "create it and give it to the user of pamsignal"),
)
