"""The names of the store's counters, which status and metrics take apart again: made and read here alone. Pure.

`NAME:SINK` or `NAME:SINK:REASON` says how often something happened at a sink, `dropped:queue_full:SINK:RANK` how many
deliveries of a rank a full queue gave up. No part holds a colon: the schema sees to it for the names of sinks.
"""

from __future__ import annotations

from typing import Dict, Mapping, Tuple

_LOSS = ("dropped", "queue_full")


def name_of(happening: str, sink: str, reason: str = "") -> str:
    """Return the counter for what happens at `sink`, for a reason if it has one."""
    return ":".join([happening, sink, *([reason] if reason else [])])


def name_of_loss(sink: str, rank: int) -> str:
    """Return the counter for deliveries of one rank that a full queue gave up."""
    return ":".join([*_LOSS, sink, str(rank)])


def counted(counters: Mapping[str, int], happening: str) -> Dict[Tuple[str, str], int]:
    """Return how often `happening` was, by sink and reason, which is empty where it has none."""
    found: Dict[Tuple[str, str], int] = {}
    for name, count in counters.items():
        first, *rest = name.split(":")
        if first == happening and len(rest) in (1, 2):
            found[rest[0], rest[1] if len(rest) == 2 else ""] = count
    return found


def losses(counters: Mapping[str, int]) -> Dict[Tuple[str, int], int]:
    """Return how many deliveries full queues gave up, by sink and rank."""
    parts = ((tuple(name.split(":")), count) for name, count in counters.items())
    return {
        (part[2], int(part[3])): count
        for part, count in parts
        if part[:2] == _LOSS and len(part) == 4 and part[3].isdecimal()
    }
