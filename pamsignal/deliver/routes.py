"""Which alert goes to which sink. Pure."""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence, Tuple

from pamsignal.hours import Span
from pamsignal.model import Alert, Finding
from pamsignal.render import words
from pamsignal.terms import Severity

# People who want to hear of everything (`min_severity: info`) do not mean these.
_FOR_COLLECTORS = frozenset({"trail_anchor"})


class DeliverySettings(NamedTuple):
    """How long and how many: `max_rows` waiting alerts per sink, `max_dead_letters` over all sinks.

    After `max_age_seconds` what still waits is given up, and what was given up is forgotten.
    """

    max_age_seconds: int = 259_200
    max_rows: int = 10_000
    max_dead_letters: int = 500


class RouteSettings(NamedTuple):
    """What one sink wants. `actions` and `exclude` name actions or rules; `actions` None means all of them.

    `reasons` name what must be new about an event (`Alert.reasons`), one of them at least; None asks for nothing new.
    What pamsignal says about its own sight is not about an event, and passes. In `quiet_hours` noise waits (limits.py).
    A budget of None has no bound. `events` name the actions of which every single event goes there, None means all of
    them: for whoever collects, and not for people.
    """

    enabled: bool = True
    min_severity: Severity = Severity.NOTICE
    actions: Optional[Tuple[str, ...]] = None
    exclude: Tuple[str, ...] = ()
    reasons: Optional[Tuple[str, ...]] = None
    quiet_hours: Tuple[Span, ...] = ()
    noise_per_10_minutes: Optional[int] = 10
    success_per_10_minutes: Optional[int] = 60
    noise_per_day: Optional[int] = 100
    events: Optional[Tuple[str, ...]] = ()


class Route(NamedTuple):
    """A sink's name in the configuration, and what it wants."""

    sink: str
    settings: RouteSettings = RouteSettings()


def sinks_for(alert: Alert, routes: Sequence[Route]) -> Tuple[str, ...]:
    """Return the names of the sinks that want `alert`, in the order of `routes`."""
    return tuple(route.sink for route in routes if kept_by(route.settings, alert) is None)


def kept_by(settings: RouteSettings, alert: Alert) -> Optional[str]:
    """Return the key of a sink's configuration that keeps `alert` from it, None where it gets it."""
    if not settings.enabled:
        return "enabled"
    if alert.severity < settings.min_severity:
        return "min_severity"
    if _is_for_keeping(alert.rule, settings) or not _is_listed(alert.rule, settings.actions):
        return "actions"
    if alert.rule in settings.exclude:
        return "exclude"
    is_new = settings.reasons is None or not set(settings.reasons).isdisjoint(alert.reasons)
    return None if is_new or is_own_sight(alert) else "reasons"


def _is_for_keeping(rule: str, settings: RouteSettings) -> bool:
    """Tell whether `rule` is for collectors alone, and this sink is none and did not ask for it by name."""
    return rule in _FOR_COLLECTORS and settings.events == () and rule not in (settings.actions or ())


def _is_listed(rule: str, actions: Optional[Tuple[str, ...]]) -> bool:
    return actions is None or rule in actions


def is_own_sight(alert: Alert) -> bool:
    """Tell whether `alert` is about what pamsignal sees, and not about an event."""
    return isinstance(alert.subject, Finding) and not words.of_rule(alert.rule).link and alert.subject.event is None
