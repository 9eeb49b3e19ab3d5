"""Record in, at most one observation out. Pure: no state, no clock, no input but the record.

`observe` reads a journal record, `observe_line` a bare message. Not ours gives None; a line of one of our programs in
a shape that nobody knows gives Unparsed. Any text gives an answer, never an exception, in time linear in its length.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Iterator, Optional, Tuple, Union

from pamsignal.model import JournalRecord, Observation, Unparsed
from pamsignal.parse import journald, logind
from pamsignal.parse.audit import AUDIT
from pamsignal.parse.journald import JOURNALD
from pamsignal.parse.logind import LOGIND
from pamsignal.parse.pam import ELEVATION_SERVICES, PAM
from pamsignal.parse.programs import ALL_TABLES, ANY_PROGRAM, BY_EXECUTABLE, BY_IDENTIFIER, CUT_TABLES, Program
from pamsignal.parse.provenance import Trust, emitter_of, grade, grade_of, trust
from pamsignal.parse.table import Pattern
from pamsignal.parse.tag import doubted, holds_a_tag, texts_behind_tags
from pamsignal.terms import Action, Provenance

__all__ = ["Trust", "all_patterns", "observe", "observe_line", "owners", "trust"]

Seen = Union[Observation, Unparsed, None]

# rsyslog's wrapper, `message repeated N times: [ MESSAGE]`: files have it, the journal does not, so imports hold it.
_REPEATED = re.compile(r"message repeated (\d{1,6}) times: \[ (.*)\]", re.DOTALL | re.ASCII)
_SHORT = 256  # characters
_REPEATED_START, _PAM_STARTS = "message repeated ", ("pam_", "PAM ")
_BEGINNINGS = (_REPEATED_START, *_PAM_STARTS)
_FIELD_READERS = {LOGIND.program: logind.from_fields, JOURNALD.program: journald.from_fields}
_SU_LINES = frozenset({"su.to", "su.failed_to", "su.successful", "su.failed"})  # not those that look like any text
# Rests of a command, which can hold any line; sudo's tag is its own (openlog in eventlog.c), and no caller's.
_OF_A_COMMAND = frozenset({"sudo.continued"})
_SILENT = frozenset({JOURNALD.program})  # most of its lines are not ours: they are no sign of a shape gone unknown


def observe(record: JournalRecord) -> Seen:
    """Return what `record` means; its provenance is graded from the fields that journald vouches for.

    The identifier is a claim, and of a setuid program anybody's: its executable says more.
    """
    message = record.message
    plain = _plain_writer(record.identifier, record.exe, record.uid, record.cap_effective)
    if plain is None or record.structured or message.startswith(_REPEATED_START):
        return _observe_any(record)
    program, observe_own, provenance = plain
    if message.startswith(_PAM_STARTS):
        return _observe_pam(record, program)
    return observe_own(message, program.name, provenance) or Unparsed(program.name, provenance)


# What every line of a writer has in common; a host has few writers that log in anybody.
@lru_cache(maxsize=256)
def _plain_writer(
    identifier: Optional[str], exe: Optional[str], uid: Optional[int], cap_effective: Optional[str]
) -> Optional[Tuple[Program, Callable[..., Optional[Observation]], Optional[Provenance]]]:
    """Return the program of a writer whose name no user chose, how to read its own lines, and how sure it is.

    None where `_observe_any` has more to consider.
    """
    program, speaker = BY_IDENTIFIER.get(identifier or ""), BY_EXECUTABLE.get(exe or "")
    if program is None or program.table is None or program.name in _SILENT:
        return None
    if (speaker or program).is_setuid or (speaker is None and uid):
        return None
    return program, program.table.observe, grade_of(exe, uid, cap_effective, program.name)


def _observe_any(record: JournalRecord) -> Seen:
    if record.transport == AUDIT:  # the kernel names programs there, and none of them wrote it: see audit.observe
        return None
    program, speaker = BY_IDENTIFIER.get(record.identifier or ""), BY_EXECUTABLE.get(record.exe or "")
    if (speaker or program or ANY_PROGRAM).is_setuid or (speaker is None and _is_nameless(record)):
        return _observe_called(record, program, speaker)
    if program is None and speaker is not None:
        return _observation(_observe_named(record, speaker))
    return _observe_named(record, program)


def _is_nameless(record: JournalRecord) -> bool:
    """Say whether a record of no executable that we know has no name to go by: a user chooses his own."""
    return bool(record.uid) or (record.uid is not None and record.identifier is None)


def _observe_called(record: JournalRecord, program: Optional[Program], speaker: Optional[Program]) -> Seen:
    """Read a line under a name that its writer may have chosen, by the program that its executable says it is."""
    caller = speaker or program
    seen = _observe_tagged(record, caller)
    if isinstance(seen, Observation) and _tells(seen) and (speaker is not None or not _can_be_a_tag(seen)):
        return seen
    if speaker is None:
        return _observe_as_su(record) or seen
    if program is None or program is speaker or isinstance(seen, Observation):
        return seen
    return _observe_named(record, program)


def _can_be_a_tag(seen: Observation) -> bool:
    """Say whether it is a line of PAM about taking another's rights: a tag can be one, in front of su's own line."""
    return seen.pattern.startswith("pam.") and seen.service in ELEVATION_SERVICES


def _observe_as_su(record: JournalRecord) -> Optional[Observation]:
    """Read su's own line under the tag of another, as journald can miss su's executable, or still have a former one.

    A user's line alone: it can claim nothing for anybody else.
    """
    seen = _observe_tagged(record, BY_IDENTIFIER["su"]) if record.uid else None
    return seen if isinstance(seen, Observation) and seen.pattern in _SU_LINES else None


def _observe_tagged(record: JournalRecord, program: Optional[Program]) -> Seen:
    """Read the whole message, or what stands behind a tag in it; of two readings the names are unknown."""
    whole, is_pam = _observe_named(record, program), record.message.startswith(_PAM_STARTS)
    if isinstance(whole, Observation) and whole.pattern in _OF_A_COMMAND:
        return whole
    texts = texts_behind_tags(record.message)
    if not texts:
        return doubted(whole) if isinstance(whole, Observation) and _is_torn(whole) else whole
    if isinstance(whole, Observation) and _tells(whole) and not is_pam and program is not None and program.is_setuid:
        return doubted(whole)
    for text in texts:
        seen = _observe_named(record._replace(message=text), program)
        if isinstance(seen, Observation) and _tells(seen) and _may_stand_behind(seen, record, program):
            return doubted(seen) if is_pam or len(texts) > 1 or _is_torn(seen) else seen
    return doubted(whole) if isinstance(whole, Observation) and is_pam else whole


def _may_stand_behind(seen: Observation, record: JournalRecord, program: Optional[Program]) -> bool:
    """Say whether a line that nobody we know has written may hold `seen` behind its tag: not if it only quotes it."""
    return program is not None or record.identifier is None or seen.service in ELEVATION_SERVICES


def _is_torn(seen: Observation) -> bool:
    return seen.service in ELEVATION_SERVICES and holds_a_tag(seen)


def _tells(seen: Observation) -> bool:
    return seen.action is not Action.DETAIL


def _observation(seen: Seen) -> Optional[Observation]:
    return seen if isinstance(seen, Observation) else None


def _observe_named(record: JournalRecord, program: Optional[Program]) -> Seen:
    """Read a line of `program`, or of whatever program if it is PAM's."""
    message = record.message
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
    message, writer = record.message, program or ANY_PROGRAM
    read = _read_pam if len(message) <= _SHORT else _read_pam.__wrapped__
    return read(message, writer, record.exe, record.uid, record.cap_effective)


# An attack repeats these lines, as they name no port. Long ones are not worth their memory.
@lru_cache(maxsize=1024)
def _read_pam(
    message: str, writer: Program, exe: Optional[str], uid: Optional[int], cap_effective: Optional[str]
) -> Seen:
    provenance = grade_of(exe, uid, cap_effective, emitter_of(message) or writer.name)
    seen: Seen = PAM.observe(message, writer.name, provenance)
    if seen is None and writer.table is not None:
        seen = writer.table.observe(message, writer.name, provenance)
    return seen or Unparsed(writer.name, provenance)


def _repeated(record: JournalRecord) -> Seen:
    """Read the message inside rsyslog's wrapper. Not twice: a wrapper in a wrapper is no line of rsyslog's."""
    wrapped = _REPEATED.fullmatch(record.message)
    if wrapped is None or wrapped[2].startswith(_REPEATED_START):
        return None
    return _times(int(wrapped[1]), observe(record._replace(message=wrapped[2])))


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
