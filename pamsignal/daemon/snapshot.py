"""A snapshot for the metrics, taken from the parts at work."""

from __future__ import annotations

from collections import Counter

from pamsignal import __version__
from pamsignal.counts import Counts
from pamsignal.daemon.report import Report, Watched, health_of
from pamsignal.daemon.samples import Snapshot
from pamsignal.daemon.tally import Tally
from pamsignal.runtime import usage


def take(now_us: int, counts: Counts, tally: Tally, report: Report, watched: Watched) -> Snapshot:
    """Return all that is to be known now."""
    reader, store, trail = watched.reader, watched.store, watched.trail
    return Snapshot(
        now_us=now_us,
        started_us=report.started_us,
        version=__version__,
        memory_bytes=usage.resident_bytes(),
        cpu_us=usage.cpu_us(),
        counts=counts,
        faults=report.faults,
        tally=tally,
        counters=store.counters,
        health=health_of(store, watched.settings),
        standing=Counter(name.rule for name, _ in watched.standing),
        databases=watched.enricher.built_us(),
        journal_readable=reader.problem is None and reader.has_files(),
        journal_skipped=reader.skipped,
        journal_reopened=reader.reopened,
        last_record_us=reader.position.time_us if reader.position is not None else None,
        store_trouble=store.trouble is not None,
        trail_enabled=watched.settings.trail.enabled,
        trail_trouble=trail.trouble is not None,
        trail_records=trail.head.seq,
        trail_lost=trail.lost,
        config_rejected=report.rejected is not None,
    )
