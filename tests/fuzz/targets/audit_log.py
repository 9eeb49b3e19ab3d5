"""The reader of auditd's log: any bytes as the file, written in two parts. First byte: what happens between them.

Nothing raises. Only whole lines are records, each once and in order, whether the reader goes on, starts anew at its
place, or finds the file rotated; a record is no longer than its line can make it; and history gives back what was read.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import List
from unittest.mock import patch

from pamsignal.journal import audit_log
from pamsignal.journal.audit_log import AuditLog, Host
from pamsignal.model import JournalRecord
from tests.fuzz.folder import folder

HOST = Host("b" * 32, "m" * 32, "web-01")
UNTIL_US = 1_800_000_000_000_000
MOST_BYTES = 20_000
# As in the product each is a few times the other, and small, so that inputs can be longer than both.
LONGEST_LINE_BYTES, CHUNK_BYTES = 256, 1024
_OURS = re.compile(
    rb"(?:node=(?i:web-01)(?:\.\S{0,248})? )?"
    rb"type=(USER_AUTH|USER_LOGIN|TTY) msg=audit\(([0-9]{1,12})\.([0-9]{3}):[0-9]{1,20}\): ([^\x1d]*).*",
    re.DOTALL,
)


def target(data: bytes) -> None:
    """Write, read, let something happen, write the rest, and read on."""
    how, cut, text = data[:1], data[1:2], data[2:MOST_BYTES]
    middle = len(text) * (cut or b"\0")[0] // 256
    place = folder("audit_log")
    for old in place.iterdir():
        old.unlink()
    with patch.multiple(audit_log, LONGEST_LINE_BYTES=LONGEST_LINE_BYTES, _CHUNK_BYTES=CHUNK_BYTES):
        _follow(place / "audit.log", text[:middle], text[middle:], (how or b"\0")[0] % 3)


def _follow(path: Path, first: bytes, second: bytes, how: int) -> None:
    path.touch()
    reader = AuditLog(str(path), HOST)
    reader.resume(None)
    try:
        _add(path, first)
        records = _read(reader)
        assert list(reader.history()) == records, "history is not what was read"
        if how == 1:
            reader.close()
            reader, former = AuditLog(str(path), HOST), reader
            reader.resume(former.place)
        elif how == 2:
            path.rename(path.with_name("audit.log.1"))
        _add(path, second)
        records += _read(reader)
        assert _read(reader) == [], "read twice"
    finally:
        reader.close()
    lines = [*_lines(first), *_lines(second)] if how == 2 else _lines(first + second)
    _are_of(records, lines)


def _add(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def _read(reader: AuditLog) -> List[JournalRecord]:
    """Read up to a time, as the daemon does, and then the rest."""
    return [*reader.read(UNTIL_US), *reader.read()]


def _lines(text: bytes) -> List[bytes]:
    """Return the whole lines; what no line end follows is still being written."""
    return text.split(b"\n")[:-1]


def _are_of(records: List[JournalRecord], lines: List[bytes]) -> None:
    """Find each record in a line after that of the one before, and none of this host's left out."""
    left = iter(records)
    for line in lines:
        match = _OURS.fullmatch(line) if len(line) <= LONGEST_LINE_BYTES else None
        if match is None:
            continue
        name, seconds, millis, text = match.groups()
        (record,) = islice(left, 1)
        assert record.message == f"{name.decode()} {text.decode('utf-8', 'backslashreplace')}"
        assert record.time_us == int(seconds) * 1_000_000 + int(millis) * 1000
        assert len(record.message) <= 4 * LONGEST_LINE_BYTES
    assert next(left, None) is None, "a record of no whole line"
