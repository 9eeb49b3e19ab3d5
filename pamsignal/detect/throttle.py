"""Quiet after a report: what goes on is counted, and one digest says how much.

While it goes on, each quiet time is twice as long as the one before, up to six hours.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from typing import Iterator, List, NamedTuple, Optional, Tuple

from pamsignal.model import Finding
from pamsignal.terms import Severity

LONGEST_US = 6 * 3_600_000_000
NEVER = 2**63

Key = Tuple[str, str]


class Episode:
    """One culprit's quiet time: the finding it began with and what came after."""

    __slots__ = ("finding", "last_us", "length_us", "severity", "since_us", "suppressed", "until_us")

    def __init__(self, finding: Finding, severity: Severity, time_us: int, length_us: int) -> None:
        self.finding = finding
        self.severity = severity
        self.since_us = time_us
        self.length_us = length_us
        self.until_us = time_us + length_us
        self.suppressed = 0
        self.last_us = finding.time_us


class Digest(NamedTuple):
    """What a quiet time swallowed."""

    finding: Finding
    severity: Severity
    suppressed: int
    length_us: int
    last_us: int
    since_us: int


class Throttle:
    """All quiet times, at most `most`. None ends before `nearest_us`."""

    def __init__(self, cooldown_us: int, most: int) -> None:
        self._cooldown_us = cooldown_us
        self._most = most
        self._episodes: OrderedDict[Key, Episode] = OrderedDict()
        self._ends: List[Tuple[int, Key]] = []
        self.nearest_us = NEVER

    def absorb(self, key: Key, count: int, event_us: int) -> bool:
        """Count `count` for `key` and return True if its quiet time lasts."""
        episode = self._episodes.get(key)
        if episode is None:
            return False
        episode.suppressed += count
        episode.last_us = event_us
        return True

    def begin(self, key: Key, finding: Finding, severity: Severity, time_us: int, least_us: int = 0) -> None:
        """Start a quiet time for `key`, of at least `least_us`, after `finding` was reported at `time_us`."""
        episode = Episode(finding, severity, time_us, max(self._cooldown_us, least_us))
        self._episodes[key] = episode
        self._end_later(key, episode)
        if len(self._episodes) > self._most:
            self._episodes.popitem(last=False)

    def next_due_us(self) -> Optional[int]:
        """Return when the nearest quiet time ends."""
        while self._ends:
            until_us, key = self._ends[0]
            episode = self._episodes.get(key)
            if episode is not None and episode.until_us == until_us:
                self.nearest_us = until_us
                return until_us
            heapq.heappop(self._ends)
        self.nearest_us = NEVER
        return None

    def take_due(self, time_us: int) -> Iterator[Digest]:
        """End the quiet times that are over; yield a digest for each that swallowed something."""
        while True:
            due_us = self.next_due_us()
            if due_us is None or due_us > time_us:
                return
            key = heapq.heappop(self._ends)[1]
            episode = self._episodes[key]
            if not episode.suppressed:
                del self._episodes[key]
                continue
            yield self._digest(episode)
            self._go_on(key, episode)

    def _digest(self, episode: Episode) -> Digest:
        length_us, since_us = episode.length_us, episode.since_us
        return Digest(episode.finding, episode.severity, episode.suppressed, length_us, episode.last_us, since_us)

    def _go_on(self, key: Key, episode: Episode) -> None:
        episode.since_us = episode.until_us
        episode.length_us = min(2 * episode.length_us, max(LONGEST_US, episode.length_us))
        episode.until_us = episode.since_us + episode.length_us
        episode.suppressed = 0
        self._end_later(key, episode)

    def _end_later(self, key: Key, episode: Episode) -> None:
        heapq.heappush(self._ends, (episode.until_us, key))
        self.nearest_us = min(self.nearest_us, episode.until_us)
