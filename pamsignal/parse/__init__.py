"""Record in, at most one observation out. Pure: no state, no clock, no input but the record.

`observe` reads a journal record, `observe_line` a bare message. Not ours gives None; a line of one of our programs in
a shape that nobody knows gives Unparsed. Any text gives an answer, never an exception, in time linear in its length.
"""

from __future__ import annotations

import re
from typing import Iterator, Optional, Tuple, Union

from pamsignal.model import JournalRecord, Observation, Unparsed
from pamsignal.parse import journald, logind
from pamsignal.parse.journald import JOURNALD
from pamsignal.parse.logind import LOGIND
from pamsignal.parse.pam import PAM
from pamsignal.parse.programs import ALL_TABLES, ANY_PROGRAM, BY_IDENTIFIER, CUT_TABLES, Program
from pamsignal.parse.provenance import Trust, emitter_of, grade, trust
from pamsignal.parse.table import Pattern

__all__ = ["Trust", "all_patterns", "observe", "observe_line", "owners", "trust"]

Seen = Union[Observation, Unparsed, None]

# rsyslog's wrapper, `message repeated N times: [ MESSAGE]`: files have it, the journal does not, so imports hold it.
_REPEATED = re.compile(r"message repeated (\d{1,6}) times: \[ (.*)\]", re.DOTALL | re.ASCII)
_REPEATED_START, _PAM_STARTS = "message repeated ", ("pam_", "PAM ")
_BEGINNINGS = (_REPEATED_START, *_PAM_STARTS)
_FIELD_READERS = {LOGIND.program: logind.from_fields, JOURNALD.program: journald.from_fields}
_SILENT = frozenset({JOURNALD.program})  # most of its lines are not ours: they are no sign of a shape gone unknown


def observe(record: JournalRecord) -> Seen:
    """Return what `record` means; its provenance is graded from the fields that journald vouches for."""
    message = record.message
    program = BY_IDENTIFIER.get(record.identifier or "")
    if message.startswith(_BEGINNINGS):
        if message.startswith(_REPEATED_START):
            return _repeated(record)
        return _observe_pam(record, program)
    return _observe_own(record, program)


def _observe_own(record: JournalRecord, program: Optional[Program]) -> Seen:
    """Read a program's own line, by its table."""
    if program is None or program.table is None:
        return None
    provenance = grade(record, program.name)
    if record.structured and program.name in _FIELD_READERS:
        told = _FIELD_READERS[program.name](record, provenance)
        if told is not None:
            return told
    seen = program.table.observe(record.message, program.name, provenance)
    if seen is None and program.name not in _SILENT:
        return Unparsed(program.name, provenance)
    return seen


def _observe_pam(record: JournalRecord, program: Optional[Program]) -> Seen:
    """Read a line of Linux-PAM: any program may write one, and the service that it names says who should have."""
    writer = program or ANY_PROGRAM
    provenance = grade(record, emitter_of(record.message) or writer.name)
    seen: Seen = PAM.observe(record.message, writer.name, provenance)
    if seen is None and writer.table is not None:
        seen = writer.table.observe(record.message, writer.name, provenance)
    return seen or Unparsed(writer.name, provenance)


def _repeated(record: JournalRecord) -> Seen:
    """Read the message inside rsyslog's wrapper. Not twice: a wrapper in a wrapper is no line of rsyslog's."""
    wrapped = _REPEATED.fullmatch(record.message)
    if wrapped is None or wrapped[2].startswith(_REPEATED_START):
        return None
    return _times(int(wrapped[1]), observe(record._replace(message=wrapped[2], structured={})))


def _times(count: int, seen: Seen) -> Seen:
    return seen._replace(attempts=seen.attempts * count) if isinstance(seen, Observation) else seen


def observe_line(message: str, identifier: Optional[str] = None) -> Seen:
    """Return what a bare message means; its provenance is None, as nothing vouches for it.

    Without `identifier` every program is asked; a line that none of them owns is not ours.
    """
    if identifier is not None:
        return observe(_bare(message, identifier))
    wrapped = _REPEATED.fullmatch(message)
    return _owned(message) if wrapped is None else _times(int(wrapped[1]), _owned(wrapped[2]))


def _owned(message: str) -> Seen:
    """Ask every program for `message`; PAM first, as its lines name their service."""
    from_pam = observe(_bare(message, None)) if message.startswith(_PAM_STARTS) else None
    if isinstance(from_pam, Observation):
        return from_pam
    for table in ALL_TABLES:
        seen = table.observe(message, table.program, None)
        if seen is not None:
            return seen
    return from_pam


def _bare(message: str, identifier: Optional[str]) -> JournalRecord:
    """Return a record that holds nothing but a message, and who is said to have written it."""
    return JournalRecord(None, 0, None, None, None, None, None, None, None, None, None, identifier, message)


def all_patterns() -> Iterator[Pattern]:
    """Yield every pattern of every program."""
    for table in (*ALL_TABLES, *CUT_TABLES):
        yield from table.patterns


def owners(message: str) -> Tuple[str, ...]:
    """Return the names of all patterns, of any program, that fit `message`: the tests want at most one."""
    return tuple(name for table in ALL_TABLES for name in table.owners(message))
