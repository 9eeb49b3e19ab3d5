"""From the engine's alerts to deliveries: marked if late, routed, kept within each sink's budget."""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from pamsignal.audit.chain import Head
from pamsignal.config.settings import Settings
from pamsignal.daemon import happenings
from pamsignal.deliver.budget import Owed
from pamsignal.deliver.dispatch import Collected
from pamsignal.deliver.forwarding import Delivery, forwarded
from pamsignal.deliver.limits import Class, Limiter
from pamsignal.deliver.routes import Route, RouteSettings, is_own_sight, sinks_for
from pamsignal.model import Alert, Finding
from pamsignal.runtime.zone import wall_clock
from pamsignal.stages import Produced

UNDELIVERED_EVERY_US = 600_000_000

# These are about a sink, which their key names.
_ABOUT_SINKS = frozenset({"sink_paused", "undelivered"})


class GivenUp(NamedTuple):
    """What a sink has lost since the others were told, why it lost the last one, and when they may be told again."""

    alerts: int = 0
    reason: str = ""
    due_us: int = 0


class Outgoing:
    """Decides which alert goes to which sink now. Without `console`, sinks of that type do not exist."""

    def __init__(self, settings: Settings, *, console: bool) -> None:
        routes: Dict[str, RouteSettings] = {
            one.name: one.route for one in settings.sinks if one.route.enabled and (console or one.kind != "console")
        }
        self._routes = [Route(name, route) for name, route in routes.items()]
        self._limiter = Limiter(routes, local_of=wall_clock(settings.timezone))
        self._hostname = settings.hostname
        self._late_after_us = settings.late_after_seconds * 1_000_000
        self._given_up: Dict[str, GivenUp] = {}
        self._anchor = ""
        self._anchors: List[Alert] = []
        self._missed: Dict[str, GivenUp] = {}
        self._for_itself: Dict[str, str] = {}

    def take_over(self, former: Outgoing) -> None:
        """Go on with what is not told yet: whoever mends a channel reloads."""
        self._anchor, self._anchors = former._anchor, former._anchors
        self._given_up, self._missed = former._given_up, former._missed
        self._for_itself = former._for_itself

    def remember(self, alert: Alert) -> None:
        """Take an alert of the past into account, which was dealt with when it was new; so were the summaries then."""
        self._limiter.live_through(alert.time_us)
        if is_own_sight(alert):
            return
        self._limiter.admit(alert, sinks_for(alert, self._routes), alert.time_us)

    def restore(self, owed: Mapping[Class, Owed]) -> None:
        """Hold back what was held back when the last turn was written down."""
        self._limiter.restore(owed)

    def keep_all(self) -> None:
        """Give all that is held back with the next `take_held`."""
        self._limiter.keep_all()

    def take_held(self) -> Mapping[Class, Optional[Owed]]:
        """Return what changed in what is held back."""
        return self._limiter.take_changes()

    def admit(self, produced: Produced, alarms: Sequence[Alert], now_us: int) -> List[Delivery]:
        """Return what is to be delivered, and to whom: what the engine produced, `alarms` about pamsignal itself.

        Alarms are few by nature. They use up nobody's budget, and none goes to the sink that it is about, but for what
        `alarms_about` has for that one alone. Events that are forwarded come before the findings that rest on them.
        """
        told = self._anchored([self._admitted(self._marked(alert, now_us), now_us) for alert in produced.alerts])
        anchors, self._anchors = self._anchors, []
        events = forwarded(produced.events, told, self._routes)
        admitted = [(self._marked(event, now_us), sinks) for event, sinks in events] + told
        admitted += [(self._named(alarm), self._others(alarm)) for alarm in [*alarms, *anchors]]
        admitted += [(self._named(summary), sinks) for summary, sinks in self._limiter.summaries(now_us)]
        return [delivery for delivery in admitted if delivery[1]]

    def anchor(self, head: Optional[Head], now_us: int) -> None:
        """Tell the trail's head to whoever keeps everything, and to the others with their next alert.

        It does not go into the trail itself, which would grow by it, and want another anchor.
        """
        if head is not None:
            self._anchor = str(head)
            self._anchors.append(happenings.trail_anchor(self._anchor, now_us))

    def next_deadline_us(self, now_us: int) -> Optional[int]:
        """Return when an anchor, or a summary of what was held back, is due."""
        return now_us if self._anchors else self._limiter.next_deadline_us(now_us)

    def alarms_about(self, collected: Collected, now_us: int) -> List[Alert]:
        """Return what the other sinks should say about one that lost alerts, and it itself when it works again."""
        alarms: List[Alert] = []
        for happening in collected.happenings:
            sink = happening.sink
            if happening.name == "delivery_given_up":
                for losses in (self._given_up, self._missed):
                    lost = losses.get(sink, GivenUp())
                    losses[sink] = lost._replace(alerts=lost.alerts + happening.alerts, reason=happening.reason)
            elif happening.name == "channel_back" and sink in self._missed:
                missed = self._missed.pop(sink)
                alarms.append(happenings.undelivered_here(sink, missed.alerts, missed.reason, now_us))
                self._for_itself[alarms[-1].id] = sink
        return [*alarms, *self._undelivered(now_us)]

    def _undelivered(self, now_us: int) -> List[Alert]:
        """Speak of each sink's losses once in a while, and of all of them together."""
        alarms: List[Alert] = []
        for sink, lost in self._given_up.items():
            if lost.alerts and not 0 <= lost.due_us - now_us <= UNDELIVERED_EVERY_US:
                alarms.append(happenings.undelivered(sink, lost.alerts, lost.reason, now_us))
                self._given_up[sink] = GivenUp(due_us=now_us + UNDELIVERED_EVERY_US)
        return alarms

    def _anchored(self, deliveries: List[Delivery]) -> List[Delivery]:
        """Give the head to the first alert that goes anywhere."""
        for number, (alert, sinks) in enumerate(deliveries):
            if self._anchor and sinks:
                deliveries[number] = (alert._replace(anchor=self._anchor), sinks)
                self._anchor = ""
        return deliveries

    def _others(self, alarm: Alert) -> Tuple[str, ...]:
        alone = self._for_itself.pop(alarm.id, None)
        if alone is not None:
            return tuple(sink for sink in sinks_for(alarm, self._routes) if sink == alone)
        about = alarm.subject.key if alarm.rule in _ABOUT_SINKS and isinstance(alarm.subject, Finding) else None
        return tuple(sink for sink in sinks_for(alarm, self._routes) if sink != about)

    def _admitted(self, alert: Alert, now_us: int) -> Delivery:
        if is_own_sight(alert) and not alert.digest:  # few, too: each lasts until it is over. No noise hides blindness
            return alert, sinks_for(alert, self._routes)
        return alert, self._limiter.admit(alert, sinks_for(alert, self._routes), now_us)

    def _marked(self, alert: Alert, now_us: int) -> Alert:
        is_late = not alert.digest and now_us - alert.time_us > self._late_after_us
        return self._named(alert)._replace(late=is_late)

    def _named(self, alert: Alert) -> Alert:
        if self._hostname is None:
            return alert
        return alert._replace(subject=alert.subject._replace(hostname=self._hostname))
