"""What the trail finds when it is opened: where its chain ends, what a crash left, and what it holds already."""

from __future__ import annotations

import re
from collections import OrderedDict
from contextlib import contextmanager
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from pamsignal.audit.chain import NO_RECORD, Head, followed, link_of
from pamsignal.audit.files import TrailFile, blocks, first_line
from pamsignal.errors import TrailError, UnreadableError

MOST_IDS = 32_768
_MOST_FILES = 8
_ID = re.compile(rb'"id":"([0-9a-f]{32})"')
_TIME = re.compile(rb'"time_us":([0-9]{1,18})')
_CHECKPOINT = re.compile(rb'\{"checkpoint":\{[^}]*"until_us":([0-9]{1,18})')


class Extent(NamedTuple):
    """The span of time that records speak of; nothing is (None, None)."""

    from_us: Optional[int] = None
    until_us: Optional[int] = None

    def with_times(self, times: Sequence[int]) -> Extent:
        """Return the span that holds `times`, too."""
        known = [time_us for time_us in self if time_us is not None]
        return Extent(min([*times, *known]), max([*times, *known])) if times or known else self


class Past(NamedTuple):
    """One file as it was found.

    `head` is the last record that is whole, `bytes` what it and all before it take, `torn` what a crash left behind it.
    `damage` says what is wrong and cannot come from a crash. `begun_us` is when the file was begun.
    """

    head: Optional[Head]
    bytes: int
    torn: int = 0
    damage: Optional[str] = None
    extent: Extent = Extent()
    begun_us: int = 0


def past_of(file: TrailFile) -> Past:
    """Read `file` from its first record to its end. UnreadableError where that has to wait for the system."""
    past = Past(None, 0)
    try:
        for block in blocks(file):
            past = _further(past, file, block)
    except UnreadableError:
        raise
    except TrailError as error:
        past = past._replace(damage=past.damage or str(error))
    return past


def _further(past: Past, file: TrailFile, block: bytes) -> Past:
    lines = block.split(b"\n")
    torn = len(lines.pop())
    extent = past.extent.with_times([int(time_us) for time_us in _TIME.findall(block)])
    if past.damage is not None:
        return past._replace(head=_last_whole(lines) or past.head, extent=extent)
    before = past.head or (_before(lines[0]) if lines else NO_RECORD)
    count, head = followed(before, lines)
    size = past.bytes + sum(map(len, lines[:count])) + count
    begun_us = past.begun_us or _begun_us(lines)
    past = Past(head if count else past.head, size, torn, None, extent, begun_us)
    if count == len(lines):
        return past
    if b"\0" in lines[count]:  # blocks that a power cut left empty, not somebody's edit
        return past._replace(torn=sum(map(len, lines[count:])) + len(lines) - count + torn)
    damage = f"record {head.seq + 1} of {file.name} is not what it was"
    return past._replace(head=_last_whole(lines) or past.head, torn=0, damage=damage)


def _begun_us(lines: Sequence[bytes]) -> int:
    """Return the time of the first record, which is a genesis or a checkpoint and has one."""
    found = _TIME.search(lines[0]) if lines else None
    return int(found[1]) if found else 0


def _last_whole(lines: Sequence[bytes]) -> Optional[Head]:
    links = (link_of(line) for line in reversed(lines))
    return next((link.head for link in links if link is not None and link.is_whole), None)


def _before(line: bytes) -> Head:
    """Return the head that a file's first line says it follows."""
    link = link_of(line)
    return Head(link.head.seq - 1, link.prev) if link is not None else NO_RECORD


def head_of(files: Sequence[TrailFile]) -> Head:
    """Return the last whole record of `files`."""
    heads = (past_of(file).head for file in reversed(files))
    return next((head for head in heads if head is not None), NO_RECORD)


def rollback(files: Sequence[TrailFile], past: Past, found: Head, known: Head) -> Optional[str]:
    """Return what is missing at the end, as far as the rest of the chain and the store can tell."""
    if found.seq < known.seq:
        return f"the trail ends with record {found.seq}, but {known.seq} were written"
    if found.seq == known.seq and found != known:
        return f"record {found.seq} is not the one that was written"
    return f"{files[-1].name} holds no record" if files and past.head is None else None


def ids_since(files: Sequence[TrailFile], since_us: int) -> Dict[bytes, None]:
    """Return the ids of the newest records that speak of a time from `since_us` on: what may be read again.

    UnreadableError where the system cannot read the newest file. An older one is passed over then: what it holds may be
    written twice, where waiting for a disk that never answers would lose what waits.
    """
    wanted: List[TrailFile] = []
    for file in reversed(files[-_MOST_FILES:]):
        wanted.append(file)
        if _closed_until_us(file, is_newest=file is files[-1]) < since_us:
            break
    ids: OrderedDict[bytes, None] = OrderedDict()
    for file in reversed(wanted):
        with _passing_over(is_newest=file is files[-1]):
            for block in blocks(file):
                _learn(ids, block, since_us)
    return ids


def _learn(ids: OrderedDict[bytes, None], block: bytes, since_us: int) -> None:
    if _latest_us(block) < since_us:
        return
    for line in block.split(b"\n"):
        if _latest_us(line) >= since_us:
            ids.update(dict.fromkeys(_ID.findall(line)))
    while len(ids) > MOST_IDS:
        ids.popitem(last=False)


def _latest_us(text: bytes) -> int:
    return max(map(int, _TIME.findall(text)), default=-1)


def _closed_until_us(file: TrailFile, *, is_newest: bool) -> int:
    """Return the latest time that the file before `file` speaks of, 0 where that is not told."""
    found = None
    with _passing_over(is_newest=is_newest):
        found = _CHECKPOINT.match(first_line(file))
    return int(found[1]) if found else 0


@contextmanager
def _passing_over(*, is_newest: bool) -> Iterator[None]:
    """Go on without a file that is damaged, or cannot be read; but not without the newest while it cannot."""
    try:
        yield
    except UnreadableError:
        if is_newest:
            raise
    except TrailError:
        pass
