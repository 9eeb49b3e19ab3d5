"""How many alerts of one class a sink may get, and what is held back. Pure; times are µs since the epoch."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from typing import Callable, Deque, Mapping, NamedTuple, Optional, Tuple

from pamsignal.deliver.classes import event_of, is_login
from pamsignal.model import Alert
from pamsignal.terms import Severity

WINDOW_US = 600_000_000
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
MOST_FACES = 256
MOST_PASSES = 10
LOOK_AGAIN_US = 60_000_000  # for the end of quiet hours, while something waits for it


def never(_now_us: int) -> bool:
    """Know no quiet hours."""
    return False


class Bucket:
    """`per_window` tokens; each comes back `window_us` after it was taken.

    Stricter than one that refills steadily: no window of that length, wherever it starts, sees more than
    `per_window`, where the other kind lets through twice as many. None is a bucket without a bottom.
    """

    __slots__ = ("_taken", "per_window", "window_us")

    def __init__(self, per_window: Optional[int], window_us: int = WINDOW_US) -> None:
        self.per_window = per_window
        self.window_us = window_us
        self._taken: Deque[int] = deque()

    def take(self, now_us: int, leave: int = 0) -> bool:
        """Take a token unless only `leave` are left, and say whether there was one."""
        if not self.has_room(now_us, leave):
            return False
        if self.per_window is not None:
            self._taken.append(now_us)
        return True

    def has_room(self, now_us: int, leave: int = 0) -> bool:
        """Say whether `take` would succeed."""
        self._bring_back(now_us)
        return self.per_window is None or len(self._taken) + leave < self.per_window

    def room_at_us(self, now_us: int, leave: int = 0) -> int:
        """Return when `take` succeeds next: `now_us` if it would now, at the latest a window from now."""
        if self.per_window is None or self.has_room(now_us, leave):
            return now_us
        too_many = len(self._taken) - (self.per_window - leave)
        return self._taken[too_many] + self.window_us if too_many < len(self._taken) else now_us + self.window_us

    def _bring_back(self, now_us: int) -> None:
        while self._taken and self._taken[0] + self.window_us <= now_us:
            self._taken.popleft()
        if self._taken and self._taken[-1] > now_us:  # the clock went back: as if taken now
            self._taken = deque(min(taken_us, now_us) for taken_us in self._taken)


class Bounds(NamedTuple):
    """How many in `window_us`, how many in a day; None is no bound. `is_quiet` knows the hours that hold all back.

    `is_of_people`: what somebody achieved, so that none may use up what another needs. One account gets half of the
    window, a third of it is for logins alone, and whatever was not there in the window passes, a few times for each.
    """

    per_window: Optional[int]
    per_day: Optional[int] = None
    window_us: int = WINDOW_US
    is_quiet: Callable[[int], bool] = never
    is_of_people: bool = False


class Owed(NamedTuple):
    """The suppressed alerts of one class since the last summary, counted by rule; `first_id` is of the first of them.

    `due_us` is when the summary may go out: as soon as there is room, but no more than one in a window, and one in an
    hour when the day's bound is reached.
    """

    first_id: str
    hostname: Optional[str]
    first_us: int
    last_us: int
    severity: Severity
    due_us: int
    rules: Mapping[str, int]


class Share(NamedTuple):
    """What one account may use of a window: `tokens` of the bucket, and `passes` beside it."""

    tokens: Bucket
    passes: Bucket

    @classmethod
    def of(cls, bounds: Bounds) -> Share:
        """Return a share that is whole."""
        half = None if bounds.per_window is None else max(bounds.per_window // 2, 1)
        return cls(Bucket(half, bounds.window_us), Bucket(MOST_PASSES, bounds.window_us))


class Budget:
    """One class of alerts at one sink. `owed` is what is held back."""

    def __init__(self, bounds: Bounds) -> None:
        self.owed: Optional[Owed] = None
        self._bounds = bounds
        self._quiet_until_us = 0
        self._bucket = Bucket(bounds.per_window, bounds.window_us)
        self._day = Bucket(bounds.per_day, DAY_US)
        self._kept_for_logins = (bounds.per_window or 0) // 3 if bounds.is_of_people else 0
        self._faces: OrderedDict[Tuple[object, ...], int] = OrderedDict()
        self._shares: OrderedDict[Optional[str], Share] = OrderedDict()

    def admits(self, alert: Alert, now_us: int) -> bool:
        """Say whether `alert` may go out now; if not, it is owed in the next summary."""
        if alert.severity >= Severity.CRITICAL:
            return True
        if self._bounds.is_quiet(now_us):
            self._owe(alert, now_us)
            return False
        leave = 0 if is_login(alert) else self._kept_for_logins
        if not self._bounds.is_of_people:
            if self._day.has_room(now_us) and self._bucket.take(now_us):
                return self._day.take(now_us)
        elif self._admits_person(alert, now_us, leave):
            return True
        self._owe(alert, self._room_at_us(alert, now_us, leave))
        return False

    def due_us(self, now_us: int) -> Optional[int]:
        """Return when the summary is due, or None: never further away than it can be, whatever the clock was set to."""
        if self.owed is None:
            return None
        if self._bounds.is_quiet(now_us):
            return now_us + LOOK_AGAIN_US
        return min(self.owed.due_us, now_us + self._pause_us(now_us))

    def summary(self, now_us: int) -> Optional[Owed]:
        """Return what is owed if it is due, once. It takes a token where there is one, and goes out in any case."""
        owed, due_us = self.owed, self.due_us(now_us)
        if owed is None or due_us is None:
            return None
        if now_us < due_us:
            self.owed = owed if self._bounds.is_quiet(now_us) else owed._replace(due_us=due_us)
            return None
        self.owed = None
        self._quiet_until_us = now_us + self._pause_us(now_us)
        self._bucket.take(now_us)
        return owed

    def _room_at_us(self, alert: Alert, now_us: int, leave: int) -> int:
        """Return when a summary would have room. On a day that is used up it waits to count for an hour."""
        room_us = self._bucket.room_at_us(now_us, leave)
        if self._bounds.is_of_people:
            room_us = max(room_us, self._share_of(alert).tokens.room_at_us(now_us))
        return room_us if self._day.has_room(now_us) else max(room_us, now_us + self._pause_us(now_us))

    def _pause_us(self, now_us: int) -> int:
        """Return how far summaries are apart at least."""
        return self._bucket.window_us if self._day.has_room(now_us) else max(HOUR_US, self._bucket.window_us)

    def _admits_person(self, alert: Alert, now_us: int, leave: int) -> bool:
        """Admit what somebody achieved: out of their share, or because it was not there in the window."""
        share = self._share_of(alert)
        is_new = self._is_new_face(alert, now_us)
        if share.tokens.has_room(now_us) and self._bucket.take(now_us, leave):
            return share.tokens.take(now_us)
        return is_new and share.passes.take(now_us)

    def _share_of(self, alert: Alert) -> Share:
        event = event_of(alert)
        name = event.user if event is not None else None
        share = self._shares.pop(name, None) or Share.of(self._bounds)
        self._shares[name] = share
        if len(self._shares) > MOST_FACES:
            self._shares.popitem(last=False)
        return share

    def _is_new_face(self, alert: Alert, now_us: int) -> bool:
        """Tell whether nothing of this kind, by this account from there with this key, was within the window."""
        face = _face_of(alert)
        since_us = self._faces.pop(face, None)
        self._faces[face] = now_us
        if len(self._faces) > MOST_FACES:
            self._faces.popitem(last=False)
        return since_us is None or not 0 <= now_us - since_us < self._bucket.window_us

    def _owe(self, alert: Alert, room_us: int) -> None:
        owed = self.owed
        if owed is None:
            due_us = max(room_us, self._quiet_until_us)
            owed = Owed(alert.id, alert.subject.hostname, alert.time_us, 0, alert.severity, due_us, {})
        rules = Counter(owed.rules)
        rules[alert.rule] += 1
        self.owed = owed._replace(rules=rules, last_us=alert.time_us, severity=max(owed.severity, alert.severity))


def _face_of(alert: Alert) -> Tuple[object, ...]:
    """Return who did what, from where and with which key."""
    event = event_of(alert)
    if event is None:
        return (alert.rule,)
    source = event.source
    place = None if source is None else source.ip or source.host
    fingerprint = None if event.key is None else event.key.fingerprint
    return (alert.rule, event.user, event.target_user, event.group, place, fingerprint)
