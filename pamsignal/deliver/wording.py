"""The user's own words on the way into a sink. The alert itself, as it is stored and judged, knows nothing of them."""

from __future__ import annotations

from typing import Mapping, Sequence

from pamsignal.deliver.sinks.base import Preview, Sink
from pamsignal.model import Alert, Finding, Result, Wording

Templates = Mapping[str, Wording]

DEFAULT = "default"


def merged(general: Templates, of_sink: Templates) -> Templates:
    """Return what holds for one sink, part by part: its own words for a rule, its `default`, then those for all."""
    return {name: _chosen(name, (of_sink, general)) for name in {*general, *of_sink}}


def in_own_words(sink: Sink, templates: Templates) -> Sink:
    """Return `sink` so that it speaks by `templates`, of which `merged` made the keys complete."""
    return Templated(sink, templates) if templates else sink


class Templated:
    """A sink that gives each alert its wording before it passes it on."""

    def __init__(self, sink: Sink, templates: Templates) -> None:
        self.name = sink.name
        self.batch = sink.batch
        self._sink = sink
        self._templates = templates

    def deliver(self, alerts: Sequence[Alert]) -> Result:
        """Deliver `alerts` in the user's words."""
        return self._sink.deliver([worded(alert, self._templates) for alert in alerts])

    def preview(self, alert: Alert) -> Preview:
        """Return what `deliver` would send."""
        return self._sink.preview(worded(alert, self._templates))


def worded(alert: Alert, templates: Templates) -> Alert:
    """Return `alert` with its wording. A digest keeps ours, as it counts what its first alert told; so does an end."""
    if alert.digest or (isinstance(alert.subject, Finding) and alert.subject.over):
        return alert
    return alert._replace(wording=templates.get(alert.rule) or templates.get(DEFAULT) or Wording())


def _chosen(name: str, sources: Sequence[Templates]) -> Wording:
    candidates = [source[each] for source in sources for each in (name, DEFAULT) if each in source]
    return Wording(
        next((one.headline for one in candidates if one.headline is not None), None),
        next((one.details for one in candidates if one.details is not None), None),
    )
