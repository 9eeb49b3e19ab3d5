"""How many alerts a sink may get: two budgets each, so that noise can never use up what successes need. Pure.

What is over the budget is counted, and one "N alerts suppressed" always follows. Critical alerts pass everything.
Of the success budget a third is kept for logins, so that a loop of `sudo true` cannot hide one; and the first login
of an account in a while passes whatever went before, so that no loop of logins can hide another's.
In a sink's quiet hours noise waits for their end, and is told in one summary; successes and what is critical pass.
Times are µs since the epoch, passed in. Fed with the same alerts and times again after a restart, a `Limiter` is in
the same state again, and makes its summaries under the same ids.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from typing import Callable, Deque, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from pamsignal.deliver.routes import RouteSettings
from pamsignal.digest import identity
from pamsignal.hours import LocalOf, Span, covers, utc
from pamsignal.model import Action, Alert, AuthEvent, Finding, Provenance, Severity

WINDOW_US = 600_000_000
MOST_FACES = 256
LONGEST_PAST_US = 8 * 86_400_000_000  # longer than a rewind can be
LOOK_AGAIN_US = 60_000_000  # for the end of quiet hours, while something waits for it
SUPPRESSED_RULE = "alerts_suppressed"

LOGIN_RULES = frozenset({Action.LOGIN_SUCCESS.value, "success_after_failures"})
SUCCESS_RULES = LOGIN_RULES | {
    Action.SESSION_CLOSED.value,
    Action.ELEVATION_SUCCESS.value,
    Action.ACCOUNT_CREATED.value,
    Action.ACCOUNT_DELETED.value,
    Action.ACCOUNT_GROUP_ADDED.value,
    Action.PASSWORD_CHANGED.value,
}


def class_of(alert: Alert) -> str:
    """Return `success` for what somebody achieved, `noise` for what was only tried, concluded, or claimed."""
    event = _event_of(alert)
    if event is not None and event.provenance is Provenance.UNVERIFIED:
        return "noise"
    return "success" if alert.rule in SUCCESS_RULES else "noise"


def is_login(alert: Alert) -> bool:
    """Tell whether somebody came in: `success_after_failures` can also speak of sudo."""
    event = _event_of(alert)
    return alert.rule in LOGIN_RULES and (event is None or event.action is Action.LOGIN_SUCCESS)


def _event_of(alert: Alert) -> Optional[AuthEvent]:
    return alert.subject.event if isinstance(alert.subject, Finding) else alert.subject


def never(_now_us: int) -> bool:
    """Know no quiet hours."""
    return False


def _within(spans: Sequence[Span], local_of: LocalOf) -> Callable[[int], bool]:
    return lambda now_us: covers(spans, local_of(now_us))


class Bucket:
    """`per_window` tokens; each comes back `window_us` after it was taken.

    Stricter than one that refills steadily: no window of that length, wherever it starts, sees more than
    `per_window`, where the other kind lets through twice as many.
    """

    __slots__ = ("_taken", "per_window", "window_us")

    def __init__(self, per_window: int, window_us: int = WINDOW_US) -> None:
        self.per_window = per_window
        self.window_us = window_us
        self._taken: Deque[int] = deque()

    def take(self, now_us: int, leave: int = 0) -> bool:
        """Take a token unless only `leave` are left, and say whether there was one."""
        self._bring_back(now_us)
        if len(self._taken) + leave >= self.per_window:
            return False
        self._taken.append(now_us)
        return True

    def room_at_us(self, now_us: int, leave: int = 0) -> int:
        """Return when `take` succeeds next: `now_us` if it would now, at the latest a window from now."""
        self._bring_back(now_us)
        too_many = len(self._taken) - (self.per_window - leave)
        if too_many < 0:
            return now_us
        return self._taken[too_many] + self.window_us if too_many < len(self._taken) else now_us + self.window_us

    def _bring_back(self, now_us: int) -> None:
        while self._taken and self._taken[0] + self.window_us <= now_us:
            self._taken.popleft()
        if self._taken and self._taken[-1] > now_us:  # the clock went back: as if taken now
            self._taken = deque(min(taken_us, now_us) for taken_us in self._taken)


class Owed(NamedTuple):
    """The suppressed alerts of one class since the last summary, counted by rule.

    `due_us` is when the summary may go out: as soon as there is room, but no more than one in a window.
    """

    first: Alert
    last_us: int
    severity: Severity
    due_us: int
    rules: Counter[str]


class Budget:
    """One class of alerts at one sink; `per_window` None lets all of them through."""

    def __init__(
        self, name: str, per_window: Optional[int], window_us: int = WINDOW_US, is_quiet: Callable[[int], bool] = never
    ) -> None:
        self.name = name
        self.owed: Optional[Owed] = None
        self._is_quiet = is_quiet
        self._quiet_until_us = 0
        self._bucket = Bucket(per_window or 0, window_us)
        self._is_bounded = per_window is not None
        self._kept_for_logins = (per_window or 0) // 3 if name == "success" else 0
        self._faces: OrderedDict[Optional[str], int] = OrderedDict()

    def admits(self, alert: Alert, now_us: int) -> bool:
        """Say whether `alert` may go out now; if not, it is owed in the next summary."""
        if alert.severity >= Severity.CRITICAL:
            return True
        if self._is_quiet(now_us):
            self._owe(alert, now_us, 0)
            return False
        if not self._is_bounded:
            return True
        leave = 0 if is_login(alert) else self._kept_for_logins
        is_new_face = is_login(alert) and self._is_new_face(alert, now_us)
        if self._bucket.take(now_us, leave) or is_new_face:
            return True
        self._owe(alert, now_us, leave)
        return False

    def _is_new_face(self, alert: Alert, now_us: int) -> bool:
        """Tell whether the account did not log in within the window; only accounts that exist can, so they are few."""
        event = _event_of(alert)
        name = event.user if event is not None else None
        since_us = self._faces.pop(name, None)
        self._faces[name] = now_us
        if len(self._faces) > MOST_FACES:
            self._faces.popitem(last=False)
        return since_us is None or not 0 <= now_us - since_us < self._bucket.window_us

    def due_us(self, now_us: int) -> Optional[int]:
        """Return when the summary is due, or None. After a step of the clock it is never over a window away."""
        if self.owed is None:
            return None
        if self._is_quiet(now_us):
            return now_us + LOOK_AGAIN_US
        return min(self.owed.due_us, now_us + self._bucket.window_us)

    def summary(self, now_us: int) -> Optional[Owed]:
        """Return what is owed if it is due, once. It takes a token where there is one, and goes out in any case."""
        owed, due_us = self.owed, self.due_us(now_us)
        if owed is None or due_us is None:
            return None
        if now_us < due_us:
            self.owed = owed if self._is_quiet(now_us) else owed._replace(due_us=due_us)
            return None
        self.owed = None
        self._quiet_until_us = now_us + self._bucket.window_us
        self._bucket.take(now_us)
        return owed

    def _owe(self, alert: Alert, now_us: int, leave: int) -> None:
        if self.owed is None:
            due_us = max(self._bucket.room_at_us(now_us, leave), self._quiet_until_us)
            self.owed = Owed(alert, alert.time_us, alert.severity, due_us, Counter())
        self.owed.rules[alert.rule] += 1
        self.owed = self.owed._replace(last_us=alert.time_us, severity=max(self.owed.severity, alert.severity))


class Limiter:
    """The budgets of all sinks. `local_of` tells what the clock on the wall shows, for their quiet hours."""

    def __init__(
        self, routes: Mapping[str, RouteSettings], window_us: int = WINDOW_US, local_of: LocalOf = utc
    ) -> None:
        self._budgets: Dict[Tuple[str, str], Budget] = {}
        for sink, settings in routes.items():
            is_quiet = _within(settings.quiet_hours, local_of) if settings.quiet_hours else never
            noise, success = settings.noise_per_10_minutes, settings.success_per_10_minutes
            self._budgets[sink, "noise"] = Budget("noise", noise, window_us, is_quiet)
            self._budgets[sink, "success"] = Budget("success", success, window_us)
        self._window_us = window_us
        self._past_us: Optional[int] = None

    def live_through(self, until_us: int) -> None:
        """Let time pass in which nothing is told any more: what was due in it was told when it was new."""
        begin_us = until_us if self._past_us is None else max(self._past_us, until_us - LONGEST_PAST_US)
        for now_us in range(begin_us, until_us + 1, self._window_us):
            self.summaries(now_us)
        self._past_us = until_us

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


def _suppression(sink: str, name: str, owed: Owed, window_us: int, now_us: int) -> Alert:
    rules = sorted(owed.rules.items(), key=lambda item: (-item[1], item[0]))
    count = sum(owed.rules.values())
    finding = Finding(
        rule=SUPPRESSED_RULE,
        key=sink,
        time_us=now_us,
        hostname=owed.first.subject.hostname,
        attempts=count,
        window_us=window_us,
        first_us=owed.first.time_us,
        last_us=owed.last_us,
        note=f"{name}: " + ", ".join(f"{rule} {times}" for rule, times in rules),
    )
    alert_id = identity(SUPPRESSED_RULE, sink, name, owed.first.id)
    return Alert(alert_id, now_us, owed.severity, SUPPRESSED_RULE, finding, suppressed=count, digest=True)
