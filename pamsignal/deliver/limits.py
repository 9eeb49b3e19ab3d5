"""How many alerts a sink may get: two budgets each, so that noise can never use up what successes need. Pure.

What is over the budget is counted, and one "N alerts suppressed" always follows. Critical alerts pass everything.
Of the success budget a third is kept for logins, so that a loop of `sudo true` cannot hide one, and no account gets
more than half of it. What was not there in a while (who, what, from where, with which key) passes whatever went
before, a few times for each account: so no loop of one's own logins or passwords can hide another's, or a new account.
A day has a bound for noise of its own, after which the rest is told once an hour.
In a sink's quiet hours noise waits for their end, and is told in one summary; successes and what is critical pass.
Times are µs since the epoch, passed in. Fed with the same alerts and times again after a restart, a `Limiter` is in
the same state again, and makes its summaries under the same ids. What is held back is kept by the caller besides
(`take_changes`, `restore`), because it can be older than what is fed again.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from pamsignal.deliver.budget import WINDOW_US, Bounds, Budget, Owed, never
from pamsignal.deliver.classes import NOISE, SUCCESS, class_of
from pamsignal.deliver.routes import RouteSettings
from pamsignal.digest import identity
from pamsignal.hours import LocalOf, Span, covers, utc
from pamsignal.model import Alert, Finding

LONGEST_PAST_US = 8 * 86_400_000_000  # longer than a rewind can be
SUPPRESSED_RULE = "alerts_suppressed"

Class = Tuple[str, str]  # a sink, and a class of alerts


class Limiter:
    """The budgets of all sinks. `local_of` tells what the clock on the wall shows, for their quiet hours."""

    def __init__(
        self, routes: Mapping[str, RouteSettings], window_us: int = WINDOW_US, local_of: LocalOf = utc
    ) -> None:
        self._budgets: Dict[Class, Budget] = {}
        for sink, settings in routes.items():
            is_quiet = _within(settings.quiet_hours, local_of) if settings.quiet_hours else never
            noise = Bounds(settings.noise_per_10_minutes, settings.noise_per_day, window_us, is_quiet)
            success = Bounds(settings.success_per_10_minutes, None, window_us, is_of_people=True)
            self._budgets[sink, NOISE] = Budget(noise)
            self._budgets[sink, SUCCESS] = Budget(success)
        self._window_us = window_us
        self._past_us: Optional[int] = None
        self._kept: Dict[Class, Owed] = {}

    def live_through(self, until_us: int) -> None:
        """Let time pass in which nothing is told any more: what was due in it was told when it was new."""
        begin_us = until_us if self._past_us is None else max(self._past_us, until_us - LONGEST_PAST_US)
        for now_us in range(begin_us, until_us + 1, self._window_us):
            self.summaries(now_us)
        self._past_us = until_us

    def restore(self, owed: Mapping[Class, Owed]) -> None:
        """Hold back exactly `owed`, whatever was fed; a sink that is gone is owed nothing."""
        for key, budget in self._budgets.items():
            budget.owed = owed.get(key)
        self._kept = dict(owed)

    def keep_all(self) -> None:
        """Give everything with the next `take_changes`: where it was kept it is lost."""
        self._kept = {}

    def take_changes(self) -> Dict[Class, Optional[Owed]]:
        """Return what is held back where that is another than at the last call, None where it is nothing any more."""
        now = {key: budget.owed for key, budget in self._budgets.items() if budget.owed is not None}
        changes: Dict[Class, Optional[Owed]] = {key: owed for key, owed in now.items() if owed != self._kept.get(key)}
        changes.update({key: None for key in self._kept if key not in now})
        self._kept = now
        return changes

    def admit(self, alert: Alert, sinks: Tuple[str, ...], now_us: int) -> Tuple[str, ...]:
        """Return those of `sinks` that may have `alert` now; at the others it is owed."""
        name = class_of(alert)
        return tuple(sink for sink in sinks if self._budgets[sink, name].admits(alert, now_us))

    def summaries(self, now_us: int) -> List[Tuple[Alert, Tuple[str, ...]]]:
        """Return the summaries that are due, each with the one sink it is for."""
        return list(self._summaries(now_us))

    def next_deadline_us(self, now_us: int) -> Optional[int]:
        """Return when `summaries` has something to say next, or None."""
        due = [due_us for due_us in (b.due_us(now_us) for b in self._budgets.values()) if due_us is not None]
        return min(due, default=None)

    def _summaries(self, now_us: int) -> Iterator[Tuple[Alert, Tuple[str, ...]]]:
        for (sink, name), budget in self._budgets.items():
            owed = budget.summary(now_us)
            if owed is not None:
                yield _suppression(sink, name, owed, self._window_us, now_us), (sink,)


def _within(spans: Sequence[Span], local_of: LocalOf) -> Callable[[int], bool]:
    return lambda now_us: covers(spans, local_of(now_us))


def _suppression(sink: str, name: str, owed: Owed, window_us: int, now_us: int) -> Alert:
    rules = sorted(owed.rules.items(), key=lambda item: (-item[1], item[0]))
    count = sum(owed.rules.values())
    finding = Finding(
        rule=SUPPRESSED_RULE,
        key=sink,
        time_us=now_us,
        hostname=owed.hostname,
        attempts=count,
        window_us=window_us,
        first_us=owed.first_us,
        last_us=owed.last_us,
        note=f"{name}: " + ", ".join(f"{rule} {times}" for rule, times in rules),
    )
    alert_id = identity(SUPPRESSED_RULE, sink, name, owed.first_id)
    return Alert(alert_id, now_us, owed.severity, SUPPRESSED_RULE, finding, suppressed=count, digest=True)
