"""What the clock on the wall shows, here or in a time zone with a name (IANA, such as `Europe/Berlin`)."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Optional

from pamsignal.errors import ConfigError
from pamsignal.hours import LocalOf


def wall_clock(name: Optional[str]) -> LocalOf:
    """Return what makes µs since the epoch into µs since 1970 began on that clock; without a `name`, on the host's own.

    ConfigError if this host knows no zone of that name.
    """
    if name is None:
        return lambda time_us: time_us + time.localtime(time_us // 1_000_000).tm_gmtoff * 1_000_000
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - 0.5 MB, for hosts that name a zone

    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError("write it as /usr/share/zoneinfo does, which the package tzdata brings") from None

    def of_zone(time_us: int) -> int:
        offset = datetime.fromtimestamp(time_us // 1_000_000, zone).utcoffset()
        return time_us + (round(offset.total_seconds()) * 1_000_000 if offset is not None else 0)

    return of_zone
