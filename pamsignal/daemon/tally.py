"""What the loop counts of its own work: plain numbers, from the start of the process on. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Iterable, List, Sequence, Tuple

from pamsignal.deliver.limits import SUPPRESSED_RULE
from pamsignal.model import Alert, Finding

MS, S = 1_000, 1_000_000
TURN_BOUNDS_US = (1 * MS, 2_500, 5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 1 * S, 5 * S)
# journald tells of a record a quarter of a second late; and what was missed while away can be days old.
LAG_BOUNDS_US = (50 * MS, 100 * MS, 250 * MS, 500 * MS, 1 * S, 2_500 * MS, 5 * S, 10 * S, 60 * S, 600 * S, 3600 * S)


class Spread:
    """How durations are spread: how many lie at or below each bound, and above the last one. All in µs."""

    def __init__(self, bounds_us: Sequence[int]) -> None:
        self.bounds_us = tuple(bounds_us)
        self.numbers: List[int] = [0] * (len(bounds_us) + 1)
        self.sum_us = 0

    def add(self, duration_us: int) -> None:
        """Take in one; a clock that was set back makes no negative ones."""
        duration_us = max(0, duration_us)
        self.numbers[bisect_left(self.bounds_us, duration_us)] += 1
        self.sum_us += duration_us


class Tally:
    """Alerts by rule, those that a sink's budget held back, reloads by how they ended, and how fast the loop is."""

    def __init__(self) -> None:
        self.alerts: Counter[str] = Counter()
        self.suppressed: Counter[str] = Counter()
        self.reloads: Counter[str] = Counter()
        self.turns = Spread(TURN_BOUNDS_US)
        self.lag = Spread(LAG_BOUNDS_US)

    def told(self, alerts: Iterable[Alert], admitted: Iterable[Tuple[Alert, Tuple[str, ...]]]) -> None:
        """Count `alerts`, and from the summaries among what was `admitted` to sinks, what they speak of."""
        self.alerts.update(alert.rule for alert in alerts)
        for alert, _ in admitted:
            if alert.rule == SUPPRESSED_RULE and isinstance(alert.subject, Finding):
                self.alerts[alert.rule] += 1
                self.suppressed[alert.subject.key] += alert.suppressed
