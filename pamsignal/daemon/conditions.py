"""Conditions as rows of the store: a restart does not tell again what stands."""

from __future__ import annotations

import json
from typing import Iterable, Iterator, List, Mapping

from pamsignal.deliver.turn import Memory
from pamsignal.detect.conditions import Change, Name, Standing


def rows(area: str, changes: Iterable[Change]) -> List[Memory]:
    """Return the rows of `changes`; of one that is over, nothing is kept."""
    return [Memory(area, json.dumps(name), None if stands is None else json.dumps(stands)) for name, stands in changes]


def restored(stored: Mapping[str, str]) -> Iterator[Change]:
    """Yield what `stored` rows say; one that cannot be read was not written by this version, and is left out."""
    for key, value in stored.items():
        try:
            name, standing = Name(*map(str, json.loads(key))), Standing(*map(int, json.loads(value)))
        except (TypeError, ValueError, RecursionError):
            continue
        yield Change(name, standing)
