"""Sliding windows with bounded memory: how much happened for one key in the last so many seconds.

Only the newest times are kept, as many as the largest threshold needs: a window is full exactly when enough of them
are still inside. So an attack of any size costs the same, and windows of several lengths share one list of times.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

SAMPLE = 8


class Run(NamedTuple):
    """Where a span's present stretch began, and what had been counted before: the window was empty until then."""

    first_us: int
    attempts: int
    weak: int


class Tally:
    """What is known about one key: the newest tries and weak signs, how many there ever were, who took part.

    `runs` has one entry for each span of the windows.
    """

    __slots__ = ("attempts", "last_us", "members", "runs", "tries", "weak", "weak_times")

    def __init__(self, time_us: int, spans: int) -> None:
        self.tries = array("q")
        self.weak_times: Optional[array[int]] = None
        self.attempts = 0
        self.weak = 0
        self.last_us = time_us
        self.members: Dict[str, int] = {}
        self.runs: Tuple[Run, ...] = (Run(time_us, 0, 0),) * spans


class Windows:
    """What happened for each key, looked at within each of `spans_us`. At most `most` keys; the stalest goes first.

    As many as `tries` tries and `weak` weak signs are told apart in time, and `members` different names (accounts,
    addresses) of a key.
    """

    def __init__(self, spans_us: Sequence[int], most: int, tries: int, weak: int = 0, members: int = SAMPLE) -> None:
        self.spans_us = tuple(spans_us)
        self._shortest_us = min(spans_us)
        self._most = most
        self._tries = tries
        self._weak = weak
        self._members = max(members, SAMPLE)
        self._tallies: OrderedDict[str, Tally] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tallies)

    def get(self, key: str) -> Optional[Tally]:
        """Return what is known of `key`, however old."""
        return self._tallies.get(key)

    def add(self, key: str, time_us: int, tries: int, weak: int = 0, member: Optional[str] = None) -> Tally:
        """Add `tries` and `weak` signs at `time_us` for `key`, named `member`; return the tally."""
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._begin(key, time_us)
        else:
            self._tallies.move_to_end(key)
            if time_us - tally.last_us > self._shortest_us:
                self._resume(tally, time_us)
            tally.last_us = time_us
        if tries:
            tally.attempts += tries
            _append(tally.tries, time_us, tries, self._tries)
        if weak:
            tally.weak += weak
            if tally.weak_times is None:
                tally.weak_times = array("q")
            _append(tally.weak_times, time_us, weak, self._weak)
        if member is not None:
            self._name(tally.members, member, time_us)
        return tally

    def is_full(self, tally: Tally, span: int, time_us: int, attempts: int, weak_per_attempt: int = 1) -> bool:
        """Tell whether `attempts` tries lie within span number `span` that ends at `time_us`.

        `weak_per_attempt` weak signs weigh as much as one try.
        """
        tries, weak = tally.tries, tally.weak_times or ()
        needed = attempts * weak_per_attempt
        if len(tries) * weak_per_attempt + len(weak) < needed:
            return False
        oldest_us = time_us - self.spans_us[span]
        fresh = len(tries) - bisect_left(tries, oldest_us)
        return fresh * weak_per_attempt + len(weak) - bisect_left(weak, oldest_us) >= needed

    def members_within(self, tally: Tally, span: int, time_us: int) -> List[str]:
        """Return the names seen within span number `span` that ends at `time_us`, oldest first."""
        oldest_us = time_us - self.spans_us[span]
        return [name for name, last_us in tally.members.items() if last_us >= oldest_us]

    def forget(self, key: str) -> None:
        """Start afresh with `key`."""
        self._tallies.pop(key, None)

    def _begin(self, key: str, time_us: int) -> Tally:
        tally = self._tallies[key] = Tally(time_us, len(self.spans_us))
        if len(self._tallies) > self._most:
            self._tallies.popitem(last=False)
        return tally

    def _resume(self, tally: Tally, time_us: int) -> None:
        """Begin anew for the spans in which nothing happened."""
        silent_us = time_us - tally.last_us
        fresh = Run(time_us, tally.attempts, tally.weak)
        tally.runs = tuple(fresh if silent_us > span else run for span, run in zip(self.spans_us, tally.runs))

    def _name(self, members: Dict[str, int], member: str, time_us: int) -> None:
        if members.pop(member, None) is None and len(members) >= self._members:
            del members[next(iter(members))]
        members[member] = time_us


def _append(times: array[int], time_us: int, count: int, most: int) -> None:
    if count == 1:
        times.append(time_us)
    else:
        times.extend((time_us,) * min(count, most))
    if len(times) > most:
        del times[:-most]
