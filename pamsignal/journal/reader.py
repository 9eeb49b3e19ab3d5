"""The journal reader: fd, cursor, rotation, reopening, gaps. It never looks at what a message says.

Promise: every entry that matches is returned once, in the journal's order, whatever happens to the files; and where
the journal itself has lost some, `resume` or `take_gap` tells between which times.
"""

# The low-level calls (`_next`, `_get_all`) are used on purpose: the public iterator costs 10 µs more per entry.
# ruff: noqa: SLF001

from __future__ import annotations

import os
from typing import Iterator, List, NamedTuple, Optional

from pamsignal.errors import PamSignalError
from pamsignal.journal.lookout import Lookout
from pamsignal.journal.record import record_from_fields
from pamsignal.journal.source import (
    LIVE,
    Source,
    add_matches,
    hold_roots,
    journal_files,
    open_journal,
    root_identities,
    watch,
)
from pamsignal.model import JournalRecord, Position

OWN_UNIT = "pamsignal.service"  # journald reads it from the control group: no writer can claim it


class Gap(NamedTuple):
    """A stretch of the journal that is gone, in µs. `to_us` is the first entry after it, None if there is none yet."""

    from_us: int
    to_us: Optional[int]


class JournalReader:
    """Reads `source` from its beginning, or from where a seek or `resume` puts it.

    `skipped` counts entries that could not be read, `reopened` how often the files had to be opened anew, and
    `problem` says why that fails at present, else None. Only making one raises JournalError or AccessError.
    """

    def __init__(self, source: Source = LIVE) -> None:
        self.source = source
        self.skipped = 0
        self.reopened = 0
        self.problem: Optional[str] = None
        self._cursor: Optional[str] = None
        self._time_us = 0
        self._gap: Optional[Gap] = None
        self._told_us: Optional[int] = None
        self._fd = -1
        self._held: List[int] = []
        self._lookout = Lookout(source)
        self._open()

    @property
    def position(self) -> Optional[Position]:
        """The last entry that was read; None as long as there was none."""
        return None if self._cursor is None else Position(self._cursor, self._time_us)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the journal changes, -1 for named files.

        A reopening can change it.
        """
        return self._fd

    def has_files(self) -> bool:
        """Tell whether there is any journal file at all; `read` picks up files that appear later."""
        return any(True for _ in journal_files(self.source))

    def close(self) -> None:
        """Let go of all files."""
        self._journal.close()
        while self._held:
            os.close(self._held.pop())

    def read(self, limit: int, *, look_around: bool = True) -> List[JournalRecord]:
        """Return the records of at most `limit` further entries; none at the end of the journal.

        Without `look_around` it is not noticed that a directory of the journal is another one now.
        """
        records: List[JournalRecord] = []
        try:
            self._follow_changes(look_around=look_around)
            if self.problem is None:
                before = self._cursor, self._time_us
                self._collect(records, limit)
                if look_around or self._cursor != before[0]:
                    self.problem = self._lookout.complaint(before[1])
                if self.problem is not None:  # what comes before these can be missing: read them again, in order
                    records = []
                    self._cursor, self._time_us = before
        except (OSError, ValueError) as error:  # ValueError is python-systemd's EINVAL
            self._reopen(f"reading failed: {error}")
        return records

    def resume(self, position: Position) -> Optional[Gap]:
        """Go on after `position`. If that entry is gone, go on at the nearest one after it and return the gap."""
        self._cursor, self._time_us = position
        gap = self._seek_after(position)
        self._told_us = gap.from_us if gap else None
        return gap

    def place_at(self, time_us: int) -> Optional[Position]:
        """Return the last entry stored up to `time_us`, None if there is none left. Reading goes on elsewhere then."""
        self._journal.seek_realtime(time_us + 1)
        if not self._journal._previous():
            return None
        return Position(self._journal._get_cursor(), self._journal._get_realtime())

    def take_gap(self) -> Optional[Gap]:
        """Return the gap that a reopening found, once."""
        gap, self._gap = self._gap, None
        return gap

    def history(self, max_entries: int, not_before_us: int) -> Iterator[JournalRecord]:
        """Yield again the records up to and with `position`, oldest first; then `read` goes on after `position`.

        At most `max_entries`, none stored before `not_before_us`: to rebuild state from what was read already.
        """
        position = self.position
        if position is None:
            return
        try:
            for _ in range(self._step_back(position, max_entries, not_before_us)):
                record = self._current()
                if record is not None:
                    yield record
                self._journal._next()
        finally:
            self.resume(position)

    def seek_head(self) -> None:
        """Go to before the oldest entry."""
        self.seek_time(0)

    def seek_time(self, time_us: int) -> None:
        """Go to before the first entry stored at or after `time_us`."""
        self._cursor, self._time_us = None, time_us
        self._journal.seek_realtime(time_us)

    def seek_tail(self) -> None:
        """Go to after the newest entry; `position` is that entry, so that a restart loses nothing."""
        self._journal.seek_tail()
        # The tail is no entry: without a step back nothing newer is ever found (sd_journal_seek_tail(3)).
        if self._journal._previous():
            self._cursor, self._time_us = self._journal._get_cursor(), self._journal._get_realtime()
        else:
            self.seek_head()

    def _collect(self, records: List[JournalRecord], limit: int) -> None:
        next_entry = self._journal._next
        for _ in range(limit):
            if not next_entry():
                return
            record = self._current()
            if record is not None:
                records.append(record)

    def _current(self) -> Optional[JournalRecord]:
        """Return the record at hand; None if it cannot be read, has no text, or is our own."""
        journal = self._journal
        try:
            fields = journal._get_all()
            cursor = journal._get_cursor()
            time_us = journal._get_realtime()
        except (OSError, ValueError):
            self.skipped += 1
            return None
        self._cursor, self._time_us = cursor, time_us
        if "MESSAGE" not in fields:  # so it looks where the file is damaged: enumeration just ends
            self.skipped += 1
            return None
        record = record_from_fields(fields, cursor, time_us)
        return None if record.unit == OWN_UNIT else record

    def _open(self) -> None:
        self._held = hold_roots(self.source)
        self._roots = root_identities(self.source)
        self._lookout.begin()
        self._journal = open_journal(self.source)
        # At once: files that rotate before the watch exists would stay open for ever (systemd#7998, #14695).
        self._fd = watch(self._journal, self.source)
        add_matches(self._journal)

    def _follow_changes(self, *, look_around: bool) -> None:
        """Let libsystemd look for new, renamed and deleted files, and look ourselves where it cannot."""
        if self.problem is not None or (look_around and root_identities(self.source) != self._roots):
            self._reopen("the journal's directory appeared, vanished or was replaced")
        elif not self.source.files:
            # INVALIDATE asks for nothing: libsystemd has let go of deleted files by itself (systemd#8963).
            self._journal.process()

    def _reopen(self, reason: str) -> None:
        self.close()
        try:
            self._open()
            if self._cursor is None:
                self._journal.seek_realtime(self._time_us)
            else:
                self._note(self._seek_after(Position(self._cursor, self._time_us)))
        except (PamSignalError, OSError, ValueError) as error:
            self.problem = f"{reason}; {error}"
        else:
            self.problem = None
            self.reopened += 1

    def _note(self, gap: Optional[Gap]) -> None:
        """Keep a gap for `take_gap`, unless it is the one that was told before its end was known."""
        if gap is not None and gap.from_us != self._told_us:
            self._gap, self._told_us = gap, gap.from_us

    def _seek_after(self, position: Position) -> Optional[Gap]:
        """Stand on the entry of `position`, or before the first one after it; return what is missing between."""
        journal = self._journal
        journal.flush_matches()  # an entry that this release no longer asks for is still a place
        self._seek(position)
        found = journal._next()
        if found and same_entry(journal._get_cursor(), position.cursor):
            add_matches(journal)
            return None
        gap = Gap(position.time_us, journal._get_realtime() if found else None)
        self._seek(position)
        add_matches(journal)
        return gap

    def _seek(self, position: Position) -> None:
        """Go to before `position`: by its cursor, which finds the nearest entry by number, boot and time."""
        try:
            self._journal.seek_cursor(position.cursor)
        except ValueError:  # not a cursor: somebody edited the store
            self._journal.seek_realtime(position.time_us + 1)

    def _step_back(self, position: Position, max_entries: int, not_before_us: int) -> int:
        """Stand on the oldest entry of the history, and return how many there are."""
        journal = self._journal
        self._seek(position)
        for steps in range(max_entries):
            if not journal._previous():
                return steps
            if journal._get_realtime() < not_before_us:
                journal._next()
                return steps
        return max_entries


def same_entry(cursor: str, other: str) -> bool:
    """Tell whether two cursors name one entry: same boot, both times and content hash.

    The sequence number in front changes when journald moves the volatile journal from /run to /var.
    """
    return cursor.partition(";b=")[2] == other.partition(";b=")[2]
