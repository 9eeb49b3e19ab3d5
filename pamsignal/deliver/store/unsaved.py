"""What the database file does not have yet. Pure.

Every turn goes through it: absorbed here, written to the file in one transaction, and forgotten. While the file
cannot be written it stays, and answers instead of the file; bounded, so that a full disk does not become full memory.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, Iterator, NamedTuple, Optional, Set, Tuple

from pamsignal.deliver.backoff import LONGEST_SECONDS
from pamsignal.deliver.turn import EXPIRED, Memory, OpenSession, Pending, Settlement, State, Turn, rank_of
from pamsignal.model import Alert, Position

MAX_DELIVERIES = 1_000
MAX_OTHERS = 10_000
LONGEST_WAIT_US = int(LONGEST_SECONDS * 1_000_000)

Delivery = Tuple[str, str]  # sink, alert id


def is_waiting(until_us: int, now_us: int) -> bool:
    """Say whether a wait is still on. One longer than any can be was begun before the clock was set back."""
    return now_us < until_us <= now_us + LONGEST_WAIT_US


class Queued(NamedTuple):
    """A delivery that is not in the file."""

    alert: Alert
    queued_us: int


class Unsaved:
    """Changes in the order in which they can be written; see `Turn` for what each is."""

    def __init__(self) -> None:
        self.now_us = 0
        self.position: Optional[Position] = None
        self.known: Dict[str, int] = {}
        self.queued: Dict[Delivery, Queued] = {}
        self.released: Set[str] = set()
        self.expired: Dict[str, int] = {}
        self.settled: Dict[Delivery, Settlement] = {}
        self.channels: Set[str] = set()
        self.sessions: Dict[str, Optional[OpenSession]] = {}
        self.memory: Dict[Tuple[str, str], Memory] = {}
        self.counters: Set[str] = set()

    def is_empty(self) -> bool:
        """Say whether there is nothing to write."""
        rest = (self.known, self.channels, self.sessions, self.memory, self.counters)
        return self.position is None and not self.changes_deliveries() and not any(rest)

    def changes_deliveries(self) -> bool:
        """Say whether what is due may be another after writing this."""
        return bool(self.queued or self.released or self.expired or self.settled)

    def absorb(self, turn: Turn) -> None:
        """Add the changes of `turn`. Its channels and counters are only marked: the store holds their values."""
        self.now_us = turn.now_us
        self.position = turn.position or self.position
        self._release(turn)
        for alert, sinks in turn.alerts:
            self._queue(alert, sinks, turn.now_us)
        self._settle(turn)
        self.channels.update(turn.channels)
        self.sessions.update((session.key, session) for session in turn.sessions_opened)
        self.sessions.update((key, None) for key in turn.sessions_closed)
        self.memory.update(((entry.area, entry.key), entry) for entry in turn.remembered)
        self.counters.update(turn.counted)

    def drop_alert(self, alert_id: str) -> None:
        """Take back an alert that the file turns out to know."""
        self.known.pop(alert_id, None)
        for delivery in [key for key in self.queued if key[1] == alert_id]:
            del self.queued[delivery]

    def due(self, sink: str, now_us: int) -> Iterator[Pending]:
        """Yield the deliveries to `sink` that are not in the file and wait for nothing, oldest first."""
        for (name, alert_id), queued in self.queued.items():
            settlement = self.settled.get((name, alert_id))
            if name == sink and is_ready(settlement, now_us):
                yield Pending(queued.alert, settlement.attempts if settlement else 0, queued.queued_us)

    def queued_at(self, sink: str) -> Tuple[int, Optional[int]]:
        """Return how many more (or fewer) deliveries wait at `sink` than the file says, and since when the oldest."""
        since_us = [queued.queued_us for (name, _), queued in self.queued.items() if name == sink]
        ended = sum(s.sink == sink and s.state is not State.QUEUED for s in self.settled.values())
        return len(since_us) - ended, min(since_us, default=None)

    def older(self, sink: str, before_us: int) -> int:
        """Return how many deliveries to `sink` were queued before a time."""
        return sum(name == sink and queued.queued_us < before_us for (name, _), queued in self.queued.items())

    def shed(self) -> Counter[Tuple[str, int]]:
        """Cut everything back to its bound; return the numbers of deliveries given up, by (sink, rank)."""
        lost: Counter[Tuple[str, int]] = Counter()
        while len(self.queued) > MAX_DELIVERIES:
            delivery = min(self.queued, key=lambda key: rank_of(self.queued[key].alert))  # the oldest of the lowest
            lost[delivery[0], rank_of(self.queued.pop(delivery).alert)] += 1
        for bounded in (self.known, self.settled, self.sessions, self.memory):
            _keep_newest(bounded)
        return lost

    def _queue(self, alert: Alert, sinks: Tuple[str, ...], now_us: int) -> None:
        if alert.id in self.known:
            return
        # Forwarded events are many, and would push the ids of alerts out of what is remembered.
        if not alert.is_event:
            self.known[alert.id] = now_us
        self.queued.update(((sink, alert.id), Queued(alert, now_us)) for sink in sinks)

    def _release(self, turn: Turn) -> None:
        self.released.update(turn.released)
        for delivery, settlement in self.settled.items():
            if settlement.sink in turn.released and settlement.state is State.QUEUED:
                self.settled[delivery] = settlement._replace(wait_until_us=0)

    def _settle(self, turn: Turn) -> None:
        for settlement in turn.settled:
            delivery = (settlement.sink, settlement.alert_id)
            self.settled.pop(delivery, None)  # the newest stands last
            self.settled[delivery] = settlement
            if settlement.state is State.SENT:
                self.queued.pop(delivery, None)
        self.expired.update(turn.expired)
        for (sink, alert_id), queued in self.queued.items():
            if queued.queued_us < turn.expired.get(sink, 0):
                self.settled[sink, alert_id] = Settlement(sink, alert_id, State.DEAD, reason=EXPIRED)


def is_ready(settlement: Optional[Settlement], now_us: int) -> bool:
    """Say whether a delivery may be attempted, by the last attempt at it."""
    if settlement is None:
        return True
    return settlement.state is State.QUEUED and not is_waiting(settlement.wait_until_us, now_us)


def _keep_newest(bounded: Dict[Any, Any]) -> None:
    for key in list(bounded)[: max(0, len(bounded) - MAX_OTHERS)]:
        del bounded[key]
