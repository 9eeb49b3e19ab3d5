"""The readers of the trail: any bytes as its one file.

Well is called only what is a whole chain from its first record on, by a check of its own that knows nothing of ours;
damage has a known kind and stands in the file. Searching finds no record that is none, and raises nothing but TrailError.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import List, Optional, Tuple

from pamsignal.audit.files import TrailFile, name_of
from pamsignal.audit.search import Query, search
from pamsignal.audit.verification import KINDS, verify
from pamsignal.errors import TrailError
from tests.fuzz.folder import folder

ZERO = "0" * 64
_END = re.compile(rb'"hash":"([0-9a-f]{64})",("mac":"[0-9a-f]{64}",)?"prev":"([0-9a-f]{64})","seq":([0-9]+)\}')


def target(data: bytes) -> None:
    """Verify and search one file."""
    path = folder("trail") / name_of(1)
    path.write_bytes(data)
    files = [TrailFile(str(path), name_of(1), 1)]
    verdict = verify(files)
    lines = data.split(b"\n")
    assert all(harm.kind in KINDS and harm.line <= len(lines) for harm in verdict.damage)
    if not verdict.damage:
        assert lines[-1] == b"", "an unfinished line is called well"
        assert is_a_chain(lines[:-1]), "no chain, and called well"
        assert verdict.records == len(lines) - 1
    try:
        found = [one.head.seq for one in search(files, Query())]
    except TrailError:
        return
    assert len(found) <= len(lines)


def is_a_chain(lines: List[bytes]) -> bool:
    """Follow hash and number from line to line, as docs/how-to/evidence.md tells a reader to."""
    former: Tuple[int, str] = (0, ZERO)
    for line in lines:
        link = _link(line)
        if link is None or (link[0] - 1, link[1]) != former:
            return False
        former = (link[0], link[2])
    return True


def _link(line: bytes) -> Optional[Tuple[int, str, str]]:
    """Return number, hash of the record before, and the record's own hash; None if that is not its hash."""
    ends = list(_END.finditer(line))
    if not ends or ends[-1].end() != len(line):
        return None
    end = ends[-1]
    hashed = line[: end.start()] + line[end.start() + len('"hash":"",') + 64 :]
    digest = hashlib.sha256(hashed).hexdigest()
    try:
        json.loads(line)
    except ValueError:
        return None
    return (int(end[4]), end[3].decode(), digest) if digest == end[1].decode() else None
