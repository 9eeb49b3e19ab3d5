"""What a SIEM reads, by the name of the format: one alert, or one event, as one line. Pure."""

from __future__ import annotations

from typing import Callable, Dict

from pamsignal.model import Alert, AuthEvent
from pamsignal.render import cef, ecs, leef, ocsf, text


def _ecs(alert: Alert) -> str:
    if alert.is_event and isinstance(alert.subject, AuthEvent):
        return ecs.to_json_line(ecs.event_document(alert.subject, alert.context))
    return ecs.to_json_line(ecs.alert_document(alert))


FORMATS: Dict[str, Callable[[Alert], str]] = {
    "cef": cef.line_of,
    "leef": leef.line_1_of,
    "leef2": leef.line_2_of,
    "ecs": _ecs,
    "ocsf": ocsf.line_of,
    "text": text.headline,
}
"""Each takes an alert and returns a line without its end, fit for UTF-8."""
