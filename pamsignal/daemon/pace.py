"""How long to wait between two looks at the journal, and when a look is not enough. Times are monotonic, in µs."""

from __future__ import annotations

from typing import Iterable

IDLE_SECONDS = 0.1
BUSY_SECONDS = 0.02
# journald tells of changes late: after a record it pays to look again soon, for this long.
BUSY_US = 1_000_000
# Whatever was forgotten to be waited for, and a clock that was set, are noticed within this.
LONGEST_REST_US = 1_000_000


class Pace:
    """`is_behind` says that the journal may hold more right now."""

    def __init__(self) -> None:
        self.is_behind = True
        self._busy_until_us = 0
        self._rest_until_us = 0

    def looked(self, now_us: int, *, got_further: bool) -> None:
        """Take in how the last look at the journal went."""
        self.is_behind = got_further
        if got_further:
            self._busy_until_us = now_us + BUSY_US

    def rest(self, now_us: int, waits_us: Iterable[int]) -> None:
        """Do nothing but look until the shortest of `waits_us` is over: such a turn costs a third."""
        self._rest_until_us = now_us + min((LONGEST_REST_US, *waits_us))

    def is_resting(self, now_us: int) -> bool:
        """Tell whether nothing is due."""
        return now_us < self._rest_until_us

    def patience_seconds(self, now_us: int) -> float:
        """Return how long to wait for something to come."""
        if self.is_behind:
            return 0.0
        return BUSY_SECONDS if now_us < self._busy_until_us else IDLE_SECONDS
