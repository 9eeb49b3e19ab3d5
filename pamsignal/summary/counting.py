"""Adds up events and alerts of the trail, one after the other, in bounded memory."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import Callable, Deque, NamedTuple, Optional, Set, Tuple, Union

from pamsignal.audit.record import Seen
from pamsignal.detect import evidence, keys
from pamsignal.model import Alert, AuthEvent, Context, Endpoint, Finding
from pamsignal.summary.tally import Tally
from pamsignal.terms import Action, Provenance, Severity

MOST_HOSTS = 64
MOST_NEWS = 1000
LONGEST_NAME = 256  # code points; Linux has no longer account name than 256 bytes (LOGIN_NAME_MAX)

TRIES = frozenset({Action.LOGIN_FAILURE, Action.LOGIN_DENIED, Action.INVALID_USER})
ELEVATIONS = frozenset({Action.ELEVATION_SUCCESS, Action.ELEVATION_FAILURE, Action.ELEVATION_DENIED})
CHANGES = frozenset(
    {
        Action.ACCOUNT_LOCKED,
        Action.ACCOUNT_CREATED,
        Action.ACCOUNT_DELETED,
        Action.ACCOUNT_GROUP_ADDED,
        Action.PASSWORD_CHANGED,
    }
)


class Place(NamedTuple):
    """Where an address is, as far as it was looked up when it was seen."""

    country: Optional[str] = None
    asn: Optional[int] = None
    org: Optional[str] = None


class News(NamedTuple):
    """Something new: why it is (reasons of an alert, or the action of an event), who, and from where."""

    time_us: int
    what: Tuple[str, ...]
    user: Optional[str]
    source: Optional[str]
    country: Optional[str]


class Summary:
    """What was counted. `day_of` returns the number of the day, since the epoch, in which a time falls."""

    def __init__(self, day_of: Callable[[int], int]) -> None:
        self.records = 0
        self.first_us: Optional[int] = None
        self.last_us: Optional[int] = None
        self.hosts: Set[str] = set()
        self.connections = 0
        self.forged = 0
        self.logins, self.elevations = Tally(), Tally()
        self.addresses, self.networks, self.countries, self.users = Tally(), Tally(), Tally(), Tally()
        self.days, self.findings = Tally(), Tally()
        self.news: Deque[News] = deque(maxlen=MOST_NEWS)
        self.news_total = 0
        self._day_of = day_of

    def add(self, subject: Union[Seen, Alert]) -> None:
        """Count a record."""
        if isinstance(subject, Seen):
            self._begin(subject.event.time_us, subject.event.hostname)
            self._add_event(*subject)
        else:
            self._begin(subject.time_us, subject.subject.hostname)
            self._add_alert(subject)

    @property
    def login_total(self) -> int:
        """How many logins there were."""
        return sum(row.successes for _, row in self.logins.rows()) + self.logins.cut.successes

    @property
    def failure_total(self) -> int:
        """How many tries to log in failed."""
        return sum(row.failures for _, row in self.days.rows()) + self.days.cut.failures

    def _begin(self, time_us: int, hostname: Optional[str]) -> None:
        self.records += 1
        if self.first_us is None or time_us < self.first_us:
            self.first_us = time_us
        if self.last_us is None or time_us > self.last_us:
            self.last_us = time_us
        if hostname is not None and len(self.hosts) < MOST_HOSTS:
            self.hosts.add(hostname)

    def _add_event(self, event: AuthEvent, context: Context) -> None:
        action = event.action
        if event.provenance is Provenance.SPOOFED:
            self.forged += 1
        elif action in TRIES:
            self._add_tries(event, context)
        elif action is Action.LOGIN_SUCCESS:
            self._add_login(event, context)
        elif action in evidence.WEAK:
            self.connections += event.attempts
        elif action in ELEVATIONS:
            self._add_elevation(event)
        elif action in CHANGES:
            self._add_news(News(event.time_us, (action.value,), _account(event), _source(event), context.country))

    def _add_tries(self, event: AuthEvent, context: Context) -> None:
        time_us, tries, place = event.time_us, event.attempts, _place(context.country, context.asn, context.org)
        self.days.row(self._day_of(time_us), time_us).failures += tries
        source = _source(event)
        if source is not None:
            row = self.addresses.row(source, time_us)
            row.failures += tries
            row.about = place
        if place.asn is not None:
            row = self.networks.row(place.asn, time_us)
            row.failures += tries
            row.about = place
        if place.country is not None:
            self.countries.row(place.country, time_us).failures += tries
        if event.user is not None:
            row = self.users.row(event.user[:LONGEST_NAME], time_us)
            row.failures += tries
            row.about = event.known_account if event.known_account is not None else row.about

    def _add_login(self, event: AuthEvent, context: Context) -> None:
        time_us, source = event.time_us, _source(event)
        method = event.method.value if event.method is not None else None
        user = event.user[:LONGEST_NAME] if event.user is not None else None
        row = self.logins.row((user, source, method, event.service), time_us)
        row.successes += 1
        row.about = _place(context.country, context.asn, context.org)
        self.days.row(self._day_of(time_us), time_us).successes += 1
        if source is not None:
            address = self.addresses.row(source, time_us)
            address.successes += 1
            address.about = row.about
        if user is not None:
            self.users.row(user, time_us).successes += 1

    def _add_elevation(self, event: AuthEvent) -> None:
        actor = event.user or keys.nameless(event)
        names = (actor, event.target_user)
        key = (*(name[:LONGEST_NAME] if name is not None else None for name in names), event.service)
        row = self.elevations.row(key, event.time_us)
        if event.action is Action.ELEVATION_SUCCESS:
            row.successes += 1
        else:
            row.failures += event.attempts

    def _add_alert(self, alert: Alert) -> None:
        subject = alert.subject
        if isinstance(subject, AuthEvent):
            if alert.reasons and not alert.digest:
                news = News(alert.time_us, alert.reasons, _account(subject), _source(subject), alert.context.country)
                self._add_news(news)
        elif not alert.digest and not subject.over:
            self._add_finding(alert, subject)

    def _add_finding(self, alert: Alert, finding: Finding) -> None:
        row = self.findings.row(finding.rule, alert.time_us)
        row.failures += 1
        row.about = max(row.about or Severity.INFO, alert.severity)

    def _add_news(self, news: News) -> None:
        self.news.append(news)
        self.news_total += 1


_place = lru_cache(maxsize=4096)(Place)


def _account(event: AuthEvent) -> Optional[str]:
    name = event.target_user or event.user
    return name[:LONGEST_NAME] if name is not None else None


def _source(event: AuthEvent) -> Optional[str]:
    """Return what is one source as text: an address, the /64 of an IPv6 one, a name; None on the host itself."""
    endpoint = event.source
    return None if endpoint is None else _source_text(endpoint._replace(port=None))


@lru_cache(maxsize=4096)
def _source_text(endpoint: Endpoint) -> Optional[str]:
    if endpoint.ip is not None:
        return keys.of_address(endpoint.ip)[0]
    return endpoint.host[:LONGEST_NAME] if endpoint.host else None
