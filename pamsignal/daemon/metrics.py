"""The metrics: what each is called, what it means, and where its samples come from. Pure; no outside library."""

from __future__ import annotations

from typing import Callable, NamedTuple, Tuple

from pamsignal.daemon import samples
from pamsignal.daemon.samples import Sample, Samples, Snapshot

PREFIX = "pamsignal_"
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"


class Metric(NamedTuple):
    """A family of samples."""

    name: str
    kind: str
    help: str
    samples: Callable[[Snapshot], Samples]
    labels: Tuple[str, ...] = ()


TABLE: Tuple[Metric, ...] = (
    Metric(
        "build_info", GAUGE, "Always 1; the version is the label.", lambda s: (Sample(1, (s.version,)),), ("version",)
    ),
    Metric(
        "start_time_seconds", GAUGE, "When it was started, since the epoch.", samples.moment(lambda s: s.started_us)
    ),
    Metric(
        "written_timestamp_seconds",
        GAUGE,
        "When these figures were taken, since the epoch: every ten seconds, unless the loop hangs.",
        samples.moment(lambda s: s.now_us),
    ),
    Metric(
        "process_resident_memory_bytes",
        GAUGE,
        "Memory of the process that is resident.",
        samples.one(lambda s: s.memory_bytes),
    ),
    Metric(
        "process_cpu_seconds_total",
        COUNTER,
        "Time of a processor that the process has used.",
        samples.one(lambda s: s.cpu_us / 1_000_000),
    ),
    Metric("records_total", COUNTER, "Journal records read.", samples.one(lambda s: s.counts.records)),
    Metric(
        "records_understood_total",
        COUNTER,
        "Journal records with a meaning.",
        samples.one(lambda s: s.counts.understood),
    ),
    Metric(
        "records_graded_total",
        COUNTER,
        "Understood records by how far their sender is known.",
        samples.grades,
        ("provenance",),
    ),
    Metric(
        "records_not_understood_total",
        COUNTER,
        "Lines of a known program in a shape that nobody knows.",
        samples.by_name(lambda s: s.counts.unparsed),
        ("program",),
    ),
    Metric(
        "records_spoofed_total",
        COUNTER,
        "Lines that claim to be of a program and are not.",
        samples.by_name(lambda s: s.counts.spoofed),
        ("program",),
    ),
    Metric("record_faults_total", COUNTER, "Records that raised an error: a bug.", samples.one(lambda s: s.faults)),
    Metric("events_total", COUNTER, "Events by what happened.", samples.events, ("action",)),
    Metric(
        "alerts_total",
        COUNTER,
        "Alerts by rule, before they are routed to sinks.",
        samples.by_name(samples.alerts),
        ("rule",),
    ),
    Metric(
        "alerts_suppressed_total",
        COUNTER,
        "Alerts that a sink's budget or quiet hours held back; counted when their summary goes out.",
        samples.by_name(samples.suppressed),
        ("sink",),
    ),
    Metric(
        "deliveries_total",
        COUNTER,
        "Alerts, and events where they are forwarded, that a sink took.",
        samples.by_name(samples.deliveries),
        ("sink",),
    ),
    Metric(
        "delivery_failures_total",
        COUNTER,
        "Alerts in attempts that failed, by why; most are tried again.",
        samples.by_reason("delivery_failed"),
        ("sink", "reason"),
    ),
    Metric(
        "deliveries_given_up_total",
        COUNTER,
        "Alerts that a sink will never get, by why.",
        samples.by_reason("delivery_given_up"),
        ("sink", "reason"),
    ),
    Metric(
        "deliveries_dropped_total",
        COUNTER,
        "What a full queue gave up: alerts by their severity, forwarded events, and logins, which go last.",
        samples.dropped,
        ("sink", "severity"),
    ),
    Metric(
        "queue_alerts", GAUGE, "Alerts that wait for a sink.", samples.of_sinks(lambda h, _now_us: h.queued), ("sink",)
    ),
    Metric(
        "queue_oldest_seconds",
        GAUGE,
        "How long the oldest alert has waited for a sink; 0 if none waits.",
        samples.of_sinks(samples.oldest_seconds),
        ("sink",),
    ),
    Metric(
        "sink_failures_in_a_row",
        GAUGE,
        "Failed attempts since a sink last took an alert; 0 is well.",
        samples.of_sinks(lambda h, _now_us: h.channel.failures),
        ("sink",),
    ),
    Metric(
        "sink_last_delivery_timestamp_seconds",
        GAUGE,
        "When a sink last took an alert, since the epoch.",
        samples.of_sinks(samples.last_sent),
        ("sink",),
    ),
    Metric(
        "journal_readable",
        GAUGE,
        "1 if there is a journal and it can be read, else 0.",
        samples.one(lambda s: int(s.journal_readable)),
    ),
    Metric(
        "journal_last_record_timestamp_seconds",
        GAUGE,
        "When the newest record that was read came to the journal, since the epoch.",
        samples.moment(lambda s: s.last_record_us),
    ),
    Metric(
        "journal_gaps_total",
        COUNTER,
        "Stretches of the journal that were gone before they were read.",
        samples.one(lambda s: s.tally.alerts["journal_gap"]),
    ),
    Metric(
        "journal_suppressed_messages_total",
        COUNTER,
        "Messages that journald says it dropped.",
        samples.one(lambda s: s.counts.suppressed),
    ),
    Metric(
        "journal_entries_skipped_total",
        COUNTER,
        "Journal entries that could not be read.",
        samples.one(lambda s: s.journal_skipped),
    ),
    Metric(
        "journal_reopens_total",
        COUNTER,
        "How often the journal's files had to be opened anew.",
        samples.one(lambda s: s.journal_reopened),
    ),
    Metric(
        "processing_lag_seconds",
        HISTOGRAM,
        "Time from a record's arrival in the journal to its reading; of each batch the oldest record.",
        samples.one(lambda s: s.tally.lag),
    ),
    Metric(
        "turn_seconds",
        HISTOGRAM,
        "Duration of a turn of the loop that had something to do.",
        samples.one(lambda s: s.tally.turns),
    ),
    Metric(
        "condition",
        GAUGE,
        "How many conditions of a rule stand: what pamsignal cannot see, or not do. 0 is well.",
        samples.conditions,
        ("rule",),
    ),
    Metric(
        "store_trouble",
        GAUGE,
        "1 if the state database cannot be written, and alerts go on from memory.",
        samples.one(lambda s: int(s.store_trouble)),
    ),
    Metric("trail_enabled", GAUGE, "1 if a trail is kept.", samples.one(lambda s: int(s.trail_enabled))),
    Metric("trail_trouble", GAUGE, "1 if the trail cannot be written.", samples.one(lambda s: int(s.trail_trouble))),
    Metric("trail_records", GAUGE, "Number of the trail's last record.", samples.one(lambda s: s.trail_records)),
    Metric(
        "trail_lost_records_total",
        COUNTER,
        "Records that could not be written into the trail.",
        samples.one(lambda s: s.trail_lost),
    ),
    Metric(
        "geoip_database_built_timestamp_seconds",
        GAUGE,
        "When the database in use was built, since the epoch.",
        samples.by_name(samples.built),
        ("database",),
    ),
    Metric("config_reloads_total", COUNTER, "Reloads of the configuration.", samples.reloads, ("result",)),
    Metric(
        "config_last_reload_successful",
        GAUGE,
        "0 if the configuration was changed and refused, and the old one is in use.",
        samples.one(lambda s: int(not s.config_rejected)),
    ),
)
