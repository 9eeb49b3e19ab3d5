"""How long to wait before the next attempt. Pure: the jitter is a number that is passed in."""

from __future__ import annotations

from typing import Optional

FIRST_CEILING_SECONDS = 3.0
CAP_SECONDS = 600.0
ASKED_CAP_SECONDS = 3600.0
LONGEST_SECONDS = ASKED_CAP_SECONDS


def next_delay_seconds(attempts: int, after_s: Optional[float], jitter: float) -> float:
    """Return the seconds to wait after `attempts` (1 or more) failures in a row.

    What the receiver asked for (`after_s`, seconds) is honoured up to an hour. Otherwise exponential with full jitter
    (0 <= `jitter` < 1): up to 3 s, 6 s, 12 s, … 600 s. The second at the bottom keeps a small jitter from being
    a hot loop. A request of 0 seconds, or one that is not a number, is none.
    """
    if after_s is not None and after_s > 0:
        return min(after_s, ASKED_CAP_SECONDS)
    doublings = min(max(attempts, 1) - 1, 10)
    ceiling = min(CAP_SECONDS, FIRST_CEILING_SECONDS * (1 << doublings))
    return 1 + jitter * (ceiling - 1)


def unusable_delay_seconds(failures: int) -> float:
    """Return the seconds to leave a channel alone whose receiver refused it `failures` times in a row.

    A revoked token does not come back by itself, and Discord bans an address after 10,000 such answers in 10 min.
    """
    return min(CAP_SECONDS * (1 << min(max(failures, 1) - 1, 10)), ASKED_CAP_SECONDS)
