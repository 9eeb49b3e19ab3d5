"""Records from files: binary journal files, told by their first bytes, or JSON lines of `journalctl -o json`."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, Mapping, Optional, Sequence

from pamsignal.errors import JournalError
from pamsignal.journal.reader import JournalReader
from pamsignal.journal.record import DIGITS, Value, record_from_fields
from pamsignal.journal.source import Source, explained, is_journal_file
from pamsignal.model import JournalRecord

_BATCH = 200  # small batches stay in the cache: a thousand at a time cost a fifth more


def records_from(paths: Sequence[str]) -> Iterator[JournalRecord]:
    """Yield the records of `paths`: the journal files merged by time, then the JSON files one after the other."""
    journals = [path for path in paths if is_journal_file(path)]
    if journals:
        yield from records_of(JournalReader(Source(files=tuple(journals))))
    for path in paths:
        if path not in journals:
            yield from read_json_file(path)


def records_of(reader: JournalReader) -> Iterator[JournalRecord]:
    """Yield what `reader` has until its end is reached, and close it."""
    try:
        while True:
            seen = reader.position
            yield from reader.read(_BATCH)
            if reader.position == seen:
                return
    finally:
        reader.close()


def read_json_file(path: str) -> Iterator[JournalRecord]:
    """Yield the records of a file of JSON lines. JournalError names the file and line that is wrong."""
    try:
        stream = open(path, "rb")  # noqa: SIM115 - no pathlib in the daemon's memory; closed below
    except OSError as error:
        raise explained(error, path) from error
    with stream:
        yield from read_json_lines(stream, path)


def read_json_lines(lines: Iterable[bytes], name: str) -> Iterator[JournalRecord]:
    """Yield the records of `lines`; empty lines are skipped. JournalError says `name:line` and what is wrong."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield record_from_json(line)
        except (ValueError, RecursionError) as error:  # the second: brackets nested a thousand deep
            raise JournalError(f"{name}:{number}: not a record of `journalctl -o json`: {error}") from error


def record_from_json(line: bytes) -> JournalRecord:
    """Return the record of one JSON object. ValueError says why it is none."""
    import json  # noqa: PLC0415 - the live journal needs no JSON

    members = json.loads(line)
    if not isinstance(members, dict):
        raise ValueError("expected an object in braces")  # noqa: TRY004 - one kind of error for one kind of input
    stored = members.get("__REALTIME_TIMESTAMP")
    if stored is None or not str(stored).isdigit() or len(str(stored)) > DIGITS:
        raise ValueError("__REALTIME_TIMESTAMP is missing or no number of microseconds")
    cursor = members.get("__CURSOR")
    return record_from_fields(_fields(members), cursor if isinstance(cursor, str) else None, int(stored))


def _fields(members: Mapping[str, Any]) -> Dict[str, Value]:
    values = ((name, _value(member)) for name, member in members.items())
    return {name: value for name, value in values if value is not None}


def _value(member: Any) -> Optional[Value]:
    """Return what journalctl wrote (systemd.io/JOURNAL_EXPORT_FORMATS): text, bytes as numbers, or a list of both.

    Null stands for a value that journalctl left out because it is too long.
    """
    if member is None:
        return None
    if isinstance(member, list):
        if all(isinstance(item, int) for item in member):
            return bytes(member)
        return [value for value in map(_value, member) if isinstance(value, bytes)]
    return str(member).encode("utf-8", "backslashreplace")
