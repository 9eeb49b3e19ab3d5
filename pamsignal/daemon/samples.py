"""How metrics follow from a snapshot of the daemon: samples, with their labels. Pure.

Labels are from closed lists or from the configuration: actions, programs that pamsignal knows, rules, reasons, and the
names of sinks. Never an account, an address, a unit or a host: they would be personal, and without end.
"""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, Mapping, NamedTuple, Optional, Tuple, Union

from pamsignal.counts import Counts
from pamsignal.daemon.own_sight import RULES as OWN_RULES
from pamsignal.daemon.tally import Spread, Tally
from pamsignal.deliver.counters import counted, losses
from pamsignal.deliver.turn import EVENT_RANK, LAST_RANK, Health
from pamsignal.detect.blindness import RULES as SIGHT_RULES
from pamsignal.detect.notable import DEFAULT_ACTIONS
from pamsignal.render.words import RULES
from pamsignal.terms import REASONS, Action, Provenance, Severity

CONDITIONS = (*SIGHT_RULES, *OWN_RULES)
RELOADS = ("ok", "refused")
# What is seen and never becomes an event.
_NO_EVENTS = frozenset({Action.DETAIL, Action.JOURNAL_SUPPRESSED})


class Snapshot(NamedTuple):
    """All that is to be known at a time. `standing` are conditions by rule, `databases` when each was built, in µs."""

    now_us: int
    started_us: int
    version: str
    memory_bytes: int
    cpu_us: int
    counts: Counts
    faults: int
    tally: Tally
    counters: Mapping[str, int]
    health: Mapping[str, Health]
    standing: Mapping[str, int]
    databases: Mapping[str, int]
    journal_readable: bool
    journal_skipped: int
    journal_reopened: int
    last_record_us: Optional[int]
    store_trouble: bool
    trail_enabled: bool
    trail_trouble: bool
    trail_records: int
    trail_lost: int
    config_rejected: bool


class Sample(NamedTuple):
    """One value, and the values of the metric's labels; a histogram's is a Spread."""

    value: Union[float, Spread]
    labels: Tuple[str, ...] = ()


Samples = Iterable[Sample]


def one(read: Callable[[Snapshot], Union[float, Spread]]) -> Callable[[Snapshot], Samples]:
    """Give the one value that is read."""
    return lambda snapshot: (Sample(read(snapshot)),)


def moment(read: Callable[[Snapshot], Optional[int]]) -> Callable[[Snapshot], Samples]:
    """Turn a time in µs into seconds; without one there is no sample."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        time_us = read(snapshot)
        if time_us is not None:
            yield Sample(time_us / 1_000_000)

    return samples


def by_name(read: Callable[[Snapshot], Mapping[str, float]]) -> Callable[[Snapshot], Samples]:
    """Give a sample for each name, in their order."""
    return lambda snapshot: (Sample(value, (name,)) for name, value in sorted(read(snapshot).items()))


def events(snapshot: Snapshot) -> Iterator[Sample]:
    """Give every action its number, so that its first time is an increase."""
    for action in Action:
        if action not in _NO_EVENTS:
            yield Sample(snapshot.counts.events[action], (action.value,))


def grades(snapshot: Snapshot) -> Iterator[Sample]:
    """Give every grade its number."""
    for grade in Provenance:
        yield Sample(snapshot.counts.provenance[grade], (grade.value,))


def suppressed(snapshot: Snapshot) -> Mapping[str, float]:
    """Return what each sink did not get."""
    return {**dict.fromkeys(snapshot.health, 0), **snapshot.tally.suppressed}


def alerts(snapshot: Snapshot) -> Mapping[str, float]:
    """Return the number of each rule that is known, and of what else came."""
    return {**dict.fromkeys((*RULES, *DEFAULT_ACTIONS), 0), **snapshot.tally.alerts}


def deliveries(snapshot: Snapshot) -> Mapping[str, float]:
    """Return what each sink took."""
    taken = counted(snapshot.counters, "delivered")
    return {**dict.fromkeys(snapshot.health, 0), **{sink: count for (sink, _), count in sorted(taken.items())}}


def by_reason(name: str) -> Callable[[Snapshot], Samples]:
    """Give each sink a sample for each reason: one that comes out of nothing would be no increase to Prometheus."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        found = counted(snapshot.counters, name)
        for labels in sorted({*found, *((sink, reason) for sink in snapshot.health for reason in REASONS)}):
            yield Sample(found.get(labels, 0), labels)

    return samples


def dropped(snapshot: Snapshot) -> Iterator[Sample]:
    """Return what a full queue gave up, by what it was."""
    known = {**{int(severity): severity.word for severity in Severity}, EVENT_RANK: "event", LAST_RANK: "login"}
    for (sink, rank), count in sorted(losses(snapshot.counters).items()):
        yield Sample(count, (sink, known.get(rank, "unknown")))


def of_sinks(read: Callable[[Health, int], Optional[float]]) -> Callable[[Snapshot], Samples]:
    """Give each sink what is read of its health at that time."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for sink, health in sorted(snapshot.health.items()):
            value = read(health, snapshot.now_us)
            if value is not None:
                yield Sample(value, (sink,))

    return samples


def oldest_seconds(health: Health, now_us: int) -> float:
    """Return how long the oldest waits."""
    return 0 if health.oldest_us is None else max(0, now_us - health.oldest_us) / 1_000_000


def last_sent(health: Health, _now_us: int) -> Optional[float]:
    """Return when something arrived last."""
    sent_us = health.channel.last_sent_us
    return None if sent_us is None else sent_us / 1_000_000


def conditions(snapshot: Snapshot) -> Iterator[Sample]:
    """Give every rule the number of its conditions that stand."""
    for rule in CONDITIONS:
        yield Sample(snapshot.standing.get(rule, 0), (rule,))


def reloads(snapshot: Snapshot) -> Iterator[Sample]:
    """Give both ends that a reload can have."""
    for result in RELOADS:
        yield Sample(snapshot.tally.reloads[result], (result,))


def built(snapshot: Snapshot) -> Mapping[str, float]:
    """Return when each database was built, in seconds."""
    return {name: built_us / 1_000_000 for name, built_us in snapshot.databases.items()}
