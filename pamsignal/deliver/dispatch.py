"""Between the store and the couriers: collect what came back, hand out what is due.

In the daemon's turn `collect` comes before the commit, and `hand_out` after it: an alert leaves the host only when
it is written down, and its end is written down with the next turn.
"""

from __future__ import annotations

from collections import Counter
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from pamsignal.deliver.counters import name_of
from pamsignal.deliver.courier import Courier, Delivered, stop_all
from pamsignal.deliver.judge import Attempt, Happening, Verdict, judge
from pamsignal.deliver.store import Store
from pamsignal.deliver.turn import NEW_CHANNEL, Channel, Pending, Settlement
from pamsignal.model import TryLater

# Far beyond every time-out of a sink.
STUCK_US = 300_000_000
BACKWARD_US = 1_000_000


class Collected(NamedTuple):
    """What came back: the fields are those of `Turn`, and what is to be told about it."""

    settled: Sequence[Settlement] = ()
    channels: Mapping[str, Channel] = {}
    expired: Mapping[str, int] = {}
    released: Sequence[str] = ()
    counted: Mapping[str, int] = {}
    happenings: Sequence[Happening] = ()


class Carried(NamedTuple):
    """What a courier is carrying, and since when."""

    batch: Sequence[Pending]
    since_us: int


class Dispatcher:
    """The couriers at work. `jitter` gives numbers in [0, 1)."""

    def __init__(
        self, store: Store, couriers: Sequence[Courier], max_age_seconds: int, jitter: Callable[[], float]
    ) -> None:
        self._store = store
        self._couriers: Dict[str, Courier] = {courier.name: courier for courier in couriers}
        self._max_age_us = max_age_seconds * 1_000_000
        self._jitter = jitter
        self._carried: Dict[str, Carried] = {}
        self._single: Dict[str, Set[str]] = {}
        self._released: Set[str] = set()
        self._latest_us = 0

    def collect(self, now_us: int) -> Collected:
        """Return what the couriers brought back since the last call. To be committed before `hand_out`."""
        if now_us < self._latest_us - BACKWARD_US:  # the clock was set back: no wait may grow by it
            self._released.update(self._couriers)
        self._latest_us = now_us
        released, self._released = self._released, set()
        verdicts: List[Tuple[str, Verdict]] = []
        for sink, courier in self._couriers.items():
            delivered = courier.collect() or self._given_up_on(courier, now_us)
            if delivered is not None:
                verdicts.append((sink, self._judged(delivered, now_us)))
        return _collected(verdicts, released)

    def hand_out(self, now_us: int) -> None:
        """Give every idle courier what is due for it, oldest first."""
        for sink, courier in self._couriers.items():
            if courier.is_busy:
                continue
            batch = self._batch(sink, self._store.due(sink, now_us, courier.batch))
            if batch and courier.offer([pending.alert for pending in batch]):
                self._carried[sink] = Carried(batch, now_us)

    def next_deadline_us(self, now_us: int) -> Optional[int]:
        """Return when `hand_out` has something to do next, or None. What is under way wakes the loop by itself."""
        idle = [sink for sink, courier in self._couriers.items() if not courier.is_busy]
        due = [self._store.next_due_us(sink, now_us) for sink in idle]
        stuck = [carried.since_us + STUCK_US for carried in self._carried.values()]
        return min([due_us for due_us in due if due_us is not None] + stuck, default=None)

    def release(self) -> None:
        """Let no delivery wait any longer: the settings changed."""
        self._released.update(self._couriers)

    def stop(self, timeout_seconds: float) -> bool:
        """Let what is under way end, at most so long; `collect` once more afterwards. True if all ended."""
        return stop_all(self._couriers.values(), timeout_seconds)

    def _judged(self, delivered: Delivered, now_us: int) -> Verdict:
        sink = delivered.sink
        batch = self._carried.pop(sink).batch
        channel = self._store.channels.get(sink, NEW_CHANNEL)
        verdict = judge(Attempt(sink, batch, channel, now_us, self._jitter(), self._max_age_us), delivered.result)
        ids = {pending.alert.id for pending in batch}
        if verdict.splits:
            self._single[sink] = ids
        elif not verdict.channel.failures:
            self._single.get(sink, set()).difference_update(ids)
        return self._counted(verdict, sink)

    def _counted(self, verdict: Verdict, sink: str) -> Verdict:
        """Let what is said of alerts that are given up together count all of them: the batch holds only some."""
        if verdict.expired_before_us is None:
            return verdict
        count = self._store.older(sink, verdict.expired_before_us)
        told = [
            one._replace(alerts=max(one.alerts, count)) if one.name == "delivery_given_up" else one
            for one in verdict.happenings
        ]
        return verdict._replace(happenings=told)

    def _batch(self, sink: str, due: Sequence[Pending]) -> Sequence[Pending]:
        single = self._single.get(sink, ())
        joined = next((n for n, pending in enumerate(due) if pending.alert.id in single), len(due))
        return due[: max(joined, 1)]

    def _given_up_on(self, courier: Courier, now_us: int) -> Optional[Delivered]:
        carried = self._carried.get(courier.name)
        if carried is None or now_us - carried.since_us < STUCK_US:
            return None
        if not courier.abandon():
            self._carried[courier.name] = carried._replace(since_us=now_us)
            return None
        ids = tuple(pending.alert.id for pending in carried.batch)
        return Delivered(courier.name, ids, TryLater("timeout", "no answer in 5 min"))


def _collected(verdicts: Sequence[Tuple[str, Verdict]], released: Set[str]) -> Collected:
    happenings = [happening for _, verdict in verdicts for happening in verdict.happenings]
    counted: Counter[str] = Counter()
    for happening in happenings:
        counted[name_of(happening.name, happening.sink, happening.reason)] += happening.alerts
    return Collected(
        settled=[settlement for _, verdict in verdicts for settlement in verdict.settled],
        channels={sink: verdict.channel for sink, verdict in verdicts},
        expired={sink: v.expired_before_us for sink, v in verdicts if v.expired_before_us is not None},
        released=sorted(released | {sink for sink, verdict in verdicts if verdict.releases}),
        counted=counted,
        happenings=happenings,
    )
