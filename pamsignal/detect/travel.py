"""Whether somebody can have come from where they logged in last: a distance, less what both places are uncertain by."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple, Optional, Tuple

from pamsignal.model import Context

_EARTH_KM = 6371.0
_HOUR_US = 3_600_000_000


class Settings(NamedTuple):
    """Told is what is farther than `min_km` and faster than `max_kmh`, unless it is through one of `ignore_asns`."""

    enabled: bool = True
    min_km: int = 500
    max_kmh: int = 1000
    ignore_asns: Tuple[int, ...] = ()


class Place(NamedTuple):
    """Where an address is, in millionths of a degree, give or take `radius_km`."""

    latitude: int
    longitude: int
    radius_km: int

    def __str__(self) -> str:
        return " ".join(map(str, self))


def place_of(context: Context, settings: Settings) -> Optional[Place]:
    """Return the place of `context` if it is known and says where somebody is; behind a VPN it does not."""
    latitude, longitude = context.latitude_microdegrees, context.longitude_microdegrees
    if not settings.enabled or latitude is None or longitude is None or context.asn in settings.ignore_asns:
        return None
    return Place(latitude, longitude, context.radius_km or 0)


def place_in(text: str) -> Optional[Place]:
    """Return the place that `str` wrote, None for anything else."""
    try:
        return Place(*map(int, text.split(" ")))
    except (TypeError, ValueError):
        return None


def is_impossible(before: Place, after: Place, elapsed_us: int, settings: Settings) -> bool:
    """Tell whether nobody can go from `before` to `after` in `elapsed_us`."""
    km = distance_km(before, after) - before.radius_km - after.radius_km
    return km > settings.min_km and km * _HOUR_US > settings.max_kmh * max(elapsed_us, 1)


def distance_km(one: Place, other: Place) -> float:
    """Return the way along the surface of a round earth (haversine): at most half a percent off."""
    north, south = radians(one.latitude / 1e6), radians(other.latitude / 1e6)
    across = sin((north - south) / 2) ** 2
    across += cos(north) * cos(south) * sin(radians(one.longitude - other.longitude) / 2e6) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(across)))
