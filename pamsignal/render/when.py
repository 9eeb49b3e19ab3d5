"""Points and lengths of time as text. Takes microseconds since the epoch, UTC; knows no clock and no time zone.

The calendar is computed here, because `datetime` costs the daemon half a megabyte for this one use.
"""

from __future__ import annotations

from functools import lru_cache

_DAY_SECONDS = 86_400
_UNITS = ((_DAY_SECONDS, "d"), (3600, "h"), (60, "min"), (1, "s"))


def timestamp(time_us: int) -> str:
    """Return RFC 3339 with microseconds: `2026-03-29T14:23:01.123456Z`."""
    seconds, micros = divmod(time_us, 1_000_000)
    return f"{date(seconds // _DAY_SECONDS)}T{_clock(seconds)}.{micros:06d}Z"


def for_people(time_us: int) -> str:
    """Return whole seconds with the offset: `2026-03-29 14:23:01 +00:00`."""
    seconds = time_us // 1_000_000
    return f"{date(seconds // _DAY_SECONDS)} {_clock(seconds)} +00:00"


def for_journalctl(time_us: int) -> str:
    """Return what `journalctl --since` reads the same in every time zone (systemd.time(7))."""
    seconds = time_us // 1_000_000
    return f"{date(seconds // _DAY_SECONDS)} {_clock(seconds)} UTC"


def span(length_us: int) -> str:
    """Return a length in its two largest units: `1 h 12 min`, `45 s`; less than a second is `under 1 s`."""
    seconds = length_us // 1_000_000
    if seconds < 1:
        return "under 1 s"
    largest = next(index for index, (size, _) in enumerate(_UNITS) if seconds >= size)
    words = []
    for size, name in _UNITS[largest : largest + 2]:
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {name}")
    return " ".join(words)


def _clock(seconds: int) -> str:
    minutes, second = divmod(seconds % _DAY_SECONDS, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"


@lru_cache(maxsize=4)
def date(days: int) -> str:
    """Return the date `days` after 1970-01-01: H. Hinnant's civil_from_days, in years that begin in March."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    return f"{year_of_era + era * 400 + (month <= 2):04d}-{month:02d}-{day:02d}"
