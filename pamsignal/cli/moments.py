"""Points in time as people type them, in journalctl's words (systemd.time(7)): `1h ago`, `today`, `12:00`."""

from __future__ import annotations

import datetime as dt
import re

from pamsignal.errors import UsageError

_UNITS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86_400,
    "day": 86_400,
    "w": 604_800,
    "week": 604_800,
}
_AGO = re.compile(r"(\d{1,9}) ?([a-z]+?)s? ago|-(\d{1,9}) ?([a-z]+?)s?")
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%H:%M:%S", "%H:%M")
_ZONED = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z")


def moment_us(text: str, now: float) -> int:
    """Return the µs since the epoch that `text` means at `now`, in seconds; UsageError says what is understood."""
    words = text.strip()
    if words.startswith("@") and words[1:].isdigit():
        return int(words[1:]) * 1_000_000
    if words in ("now", "today", "yesterday"):
        return int((now if words == "now" else _midnight(now, days_back=int(words == "yesterday"))) * 1_000_000)
    ago = _AGO.fullmatch(words)
    if ago is not None and (ago[2] or ago[4]) in _UNITS:
        return int((now - int(ago[1] or ago[3]) * _UNITS[ago[2] or ago[4]]) * 1_000_000)
    return _date_us(words, now)


def _date_us(words: str, now: float) -> int:
    zoned = words[:-1] + "+0000" if words.endswith("Z") else words
    for form in _ZONED:
        try:
            return _microseconds(dt.datetime.strptime(zoned, form))  # noqa: DTZ007 - each of these forms has %z
        except ValueError:
            continue
    for form in _FORMATS:
        try:
            read = dt.datetime.strptime(words, form)  # noqa: DTZ007 - local time is what a person types
        except ValueError:
            continue
        if not form.startswith("%Y"):
            today = dt.datetime.fromtimestamp(now)  # noqa: DTZ006 - the same
            read = read.replace(year=today.year, month=today.month, day=today.day)
        return _microseconds(read.astimezone())
    raise UsageError(
        f"{words!r} is no time. Try '2026-11-23 12:00', '2026-11-23T12:00:00+01:00', '1h ago', 'today', '@1795435200'"
    )


def _microseconds(moment: dt.datetime) -> int:
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return (moment - epoch) // dt.timedelta(microseconds=1)


def _midnight(now: float, days_back: int) -> float:
    today = dt.datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0)  # noqa: DTZ006 - local
    return (today - dt.timedelta(days=days_back)).timestamp()
