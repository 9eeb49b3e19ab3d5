"""Where in the journal to go on at the start: where the store says, else where the trail ends."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from pamsignal.audit.files import blocks, files_in
from pamsignal.audit.past import past_of
from pamsignal.audit.trail import Trail
from pamsignal.deliver.store import Store
from pamsignal.deliver.turn import Turn
from pamsignal.errors import TrailError
from pamsignal.journal import Gap, JournalReader
from pamsignal.model import Position
from pamsignal.runtime.loop import realtime_us

# One line each, keys sorted; no text within one can hold a quotation mark that is not escaped.
_EVENT_TIME = re.compile(rb'^\{"event":\{[^\n]*?"time_us":([0-9]{1,18})', re.MULTILINE)
NOWHERE = ""  # no entry has this cursor: the reader goes by the time


class Known(NamedTuple):
    """The place where the last run stopped. `by_trail` if the store does not know it any more."""

    position: Position
    by_trail: bool = False


def known_place(store: Store, trail: Trail, reader: JournalReader) -> Optional[Known]:
    """Return where the last run stopped, None for the very first.

    A store that was damaged, or deleted, knows nothing. But the trail is written before it: what was told stands there.
    """
    stored = store.position()
    if stored is not None:
        return Known(Position(*stored))
    until_us = _end_of(trail) if trail.is_enabled else None
    if until_us is None:
        return None
    return Known(reader.place_at(until_us) or Position(NOWHERE, until_us), by_trail=True)


def go_on(store: Store, reader: JournalReader, known: Optional[Known], oldest_us: int) -> Optional[Gap]:
    """Go to `known`, but not to before `oldest_us`, and return what is skipped or gone; without one, to the end."""
    gap = _gone_to(reader, known, oldest_us)
    if store.position() is None and reader.position is not None:
        # A power cut takes what the disk was not waited for. Without a place the next start would begin with its own
        # time, or where the trail ends, and what waited to be sent would never be.
        store.commit(Turn(now_us=realtime_us(), position=reader.position))
        store.sync()
    return gap


def _gone_to(reader: JournalReader, known: Optional[Known], oldest_us: int) -> Optional[Gap]:
    if known is None:
        reader.seek_tail()
        return None
    if known.position.time_us < oldest_us:
        reader.seek_time(oldest_us)
        return Gap(known.position.time_us, oldest_us)
    return reader.resume(known.position)


def _end_of(trail: Trail) -> Optional[int]:
    """Return the time of the latest event in the trail; where there is none, of its beginning.

    Only events have times of the journal. Everything else, what pamsignal says of itself and the beginning of a file,
    has that of its writing, which can be hours after what was read.
    """
    try:
        files = files_in(trail.directory)
        for file in reversed(files):
            times = [int(match[1]) for block in blocks(file) for match in _EVENT_TIME.finditer(block)]
            if times:
                return max(times)
        return past_of(files[0]).begun_us or None if files else None
    except (OSError, TrailError):
        return None
