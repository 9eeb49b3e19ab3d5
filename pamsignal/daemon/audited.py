"""The audit daemon's log beside the journal: one stream of records for the engine, and one place more to keep."""

from __future__ import annotations

import heapq
from operator import attrgetter
from typing import Callable, Iterable, Iterator, List, Optional

from pamsignal.deliver.store import Store
from pamsignal.deliver.turn import Memory
from pamsignal.journal.audit_log import AuditLog
from pamsignal.model import JournalRecord

AREA, _KEY = "audit log", "place"
_TIME: Callable[[JournalRecord], int] = attrgetter("time_us")


class Audited:
    """Puts what `log` has between the journal's records, by time; without one it changes nothing.

    With a log, records of the kernel's audit that journald has are left out: they are the same ones.
    """

    def __init__(self, log: Optional[AuditLog]) -> None:
        self._log = log
        self._oldest_us = 0
        self._kept: Optional[str] = None

    @property
    def problem(self) -> Optional[str]:
        """Why the log cannot be read at present, else None."""
        return None if self._log is None else self._log.problem

    def begin(self, store: Store, oldest_us: int) -> None:
        """Go on where the last run stopped, but tell of nothing before `oldest_us`; the first run begins at the end."""
        if self._log is not None:
            self._oldest_us = oldest_us
            self._kept = store.memory(AREA).get(_KEY)
            self._log.resume(self._kept)

    def beside(self, records: List[JournalRecord], *, is_behind: bool) -> List[JournalRecord]:
        """Return `records` of the journal with those of the log; while the journal is read late, none from ahead."""
        if self._log is None:
            return records
        until_us = max(map(_TIME, records)) if is_behind and records else None
        if is_behind and until_us is None:
            return []
        audited = [record for record in self._log.read(until_us) if record.time_us >= self._oldest_us]
        return list(heapq.merge(_without_audit(records), audited, key=_TIME)) if audited else [*_without_audit(records)]

    def with_history(self, history: Iterable[JournalRecord]) -> Iterator[JournalRecord]:
        """Return what the journal is read again for, with the log's last records between."""
        if self._log is None:
            return iter(history)
        return heapq.merge(_without_audit(history), self._log.history(), key=_TIME)

    def take_place(self) -> List[Memory]:
        """Return the row to write down, if the place is another one since the last call."""
        place = None if self._log is None else self._log.place
        if place is None or place == self._kept:
            return []
        self._kept = place
        return [Memory(AREA, _KEY, place)]

    def keep_all(self) -> None:
        """Give the place with the next call: what was written down of it is lost."""
        self._kept = None

    def close(self) -> None:
        """Let go of the log."""
        if self._log is not None:
            self._log.close()


def _without_audit(records: Iterable[JournalRecord]) -> Iterator[JournalRecord]:
    return (record for record in records if record.transport != "audit")
