"""Hours of the week as people write them: `Mon-Fri 07:00-22:00`. Pure; what time it is somewhere, the caller knows.

A span without days is one of every day. One that ends before it begins, or when it begins, goes on into the next day:
`Fri 22:00-06:00` ends on Saturday, `00:00-00:00` is a whole day.
"""

from __future__ import annotations

import re
from typing import Callable, FrozenSet, Iterable, NamedTuple, Set

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 1440
EXPECTED = "hours such as 07:00-22:00, Mon-Fri 07:00-22:00 or Sat,Sun 10:00-18:00"

_MINUTE_US = 60_000_000
_SPAN = re.compile(r"(?:([A-Za-z,-]+) )?([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_THURSDAY = 3  # the epoch began on one


# From µs since the epoch to µs since 1970 began on a clock on some wall.
LocalOf = Callable[[int], int]


def utc(time_us: int) -> int:
    """Know no other clock on the wall."""
    return time_us


class Span(NamedTuple):
    """From minute `begin` of each of `days` (0 is Monday), for `length` minutes of at most a day."""

    days: FrozenSet[int]
    begin: int
    length: int


def span_of(text: str) -> Span:
    """Return the span that `text` names. ValueError if it names none."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(text)
    begin, end = _minute(match[2], match[3]), _minute(match[4], match[5])
    return Span(_days(match[1]), begin % DAY_MINUTES, (end - begin) % DAY_MINUTES or DAY_MINUTES)


def covers(spans: Iterable[Span], local_us: int) -> bool:
    """Tell whether a moment is within one of `spans`; `local_us` are µs since 1970 began on the clock on the wall."""
    day, minute = divmod(local_us // _MINUTE_US, DAY_MINUTES)
    today, yesterday = (day + _THURSDAY) % 7, (day + _THURSDAY - 1) % 7
    return any(
        (today in span.days and 0 <= minute - span.begin < span.length)
        or (yesterday in span.days and minute + DAY_MINUTES - span.begin < span.length)
        for span in spans
    )


def _minute(hours: str, minutes: str) -> int:
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or minute > DAY_MINUTES:
        raise ValueError(f"{hours}:{minutes}")
    return minute


def _days(names: str) -> FrozenSet[int]:
    if not names:
        return frozenset(range(7))
    days: Set[int] = set()
    for part in names.lower().split(","):
        first, dash, last = part.partition("-")
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)  # ValueError for what is no day
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)
