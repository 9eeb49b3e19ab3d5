"""Sliding windows with bounded memory: how much happened for one key in the last so many seconds.

Only the newest times are kept, as many as the threshold needs: a window is full exactly when enough of them are still
inside. So an attack of any size costs the same; and an address that tries once, of the many that do, next to nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Dict, List, Optional, Union

SAMPLE = 8


class Once:
    """A key of one try and nothing else, as most are; a second sign makes a Tally of it, of five times the size."""

    __slots__ = ("last_us", "member")

    def __init__(self, time_us: int, member: Optional[str]) -> None:
        self.last_us = time_us
        self.member = member


class Tally:
    """What is known about one key since its window last was empty.

    How many `attempts` and `weak` signs there were, the newest times of both, and who took part: one name alone, until
    a second one makes the dictionary of `members`.
    """

    __slots__ = (
        *("attempts", "first_us", "last_us", "tries", "weak", "weak_times"),
        *("members", "only_member", "only_member_us"),
    )

    def __init__(self, time_us: int) -> None:
        self.attempts = 0
        self.weak = 0
        self.first_us = self.last_us = self.only_member_us = time_us
        self.tries = array("q")
        self.weak_times: Optional[array[int]] = None
        self.only_member: Optional[str] = None
        self.members: Optional[Dict[str, int]] = None

    @classmethod
    def after(cls, once: Once) -> Tally:
        """Return the same as a tally."""
        tally = cls(once.last_us)
        tally.attempts = 1
        tally.tries.append(once.last_us)
        tally.only_member = once.member
        return tally

    def member_count(self) -> int:
        """Return how many names are remembered, however old."""
        if self.members is not None:
            return len(self.members)
        return 0 if self.only_member is None else 1

    def members_since(self, oldest_us: int) -> List[str]:
        """Return the names that were not last seen before that, oldest first."""
        if self.members is not None:
            return [name for name, last_us in self.members.items() if last_us >= oldest_us]
        return [self.only_member] if self.only_member is not None and self.only_member_us >= oldest_us else []


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
        self._known: Dict[str, Union[Once, Tally]] = {}  # the stalest first

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> Optional[Tally]:
        """Return what is known of `key`, however old."""
        known = self._known.get(key)
        return Tally.after(known) if isinstance(known, Once) else known

    def add(self, key: str, time_us: int, tries: int, weak: int = 0, member: Optional[str] = None) -> Optional[Tally]:
        """Add `tries` and `weak` signs at `time_us` for `key`, named `member`; return the tally if it is full then."""
        known = self._known.pop(key, None)
        if known is None or time_us - known.last_us > self.span_us:
            if len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            if tries == 1 and not weak and self._tries > 1:
                self._known[key] = Once(time_us, member)
                return None
            tally = Tally(time_us)
        else:
            tally = Tally.after(known) if isinstance(known, Once) else known
        self._known[key] = tally
        tally.last_us = time_us
        if tries:
            tally.attempts += tries
            _append(tally.tries, time_us, tries, self._tries)
        if weak:
            self._add_weak(tally, time_us, weak)
        if member is not None:
            self._add_member(tally, time_us, member)
        return tally if self.is_full(tally, time_us) else None

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
        return tally.members_since(time_us - self.span_us)

    def forget(self, key: str) -> None:
        """Start afresh with `key`."""
        self._known.pop(key, None)

    def _add_weak(self, tally: Tally, time_us: int, weak: int) -> None:
        tally.weak += weak
        if tally.weak_times is None:
            tally.weak_times = array("q")
        _append(tally.weak_times, time_us, weak, self._points)

    def _add_member(self, tally: Tally, time_us: int, member: str) -> None:
        members = tally.members
        if members is None:
            if tally.only_member is None or tally.only_member == member:
                tally.only_member, tally.only_member_us = member, time_us
                return
            members = tally.members = {tally.only_member: tally.only_member_us}
        if members.pop(member, None) is None and len(members) >= self._members:
            del members[next(iter(members))]
        members[member] = time_us


def _append(times: array[int], time_us: int, count: int, most: int) -> None:
    if count == 1:  # nearly always
        times.append(time_us)
    else:
        times.extend((time_us,) * min(count, most))
    if len(times) > most:
        del times[:-most]
