"""A trail in a directory of its own, and what a test wants to know of it."""

from __future__ import annotations

import json
from pathlib import Path

from pamsignal.audit import retention
from pamsignal.audit.files import blocks, files_in
from pamsignal.audit.retention import DAY_US
from pamsignal.audit.trail import Settings, Trail
from pamsignal.audit.verification import verify
from pamsignal.digest import identity
from pamsignal.model import NO_CONTEXT
from tests.builders import NOON_US, an_event
from tests.harness.waiting import until

MINUTE_US = 60_000_000

__all__ = ["DAY_US", "MINUTE_US", "NOON_US"]


def a_trail(directory, *, now_us=NOON_US, since_us=NOON_US, known=None, kept=None, **changes):
    """An open trail that keeps everything and compresses nothing, unless told otherwise."""
    settings = Settings(**{"compress": False, **changes})
    trail = Trail(str(directory), settings, retention.Settings(**{"min_free_bytes": 0, **(kept or {})}))
    trail.open(now_us, since_us, *([known] if known is not None else []))
    return trail


def events(first, count=1, **changes):
    """Events with numbers for ids, a second apart."""
    return [
        (an_event(id=identity(number), pid=number, time_us=NOON_US + number * 1_000_000, **changes), NO_CONTEXT)
        for number in range(first, first + count)
    ]


def written(directory, first=0, count=20, **changes):
    """Write a trail of so many events, one batch for each, and close it."""
    trail = a_trail(directory, **changes)
    for number in range(first, first + count):
        trail.append(NOON_US + number * 1_000_000, events(number), ())
        trail.tend(NOON_US + number * 1_000_000)
    trail.close()
    return trail.head


def lines_in(directory):
    """Every finished line of every file, in order."""
    return [line for file in files_in(str(directory)) for block in blocks(file) for line in block.split(b"\n")[:-1]]


def records_in(directory):
    """The records themselves."""
    return [json.loads(line) for line in lines_in(directory)]


def kinds_in(directory):
    """What each record is: `event`, `genesis` and so on."""
    return [next(iter(record)) for record in records_in(directory)]


def pids_in(directory):
    """Which events there are."""
    return [record["event"]["pid"] for record in records_in(directory) if "event" in record]


def newest(directory):
    """The file that is being written."""
    return Path(files_in(str(directory))[-1].path)


def damage_in(directory, *anchors, seals=()):
    """What `verify` finds: kind, file, line."""
    found = verify(files_in(str(directory)), anchors, seals).damage
    return [(damage.kind, Path(damage.file).name, damage.line) for damage in found]


def tended(trail, now_us, condition):
    """Go on with what a quiet daemon does, until something is so."""
    until(lambda: trail.tend(now_us) or condition())
