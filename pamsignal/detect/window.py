"""Sliding windows with bounded memory: how much happened for one key in the last so many seconds.

Only the newest times are kept, as many as the threshold needs: a window is full exactly when enough of them are still
inside. So an attack of any size costs the same.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Dict, List, Optional

SAMPLE = 8


class Tally:
    """What is known about one key since its window last was empty.

    The newest times of tries and weak signs, how many there were of each, and who took part.
    """

    __slots__ = ("attempts", "first_us", "last_us", "members", "tries", "weak", "weak_times")

    def __init__(self, time_us: int) -> None:
        self.tries = array("q")
        self.weak_times: Optional[array[int]] = None
        self.attempts = 0
        self.weak = 0
        self.first_us = self.last_us = time_us
        self.members: Dict[str, int] = {}


class Windows:
    """One window of `span_us` for each key. At most `most` keys; the stalest goes first.

    It is full with `tries` tries; `weak_per_try` weak signs weigh as much as one. `members` is how many different
    names (accounts, addresses) of a key are told apart.
    """

    def __init__(self, span_us: int, most: int, tries: int, weak_per_try: int = 1, members: int = SAMPLE) -> None:
        self.span_us = span_us
        self._most = most
        self._tries = tries
        self._weak_per_try = weak_per_try
        self._points = tries * weak_per_try
        self._members = max(members, SAMPLE)
        self._tallies: Dict[str, Tally] = {}  # the stalest first

    def __len__(self) -> int:
        return len(self._tallies)

    def get(self, key: str) -> Optional[Tally]:
        """Return what is known of `key`, however old."""
        return self._tallies.get(key)

    def add(self, key: str, time_us: int, tries: int, weak: int = 0, member: Optional[str] = None) -> Tally:
        """Add `tries` and `weak` signs at `time_us` for `key`, named `member`; return the tally."""
        tally = self._tallies.pop(key, None)
        if tally is None or time_us - tally.last_us > self.span_us:
            tally = Tally(time_us)
            if len(self._tallies) >= self._most:
                del self._tallies[next(iter(self._tallies))]
        self._tallies[key] = tally
        tally.last_us = time_us
        if tries:
            tally.attempts += tries
            times = tally.tries
            if tries == 1:  # nearly always
                times.append(time_us)
                if len(times) > self._tries:
                    del times[0]
            else:
                _append(times, time_us, tries, self._tries)
        if weak:
            self._add_weak(tally, time_us, weak)
        if member is not None:
            members = tally.members
            if members.pop(member, None) is None and len(members) >= self._members:
                del members[next(iter(members))]
            members[member] = time_us
        return tally

    def is_full(self, tally: Tally, time_us: int) -> bool:
        """Tell whether all the tries that it takes lie within the window that ends at `time_us`."""
        tries, weak = tally.tries, tally.weak_times
        if len(tries) * self._weak_per_try + (0 if weak is None else len(weak)) < self._points:
            return False
        oldest_us = time_us - self.span_us
        points = (len(tries) - bisect_left(tries, oldest_us)) * self._weak_per_try
        if weak is not None:
            points += len(weak) - bisect_left(weak, oldest_us)
        return points >= self._points

    def tries_within(self, tally: Tally, time_us: int) -> int:
        """Return the number of tries in the window that ends at `time_us`; from `tries` of them on only that many."""
        return len(tally.tries) - bisect_left(tally.tries, time_us - self.span_us)

    def members_within(self, tally: Tally, time_us: int) -> List[str]:
        """Return the names seen within the window that ends at `time_us`, oldest first."""
        return [name for name, last_us in tally.members.items() if time_us - last_us <= self.span_us]

    def forget(self, key: str) -> None:
        """Start afresh with `key`."""
        self._tallies.pop(key, None)

    def _add_weak(self, tally: Tally, time_us: int, weak: int) -> None:
        tally.weak += weak
        if tally.weak_times is None:
            tally.weak_times = array("q")
        _append(tally.weak_times, time_us, weak, self._points)


def _append(times: array[int], time_us: int, count: int, most: int) -> None:
    times.extend((time_us,) * min(count, most))
    if len(times) > most:
        del times[:-most]
