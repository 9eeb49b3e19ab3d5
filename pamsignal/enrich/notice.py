"""What the licences of free databases of places want to be said beside their data. The daemon needs none of it."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Tuple

# By a word of the edition; a DB-IP file can name the GeoLite2 edition that it stands in for, so it is asked first.
# GeoLite2's end user licence agreement and DB-IP's licence page (CC BY 4.0), November 2026.
_NOTICES: Tuple[Tuple[str, str], ...] = (
    ("DBIP", "IP Geolocation by DB-IP, https://db-ip.com/"),
    ("GeoLite2", "This product includes GeoLite2 Data created by MaxMind, available from https://www.maxmind.com/"),
)


def notice_of(edition: str) -> Optional[str]:
    """Return what has to be said where data of `edition` are shown to others; None where nothing is known of it."""
    return next((notice for word, notice in _NOTICES if word in edition), None)


def notices_of(used: Mapping[str, Any]) -> List[str]:
    """Return the notices of all databases in `used`, the part of the status file about them."""
    found = {notice_of(str(database.get("edition"))) for database in used.values() if database}
    return sorted(notice for notice in found if notice is not None)
