"""How long to wait between two looks at the journal, and when a look is not enough. Times are monotonic, in µs."""

from __future__ import annotations

from typing import Iterable, Optional

IDLE_SECONDS = 0.1
BUSY_SECONDS = 0.02
# journald tells of changes late: after a record it pays to look again soon, for this long.
BUSY_US = 1_000_000
# Whatever was forgotten to be waited for, and a clock that was set, are noticed within this.
LONGEST_REST_US = 1_000_000
# A journal that is there and cannot be read is waited for this long; without one at all, time has to go on.
LONGEST_HOLD_US = 10_000_000


class Pace:
    """`is_behind` says that the journal may hold more right now, so that nothing may go ahead of it."""

    def __init__(self) -> None:
        self.is_behind = True
        self._held_since_us: Optional[int] = None
        self._busy_until_us = 0
        self._rest_until_us = 0

    def looked(self, now_us: int, *, got_further: bool, is_held: bool) -> None:
        """Take in how the last look at the journal went; `is_held` says that what is there could not be read."""
        if not is_held:
            self._held_since_us = None
        elif self._held_since_us is None:
            self._held_since_us = now_us
        held_since_us = self._held_since_us
        self.is_behind = got_further or (held_since_us is not None and now_us - held_since_us < LONGEST_HOLD_US)
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
        if self.is_behind and self._held_since_us is None:
            return 0.0
        return BUSY_SECONDS if now_us < self._busy_until_us else IDLE_SECONDS
