"""Guessing of passwords, counted per address, per network, per account and per local actor."""

from __future__ import annotations

from typing import NamedTuple


class Settings(NamedTuple):
    """One threshold: `attempts` tries within `window_seconds`.

    `weak_per_attempt` connections that ended before a try weigh as much as one try. `sources` is how many different
    addresses must take part, where the rule asks for that.
    """

    enabled: bool = True
    attempts: int = 5
    window_seconds: int = 600
    weak_per_attempt: int = 5
    sources: int = 1
