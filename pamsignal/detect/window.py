"""Sliding windows with bounded memory: how much happened for one key in the last so many seconds.

A window keeps only the newest times, as many as its threshold: it is full exactly when the oldest of them is still
inside. So an attack of any size costs the same.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from typing import Dict, List, Optional

SAMPLE = 8


class Tally:
    """What is known about one key: the newest points, the sums since the window last was empty, who took part."""

    __slots__ = ("attempts", "first_us", "members", "times", "weak")

    def __init__(self, time_us: int) -> None:
        self.times = array("q")
        self.attempts = 0
        self.weak = 0
        self.first_us = time_us
        self.members: Dict[str, int] = {}

    @property
    def last_us(self) -> int:
        """When the newest point was added."""
        return self.times[-1] if self.times else self.first_us


class Windows:
    """One window for each key: at least `points` within `span_us`. At most `most` keys; the stalest goes first.

    `members` is how many different names (accounts, addresses) of a key are told apart.
    """

    def __init__(self, points: int, span_us: int, most: int, members: int = SAMPLE) -> None:
        self.points = points
        self.span_us = span_us
        self._most = most
        self._members = max(members, SAMPLE)
        self._tallies: OrderedDict[str, Tally] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tallies)

    def get(self, key: str) -> Optional[Tally]:
        """Return what is known of `key`, however old."""
        return self._tallies.get(key)

    def add(self, key: str, time_us: int, points: int, member: Optional[str] = None) -> Tally:
        """Add `points` at `time_us` for `key`, named `member`; return the tally. Attempts and weak are the caller's."""
        tally = self._tallies.get(key)
        if tally is None or time_us - tally.last_us > self.span_us:
            tally = self._tallies[key] = Tally(time_us)
        self._tallies.move_to_end(key)
        if len(self._tallies) > self._most:
            self._tallies.popitem(last=False)
        times = tally.times
        if points == 1:
            times.append(time_us)
        else:
            times.extend((time_us,) * min(points, self.points))
        if len(times) > self.points:
            del times[: -self.points]
        if member is not None:
            self._name(tally, member, time_us)
        return tally

    def is_full(self, tally: Tally, time_us: int) -> bool:
        """Tell whether all the points a finding needs lie within the window that ends at `time_us`."""
        return len(tally.times) >= self.points and time_us - tally.times[0] <= self.span_us

    def members_within(self, tally: Tally, time_us: int) -> List[str]:
        """Return the names seen within the window, oldest first."""
        return [name for name, last_us in tally.members.items() if time_us - last_us <= self.span_us]

    def forget(self, key: str) -> None:
        """Start afresh with `key`."""
        self._tallies.pop(key, None)

    def _name(self, tally: Tally, member: str, time_us: int) -> None:
        tally.members.pop(member, None)
        tally.members[member] = time_us
        if len(tally.members) > self._members:
            del tally.members[next(iter(tally.members))]
