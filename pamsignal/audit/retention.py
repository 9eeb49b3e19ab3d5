"""How long the trail is kept: what may be deleted, and why. Pure."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional

DAY_US = 86_400_000_000

# What the profiles ask for at least: 90 days (CIS Controls v8, 8.10), twelve months (PCI DSS v4, 10.5.1).
FLOOR_DAYS: Mapping[str, int] = {"custom": 0, "cis": 90, "pci": 366}


class Settings(NamedTuple):
    """`profile` raises `days` and `min_days` to what it asks for. Younger than `min_days` is kept whatever happens."""

    profile: str = "custom"
    days: int = 365
    min_days: int = 0
    max_bytes: int = 1 << 30
    min_free_bytes: int = 256 << 20
    hold: bool = False


class Sight(NamedTuple):
    """What the decision is about: the oldest file was closed at `closed_us`; all together take `bytes`."""

    closed_us: int
    bytes: int
    free_bytes: int


def reason_to_delete(sight: Sight, settings: Settings, now_us: int) -> Optional[str]:
    """Return why the oldest file is to go: `age`, `size` or `space`; None if it stays."""
    age_us = max(0, now_us - sight.closed_us)
    floor_days = max(settings.min_days, FLOOR_DAYS[settings.profile])
    if settings.hold or age_us < floor_days * DAY_US:
        return None
    if age_us >= max(settings.days, floor_days) * DAY_US:
        return "age"
    return shortage(sight, settings)


def shortage(sight: Sight, settings: Settings) -> Optional[str]:
    """Return what there is too little of: `size`, `space`, or None."""
    if sight.bytes > settings.max_bytes:
        return "size"
    return "space" if sight.free_bytes < settings.min_free_bytes else None
