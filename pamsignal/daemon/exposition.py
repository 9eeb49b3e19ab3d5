"""The metrics in Prometheus' text format. The owner of prometheus_client, which is imported with this module alone.

Versions from 0.9 (Debian 11) on will do.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any, Iterator, List, Tuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import CollectorRegistry

from pamsignal.daemon.metrics import COUNTER, GAUGE, HISTOGRAM, PREFIX, TABLE, Metric
from pamsignal.daemon.samples import Snapshot
from pamsignal.daemon.tally import Spread

_FAMILIES = {COUNTER: CounterMetricFamily, GAUGE: GaugeMetricFamily, HISTOGRAM: HistogramMetricFamily}


def render(snapshot: Snapshot) -> bytes:
    """Return all metrics as text, without timestamps: a textfile may have none."""
    registry = CollectorRegistry()
    collector: Any = _Collector(snapshot)  # 0.9 has no base class for it
    registry.register(collector)
    text: bytes = generate_latest(registry)
    return text


class _Collector:
    """What prometheus_client asks for its metrics."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def describe(self) -> List[Any]:
        """Name nothing in advance: nobody else is in this registry."""
        return []

    def collect(self) -> Iterator[Any]:
        """Yield a family for each row of the table."""
        for metric in TABLE:
            yield _family(metric, self._snapshot)


def _family(metric: Metric, snapshot: Snapshot) -> Any:
    family: Any = _FAMILIES[metric.kind](f"{PREFIX}{metric.name}", metric.help, labels=metric.labels)
    for value, labels in metric.samples(snapshot):
        family.add_metric(labels, *(_buckets(value) if isinstance(value, Spread) else (value,)))
    return family


def _buckets(spread: Spread) -> Tuple[List[Tuple[str, float]], float]:
    """Return how many lie at or below each bound, all of them below infinity, and the sum, in seconds."""
    bounds = [*(str(bound_us / 1_000_000) for bound_us in spread.bounds_us), "+Inf"]
    return list(zip(bounds, accumulate(spread.numbers))), spread.sum_us / 1_000_000
