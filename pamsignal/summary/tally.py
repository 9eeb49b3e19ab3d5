"""How often what was seen: bounded, so that no attacker fills the memory of who counts him."""

from __future__ import annotations

from typing import Any, Callable, Dict, Hashable, Iterator, List, NamedTuple, Optional, Tuple

MOST_KEYS = 32_768


class Row:
    """What is counted under one key. `about` is what was last known about it."""

    __slots__ = ("about", "failures", "first_us", "last_us", "successes")

    def __init__(self) -> None:
        self.failures = 0
        self.successes = 0
        self.first_us: Optional[int] = None
        self.last_us = 0
        self.about: Any = None

    def saw(self, time_us: int) -> None:
        """Widen the time in which it was seen."""
        if self.first_us is None or time_us < self.first_us:
            self.first_us = time_us
        self.last_us = max(self.last_us, time_us)


Weight = Callable[[Row], int]


def failures(row: Row) -> int:
    """Return how often it failed."""
    return row.failures


def successes(row: Row) -> int:
    """Return how often it succeeded."""
    return row.successes


def total(row: Row) -> int:
    """Return both together."""
    return row.failures + row.successes


class Rest(NamedTuple):
    """What a list leaves out: how many keys, and what was counted under them."""

    keys: int = 0
    failures: int = 0
    successes: int = 0


class Tally:
    """Rows by key, at most `most` of them: of more, the half that was counted most stays.

    The others are in `cut`. A key that was cut and came again is counted from there on, so once `is_cut`, a row's
    numbers can be too small, and `keys` too large.
    """

    def __init__(self, most: int = MOST_KEYS) -> None:
        self.cut = Rest()
        self._most = most
        self._rows: Dict[Hashable, Row] = {}

    def row(self, key: Hashable, time_us: int) -> Row:
        """Return the row of `key`, which was seen at `time_us`."""
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= self._most:
                self._cut()
            row = self._rows[key] = Row()
        row.saw(time_us)
        return row

    @property
    def is_cut(self) -> bool:
        """Whether there were more keys than are kept."""
        return self.cut.keys > 0

    @property
    def keys(self) -> int:
        """How many different ones were seen."""
        return len(self._rows) + self.cut.keys

    def rows(self) -> Iterator[Tuple[Any, Row]]:
        """Yield all that is kept, in the order in which it was first seen."""
        yield from self._rows.items()

    def top(self, count: int, weight: Weight) -> Tuple[List[Tuple[Any, Row]], Rest]:
        """Return the `count` rows with most of `weight`, and the rest of those with any."""
        ranked = sorted(
            (item for item in self._rows.items() if weight(item[1])),
            key=lambda item: (-weight(item[1]), -item[1].last_us, str(item[0])),
        )
        return ranked[:count], _sum(_together([row for _, row in ranked[count:]]), self.cut)

    def _cut(self) -> None:
        kept, self.cut = self.top(self._most // 2, total)
        self._rows = dict(kept)


def _together(rows: List[Row]) -> Rest:
    return Rest(len(rows), sum(row.failures for row in rows), sum(row.successes for row in rows))


def _sum(one: Rest, other: Rest) -> Rest:
    return Rest(*(first + second for first, second in zip(one, other)))
