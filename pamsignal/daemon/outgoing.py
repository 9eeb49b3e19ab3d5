"""From the engine's alerts to deliveries: marked if late, routed, kept within each sink's budget."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Set, Tuple

from pamsignal.config.settings import Settings
from pamsignal.daemon import happenings
from pamsignal.deliver.dispatch import Collected
from pamsignal.deliver.limits import Limiter
from pamsignal.deliver.routes import Route, RouteSettings, sinks_for
from pamsignal.model import Alert

Delivery = Tuple[Alert, Tuple[str, ...]]

# Answers that will not change until somebody changes a setting: worth telling on the other channels at once.
_LASTING = frozenset({"authentication", "gone", "redirect", "tls"})


class Outgoing:
    """Decides which alert goes to which sink now. Without `console`, sinks of that type do not exist."""

    def __init__(self, settings: Settings, *, console: bool) -> None:
        routes: Dict[str, RouteSettings] = {
            one.name: one.route for one in settings.sinks if one.route.enabled and (console or one.kind != "console")
        }
        self._routes = [Route(name, route) for name, route in routes.items()]
        self._limiter = Limiter(routes)
        self._hostname = settings.hostname
        self._late_after_us = settings.late_after_seconds * 1_000_000
        self._paused: Set[str] = set()

    def remember(self, alert: Alert) -> None:
        """Take an alert of the past into account, which was dealt with when it was new."""
        self._limiter.admit(alert, sinks_for(alert, self._routes), alert.time_us)

    def admit(self, alerts: Sequence[Alert], alarms: Sequence[Alert], now_us: int) -> List[Delivery]:
        """Return what is to be delivered, and to whom: `alerts` of the engine, `alarms` about pamsignal itself."""
        admitted = [self._admitted(self._marked(alert, now_us), now_us) for alert in alerts]
        admitted += [self._admitted(self._named(alarm), now_us) for alarm in alarms]
        admitted += [(self._named(summary), sinks) for summary, sinks in self._limiter.summaries(now_us)]
        return [delivery for delivery in admitted if delivery[1]]

    def next_deadline_us(self, now_us: int) -> Optional[int]:
        """Return when a summary of what was held back is due."""
        return self._limiter.next_deadline_us(now_us)

    def alarms_about(self, collected: Collected, now_us: int) -> List[Alert]:
        """Return what the other sinks should say about one that does not deliver."""
        alarms: List[Alert] = []
        for happening in collected.happenings:
            if happening.name == "delivery_given_up":
                alarms.append(happenings.undelivered(happening, now_us))
            elif (
                happening.name == "channel_held" and happening.reason in _LASTING and happening.sink not in self._paused
            ):
                self._paused.add(happening.sink)
                alarms.append(happenings.sink_paused(happening, now_us))
            elif happening.name == "channel_back":
                self._paused.discard(happening.sink)
        return alarms

    def _admitted(self, alert: Alert, now_us: int) -> Delivery:
        return alert, self._limiter.admit(alert, sinks_for(alert, self._routes), now_us)

    def _marked(self, alert: Alert, now_us: int) -> Alert:
        is_late = not alert.digest and now_us - alert.time_us > self._late_after_us
        return self._named(alert)._replace(late=is_late)

    def _named(self, alert: Alert) -> Alert:
        if self._hostname is None:
            return alert
        return alert._replace(subject=alert.subject._replace(hostname=self._hostname))
