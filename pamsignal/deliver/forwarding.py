"""Single events on their way to whoever collects them all. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

from pamsignal.deliver.routes import Route, RouteSettings, kept_by
from pamsignal.detect.notable import weight_of
from pamsignal.model import Alert, AuthEvent, Context

Delivery = Tuple[Alert, Tuple[str, ...]]


def as_alert(event: AuthEvent, context: Context) -> Alert:
    """Return `event` in the shape in which everything travels."""
    return Alert(event.id, event.time_us, weight_of(event), event.action.value, event, context=context, is_event=True)


def forwarded(
    events: Iterable[Tuple[AuthEvent, Context]], alerts: Sequence[Delivery], routes: Sequence[Route]
) -> List[Delivery]:
    """Return each of `events` with the sinks that collect it, without those to which one of `alerts` tells it."""
    collecting = [route for route in routes if route.settings.events != ()]
    if not collecting:
        return []
    told: Dict[str, Set[str]] = {}
    for alert, sinks in alerts:
        if isinstance(alert.subject, AuthEvent):
            told.setdefault(alert.subject.id, set()).update(sinks)
    deliveries: List[Delivery] = []
    for event, context in events:
        alert, sinks_told = as_alert(event, context), told.get(event.id, ())
        sinks = tuple(r.sink for r in collecting if collects(r.settings, alert) and r.sink not in sinks_told)
        if sinks:
            deliveries.append((alert, sinks))
    return deliveries


def kept_from(settings: RouteSettings, alert: Alert) -> Optional[str]:
    """Return the key of a sink's configuration that keeps `alert` from it, None where it comes, or its event does."""
    if isinstance(alert.subject, AuthEvent) and collects(settings, as_alert(alert.subject, alert.context)):
        return None
    return kept_by(settings, alert)


def collects(settings: RouteSettings, alert: Alert) -> bool:
    """Tell whether a sink gets every single event of the kind of `alert`."""
    is_listed = settings.events is None or alert.rule in settings.events
    return is_listed and alert.severity >= settings.min_severity
