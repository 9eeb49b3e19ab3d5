"""The metrics: what each is called, what it means, and how it follows from a snapshot. Pure; no outside library.

Labels are from closed lists or from the configuration: actions, programs that pamsignal knows, rules, reasons, and the
names of sinks. Never an account, an address, a unit or a host: they would be personal, and without end.
"""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, Mapping, NamedTuple, Optional, Tuple, Union

from pamsignal.counts import Counts
from pamsignal.daemon.own_sight import RULES as OWN_RULES
from pamsignal.daemon.tally import Spread, Tally
from pamsignal.deliver.turn import LAST_RANK, Health
from pamsignal.detect.blindness import RULES as SIGHT_RULES
from pamsignal.detect.notable import DEFAULT_ACTIONS
from pamsignal.model import REASONS, Action, Provenance, Severity
from pamsignal.render.words import RULES

PREFIX = "pamsignal_"
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
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


class Metric(NamedTuple):
    """A family of samples."""

    name: str
    kind: str
    help: str
    samples: Callable[[Snapshot], Samples]
    labels: Tuple[str, ...] = ()


def _one(read: Callable[[Snapshot], Union[float, Spread]]) -> Callable[[Snapshot], Samples]:
    return lambda snapshot: (Sample(read(snapshot)),)


def _moment(read: Callable[[Snapshot], Optional[int]]) -> Callable[[Snapshot], Samples]:
    """Turn a time in µs into seconds; without one there is no sample."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        time_us = read(snapshot)
        if time_us is not None:
            yield Sample(time_us / 1_000_000)

    return samples


def _by_name(read: Callable[[Snapshot], Mapping[str, float]]) -> Callable[[Snapshot], Samples]:
    return lambda snapshot: (Sample(value, (name,)) for name, value in sorted(read(snapshot).items()))


def _events(snapshot: Snapshot) -> Iterator[Sample]:
    for action in Action:
        if action not in _NO_EVENTS:
            yield Sample(snapshot.counts.events[action], (action.value,))


def _grades(snapshot: Snapshot) -> Iterator[Sample]:
    for grade in Provenance:
        yield Sample(snapshot.counts.provenance[grade], (grade.value,))


def _suppressed(snapshot: Snapshot) -> Mapping[str, float]:
    return {**dict.fromkeys(snapshot.health, 0), **snapshot.tally.suppressed}


def _alerts(snapshot: Snapshot) -> Mapping[str, float]:
    return {**dict.fromkeys((*RULES, *DEFAULT_ACTIONS), 0), **snapshot.tally.alerts}


def _deliveries(snapshot: Snapshot) -> Mapping[str, float]:
    found = {labels[0]: value for value, labels in _counted("delivered", 1)(snapshot) if not isinstance(value, Spread)}
    return {**dict.fromkeys(snapshot.health, 0), **found}


def _by_reason(name: str) -> Callable[[Snapshot], Samples]:
    """Give each sink a sample for each reason: one that comes out of nothing would be no increase to Prometheus."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        counted = {labels: value for value, labels in _counted(name, 2)(snapshot)}
        for labels in sorted({*counted, *((sink, reason) for sink in snapshot.health for reason in REASONS)}):
            yield Sample(counted.get(labels, 0), labels)

    return samples


def _counted(name: str, labels: int) -> Callable[[Snapshot], Samples]:
    """Take apart the store's counters called NAME:LABEL:LABEL."""

    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for key, count in sorted(snapshot.counters.items()):
            first, _, rest = key.partition(":")
            values = tuple(rest.split(":"))
            if first == name and len(values) == labels:
                yield Sample(count, values)

    return samples


def _dropped(snapshot: Snapshot) -> Iterator[Sample]:
    for count, (_cause, sink, rank) in _counted("dropped", 3)(snapshot):
        yield Sample(count, (sink, "login" if rank == str(LAST_RANK) else _severity(rank)))


def _severity(rank: str) -> str:
    known = {str(int(severity)): severity.word for severity in Severity}
    return known.get(rank, "unknown")


def _of_sinks(read: Callable[[Health, int], Optional[float]]) -> Callable[[Snapshot], Samples]:
    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        for sink, health in sorted(snapshot.health.items()):
            value = read(health, snapshot.now_us)
            if value is not None:
                yield Sample(value, (sink,))

    return samples


def _oldest_seconds(health: Health, now_us: int) -> float:
    return 0 if health.oldest_us is None else max(0, now_us - health.oldest_us) / 1_000_000


def _last_sent(health: Health, _now_us: int) -> Optional[float]:
    sent_us = health.channel.last_sent_us
    return None if sent_us is None else sent_us / 1_000_000


def _conditions(snapshot: Snapshot) -> Iterator[Sample]:
    for rule in CONDITIONS:
        yield Sample(snapshot.standing.get(rule, 0), (rule,))


def _reloads(snapshot: Snapshot) -> Iterator[Sample]:
    for result in RELOADS:
        yield Sample(snapshot.tally.reloads[result], (result,))


def _built(snapshot: Snapshot) -> Mapping[str, float]:
    return {name: built_us / 1_000_000 for name, built_us in snapshot.databases.items()}


TABLE: Tuple[Metric, ...] = (
    Metric(
        "build_info", GAUGE, "Always 1; the version is the label.", lambda s: (Sample(1, (s.version,)),), ("version",)
    ),
    Metric("start_time_seconds", GAUGE, "When it was started, since the epoch.", _moment(lambda s: s.started_us)),
    Metric(
        "written_timestamp_seconds",
        GAUGE,
        "When these figures were taken, since the epoch: every ten seconds, unless the loop hangs.",
        _moment(lambda s: s.now_us),
    ),
    Metric(
        "process_resident_memory_bytes",
        GAUGE,
        "Memory of the process that is resident.",
        _one(lambda s: s.memory_bytes),
    ),
    Metric(
        "process_cpu_seconds_total",
        COUNTER,
        "Time of a processor that the process has used.",
        _one(lambda s: s.cpu_us / 1_000_000),
    ),
    Metric("records_total", COUNTER, "Journal records read.", _one(lambda s: s.counts.records)),
    Metric("records_understood_total", COUNTER, "Journal records with a meaning.", _one(lambda s: s.counts.understood)),
    Metric(
        "records_graded_total",
        COUNTER,
        "Understood records by how far their sender is known.",
        _grades,
        ("provenance",),
    ),
    Metric(
        "records_not_understood_total",
        COUNTER,
        "Lines of a known program in a shape that nobody knows.",
        _by_name(lambda s: s.counts.unparsed),
        ("program",),
    ),
    Metric(
        "records_spoofed_total",
        COUNTER,
        "Lines that claim to be of a program and are not.",
        _by_name(lambda s: s.counts.spoofed),
        ("program",),
    ),
    Metric("record_faults_total", COUNTER, "Records that raised an error: a bug.", _one(lambda s: s.faults)),
    Metric("events_total", COUNTER, "Events by what happened.", _events, ("action",)),
    Metric(
        "alerts_total",
        COUNTER,
        "Alerts by rule, before they are routed to sinks.",
        _by_name(_alerts),
        ("rule",),
    ),
    Metric(
        "alerts_suppressed_total",
        COUNTER,
        "Alerts that a sink's budget or quiet hours held back; counted when their summary goes out.",
        _by_name(_suppressed),
        ("sink",),
    ),
    Metric("deliveries_total", COUNTER, "Alerts that a sink took.", _by_name(_deliveries), ("sink",)),
    Metric(
        "delivery_failures_total",
        COUNTER,
        "Alerts in attempts that failed, by why; most are tried again.",
        _by_reason("delivery_failed"),
        ("sink", "reason"),
    ),
    Metric(
        "deliveries_given_up_total",
        COUNTER,
        "Alerts that a sink will never get, by why.",
        _by_reason("delivery_given_up"),
        ("sink", "reason"),
    ),
    Metric(
        "deliveries_dropped_total",
        COUNTER,
        "Alerts that a full queue gave up, by their severity; logins go last.",
        _dropped,
        ("sink", "severity"),
    ),
    Metric("queue_alerts", GAUGE, "Alerts that wait for a sink.", _of_sinks(lambda h, _now_us: h.queued), ("sink",)),
    Metric(
        "queue_oldest_seconds",
        GAUGE,
        "How long the oldest alert has waited for a sink; 0 if none waits.",
        _of_sinks(_oldest_seconds),
        ("sink",),
    ),
    Metric(
        "sink_failures_in_a_row",
        GAUGE,
        "Failed attempts since a sink last took an alert; 0 is well.",
        _of_sinks(lambda h, _now_us: h.channel.failures),
        ("sink",),
    ),
    Metric(
        "sink_last_delivery_timestamp_seconds",
        GAUGE,
        "When a sink last took an alert, since the epoch.",
        _of_sinks(_last_sent),
        ("sink",),
    ),
    Metric(
        "journal_readable",
        GAUGE,
        "1 if there is a journal and it can be read, else 0.",
        _one(lambda s: int(s.journal_readable)),
    ),
    Metric(
        "journal_last_record_timestamp_seconds",
        GAUGE,
        "When the newest record that was read came to the journal, since the epoch.",
        _moment(lambda s: s.last_record_us),
    ),
    Metric(
        "journal_gaps_total",
        COUNTER,
        "Stretches of the journal that were gone before they were read.",
        _one(lambda s: s.tally.alerts["journal_gap"]),
    ),
    Metric(
        "journal_suppressed_messages_total",
        COUNTER,
        "Messages that journald says it dropped.",
        _one(lambda s: s.counts.suppressed),
    ),
    Metric(
        "journal_entries_skipped_total",
        COUNTER,
        "Journal entries that could not be read.",
        _one(lambda s: s.journal_skipped),
    ),
    Metric(
        "journal_reopens_total",
        COUNTER,
        "How often the journal's files had to be opened anew.",
        _one(lambda s: s.journal_reopened),
    ),
    Metric(
        "processing_lag_seconds",
        HISTOGRAM,
        "Time from a record's arrival in the journal to its reading; of each batch the oldest record.",
        _one(lambda s: s.tally.lag),
    ),
    Metric(
        "turn_seconds",
        HISTOGRAM,
        "Duration of a turn of the loop that had something to do.",
        _one(lambda s: s.tally.turns),
    ),
    Metric(
        "condition",
        GAUGE,
        "How many conditions of a rule stand: what pamsignal cannot see, or not do. 0 is well.",
        _conditions,
        ("rule",),
    ),
    Metric(
        "store_trouble",
        GAUGE,
        "1 if the state database cannot be written, and alerts go on from memory.",
        _one(lambda s: int(s.store_trouble)),
    ),
    Metric("trail_enabled", GAUGE, "1 if a trail is kept.", _one(lambda s: int(s.trail_enabled))),
    Metric("trail_trouble", GAUGE, "1 if the trail cannot be written.", _one(lambda s: int(s.trail_trouble))),
    Metric("trail_records", GAUGE, "Number of the trail's last record.", _one(lambda s: s.trail_records)),
    Metric(
        "trail_lost_records_total",
        COUNTER,
        "Records that could not be written into the trail.",
        _one(lambda s: s.trail_lost),
    ),
    Metric(
        "geoip_database_built_timestamp_seconds",
        GAUGE,
        "When the database in use was built, since the epoch.",
        _by_name(_built),
        ("database",),
    ),
    Metric("config_reloads_total", COUNTER, "Reloads of the configuration.", _reloads, ("result",)),
    Metric(
        "config_last_reload_successful",
        GAUGE,
        "0 if the configuration was changed and refused, and the old one is in use.",
        _one(lambda s: int(not s.config_rejected)),
    ),
)
