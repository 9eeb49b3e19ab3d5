"""Whether the trail is what was written: every kind of damage, by file, line and record. Reads, and changes nothing.

A chain cannot show that its own end is missing: for that an anchor is needed, a head that was told outside this host.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from pamsignal.audit.chain import NO_RECORD, Head, Link, Seal, followed, has_mac, link_of
from pamsignal.audit.files import TrailFile, blocks
from pamsignal.audit.missing import Gap, Missing
from pamsignal.errors import TrailError

KINDS: Mapping[str, str] = {
    "edited": "a record says something else than when it was written",
    "removed": "records are missing",
    "reordered": "a record does not stand where it was written, or stands there twice",
    "truncated": "the end of a file, or of the trail, is missing",
    "rolled_back": "other records stand where an anchor saw its own",
    "unsealed": "a record has no mac of a key that was given, though it should",
    "unreadable": "a file cannot be read",
    "torn": "the last line has no end: a crash, which the next start heals, or somebody cut it off",
    "found": "the daemon itself found damage, and wrote it down",
}


MOST_DAMAGE = 1000


class Damage(NamedTuple):
    """One thing that is wrong, at a line of a file; `seq` is the record it is about, None where none can be named."""

    kind: str
    file: str
    line: int
    seq: Optional[int]
    message: str


class Verdict(NamedTuple):
    """What was found.

    `first_seq` and `head` are the first and last record. `sealed_from` is the first record with a mac of a given key.
    So many `anchors` were looked up; of `lost_anchors` nothing can be said, as their records are deleted or were not
    looked at.
    """

    files: int
    records: int
    first_seq: int
    head: Head
    damage: Sequence[Damage]
    sealed_from: Optional[int]
    anchors: int
    lost_anchors: Sequence[Head]


def verify(
    files: Sequence[TrailFile], anchors: Sequence[Head] = (), seals: Sequence[Seal] = (), *, whole: bool = True
) -> Verdict:
    """Check `files`, oldest first. `whole` says that they are all there is of the trail, and not a part."""
    walk = _Walk(anchors, seals)
    for file in files:
        walk.read(file, is_last=file is files[-1])
    walk.finish(whole=whole)
    first_seq = walk.before.seq + 1 if walk.before is not None else 0
    head = walk.head or NO_RECORD
    return Verdict(
        len(files), walk.records, first_seq, head, walk.damage, walk.sealed_from, walk.met, walk.lost_anchors
    )


class _Walk:
    """`before` is what the first record follows, `head` the last whole record so far, `_doubt` the lines since then."""

    def __init__(self, anchors: Sequence[Head], seals: Sequence[Seal]) -> None:
        self.damage: List[Damage] = []
        self.before: Optional[Head] = None
        self.head: Optional[Head] = None
        self.records = 0
        self.sealed_from: Optional[int] = None
        self.met = 0
        self.lost_anchors: List[Head] = []
        self._awaited = sorted(set(anchors), reverse=True)
        self._seals = seals
        self._seal: Optional[Seal] = None
        self._unsealed: Optional[Damage] = None
        self._doubt = 0
        self._missing = Missing()
        self._deleted: Set[Tuple[int, str]] = set()
        self._begin, self._file, self._line, self._former = "", "", 0, ("", 0)

    def read(self, file: TrailFile, *, is_last: bool) -> None:
        """Go through one file."""
        self._former = (self._file, self._line)
        self._file, self._line = file.path, 0
        self._begin = self._begin or file.path
        try:
            for block in blocks(file):
                lines = block.split(b"\n")
                rest = lines.pop()
                if b'\n{"d' in block or block.startswith(b'{"d'):
                    self._note_own(lines)
                self._take(lines)
                if rest:
                    self._line += 1
                    self._tell("torn" if is_last else "edited", None, f"{len(rest)} bytes without a line end")
        except TrailError as error:
            self._tell("unreadable", None, str(error))
            self._doubt += 1

    def finish(self, *, whole: bool) -> None:
        """Say what only the end shows."""
        self.damage += [Damage(gap.kind, gap.file, gap.line, gap.from_seq, gap.words) for gap in self._missing.left()]
        if self._seals and self.sealed_from is None and self.records:
            self._unsealed = Damage(
                "unsealed", self._file, self._line, None, "no record has a mac of a key that was given"
            )
        if self._unsealed is not None:
            self.damage.append(self._unsealed)
        if not whole:
            self.lost_anchors += self._awaited
            return
        if self.before is not None and self.before.seq > 0 and self.before not in self._deleted:
            message = f"records 1 to {self.before.seq} are missing, and no record says that they were deleted"
            self.damage.append(Damage("removed", self._begin, 1, 1, message))
        for anchor in reversed(self._awaited):
            seq = self.head.seq if self.head is not None else 0
            self._tell("truncated", anchor.seq, f"an anchor saw record {anchor.seq}, the trail ends with {seq}")

    def _take(self, lines: Sequence[bytes]) -> None:
        at = 0
        while at < len(lines):
            if self.head is not None and not self._doubt:
                count, head = followed(self.head, lines[at : self._end_of_run(lines, at)], self._seal)
                at += count
                self._line += count
                self.records += count
                if count:
                    self._arrive(head)
                    continue
            self._line += 1
            self.records += 1
            self._take_one(lines[at])
            at += 1

    def _end_of_run(self, lines: Sequence[bytes], at: int) -> int:
        """Return how far records can be followed without looking at each: to an anchor, or to the first mac."""
        end = len(lines)
        if self._seals and self._seal is None:
            end = next((number for number in range(at, end) if has_mac(lines[number])), end)
        if self._awaited and self.head is not None:
            end = min(end, at + self._awaited[-1].seq - self.head.seq)
        return end

    def _take_one(self, line: bytes) -> None:
        """Look at a line that does not simply follow."""
        link = link_of(line)
        if link is None or not link.is_whole:
            seq = link.head.seq if link else None
            self._tell("edited", seq, f"record {seq} does not fit its hash" if seq else "the line is no record")
            self._doubt += 1
            return
        if self.head is None:
            self.head = Head(link.head.seq - 1 - self._doubt, link.prev)
            self.before = self.before or self.head
        seq, expected = link.head.seq, self.head.seq + 1 + self._doubt
        if seq <= self.head.seq:
            was_missing = self._missing.found(seq)
            self._tell("reordered", seq, f"record {seq} stands {'out of its place' if was_missing else 'here again'}")
            return
        if seq > expected:
            self._miss(line, expected, seq - 1)
        elif not self._doubt and link.prev != self.head.hash:
            self._tell("edited", seq - 1, f"record {seq - 1}, before this, is not the one that this follows")
        self._check_seal(link)
        self._doubt = 0
        self._arrive(link.head)

    def _miss(self, line: bytes, from_seq: int, to_seq: int) -> None:
        """Note a gap. Where the first line of a file names the file before it, the end of that one is missing."""
        former, last = self._former
        closed = _document(line).get("checkpoint", {}).get("closed") if self._line == 1 else None
        if closed and os.path.basename(former).startswith(closed):
            self._missing.add(Gap(from_seq, to_seq, "truncated", former, last))
        else:
            self._missing.add(Gap(from_seq, to_seq, "removed", self._file, self._line))

    def _check_seal(self, link: Link) -> None:
        if not self._seals:
            return
        seq, self._seal = link.head.seq, None
        if link.mac is None:
            message = f"record {seq} and those after it have no mac: who wrote them did not have the key"
            self._unsealed = self._unsealed or Damage("unsealed", self._file, self._line, seq, message)
            return
        self._seal = next((seal for seal in self._seals if seal.mac(link.sealed) == link.mac), None)
        if self._seal is None:
            self._tell("unsealed", seq, f"record {seq} has a mac of no key that was given")
        else:
            self.sealed_from, self._unsealed = self.sealed_from or seq, None

    def _arrive(self, head: Head) -> None:
        """Move on to `head`, and look at the anchors up to there."""
        self.head = head
        while self._awaited and self._awaited[-1].seq <= head.seq:
            anchor = self._awaited.pop()
            if anchor.seq < head.seq:
                self.lost_anchors.append(anchor)
                continue
            self.met += 1
            if anchor != head:
                self._tell("rolled_back", head.seq, f"record {head.seq} is not the one that the anchor saw")

    def _note_own(self, lines: Sequence[bytes]) -> None:
        """Take in what the trail says about itself."""
        for number, line in enumerate(lines, self._line + 1):
            if line.startswith((b'{"deleted"', b'{"damage"')):
                document = _document(line)
                gone, harm = document.get("deleted"), document.get("damage")
                if gone:
                    self._deleted.add((gone.get("to_seq"), gone.get("last")))
                if harm:
                    self.damage.append(Damage("found", self._file, number, None, str(harm.get("found"))))

    def _tell(self, kind: str, seq: Optional[int], message: str) -> None:
        if len(self.damage) < MOST_DAMAGE:
            self.damage.append(Damage(kind, self._file, self._line, seq, message))


def _document(line: bytes) -> Dict[str, Any]:
    """Return what `line` says, nothing where it is no JSON: it has been complained about."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
