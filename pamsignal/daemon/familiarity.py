"""What accounts were seen with before, as rows of the store: it outlives the daemon, and no journal brings it back."""

from __future__ import annotations

import json
from typing import Iterable, Iterator, List, Mapping

from pamsignal.deliver.turn import Memory
from pamsignal.detect.familiar import Change, Fact

AREA = "familiar"


def rows(changes: Iterable[Change]) -> List[Memory]:
    """Return the rows of `changes`; one without a time is forgotten."""
    return [Memory(AREA, json.dumps(fact), None if seen is None else str(seen)) for fact, seen in changes]


def restored(stored: Mapping[str, str]) -> Iterator[Change]:
    """Yield what `stored` rows say; one that cannot be read was not written by this version, and is left out."""
    for key, value in stored.items():
        try:
            fact = Fact(*map(str, json.loads(key)))
            yield Change(fact, int(value))
        except (TypeError, ValueError, RecursionError):
            continue
