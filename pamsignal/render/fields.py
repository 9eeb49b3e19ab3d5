"""The values that a template can name: a table, so that check-config, documents and texts know the same ones."""

from __future__ import annotations

from typing import Callable, Dict, NamedTuple, Optional

from pamsignal.model import Alert, AuthEvent, Context, Endpoint, Finding
from pamsignal.render import advice, when, words

Show = Callable[[str], str]


class TemplateField(NamedTuple):
    """`of` gives the raw value, None where it is unknown. `is_ours`: nobody but pamsignal chose a character of it."""

    of: Callable[[Alert], Optional[str]]
    meaning: str
    is_ours: bool = False


def _event(alert: Alert) -> Optional[AuthEvent]:
    return alert.subject.event if isinstance(alert.subject, Finding) else alert.subject


def _of_event(take: Callable[[AuthEvent], Optional[str]]) -> Callable[[Alert], Optional[str]]:
    def of(alert: Alert) -> Optional[str]:
        event = _event(alert)
        return None if event is None else take(event)

    return of


def _of_context(take: Callable[[Context], Optional[str]]) -> Callable[[Alert], Optional[str]]:
    return lambda alert: take(alert.context)


def _ip(endpoint: Optional[Endpoint]) -> Optional[str]:
    return None if endpoint is None else str(endpoint.ip or endpoint.host or "") or None


def _port(endpoint: Optional[Endpoint]) -> Optional[str]:
    return str(endpoint.port) if endpoint is not None and endpoint.port else None


def _source(alert: Alert) -> Optional[str]:
    """Return the address that an event came from, or the address or network that a finding was counted by."""
    event = _event(alert)
    if event is not None and event.source is not None:
        return _ip(event.source)
    subject = alert.subject
    is_place = isinstance(subject, Finding) and words.of_rule(subject.rule).link == "from"
    return subject.key if isinstance(subject, Finding) and is_place else None


def _attempts(alert: Alert) -> Optional[str]:
    attempts = alert.subject.attempts
    return str(attempts) if attempts else None


def _duration(event: AuthEvent) -> Optional[str]:
    return when.span(event.duration_us) if event.duration_us is not None else None


def _destination(alert: Alert) -> Optional[Endpoint]:
    event = _event(alert)
    return (event.destination if event is not None else None) or alert.context.destination


def _end_command(alert: Alert) -> Optional[str]:
    ending = advice.to_end_the_login(alert.subject)
    return None if ending is None else ending[1]


def _title(alert: Alert) -> str:
    subject = alert.subject
    return words.ACTIONS[subject.action] if isinstance(subject, AuthEvent) else words.of_rule(subject.rule).title


FIELDS: Dict[str, TemplateField] = {
    "title": TemplateField(_title, "what happened, in the words of pamsignal: `Login`", is_ours=True),
    "rule": TemplateField(lambda alert: alert.rule, "the action or finding: `login_success`", is_ours=True),
    "severity": TemplateField(lambda alert: alert.severity.word, "info, notice, warning or critical", is_ours=True),
    "user": TemplateField(_of_event(lambda event: event.user), "the account that logs in, or that takes rights"),
    "target_user": TemplateField(_of_event(lambda event: event.target_user), "the account that is taken over, by sudo"),
    "group": TemplateField(_of_event(lambda event: event.group), "the group that an account came into"),
    "ip": TemplateField(_source, "the address it came from; of a finding, the address or network it was counted by"),
    "port": TemplateField(_of_event(lambda event: _port(event.source)), "the port it came from", is_ours=True),
    "city": TemplateField(_of_context(lambda context: context.city), "the city of the address"),
    "country": TemplateField(_of_context(lambda context: context.country), "the country of the address: `DE`"),
    "asn": TemplateField(
        _of_context(lambda context: f"AS{context.asn}" if context.asn else None),
        "the number of its network: `AS64500`",
        is_ours=True,
    ),
    "network": TemplateField(_of_context(lambda context: context.org), "the name of its network"),
    "reasons": TemplateField(
        lambda alert: "; ".join(map(words.of_reason, alert.reasons)),
        "what is new: `first time from this network`",
        is_ours=True,
    ),
    "failures_before": TemplateField(
        lambda alert: str(alert.failures_before or ""), "how many failures from there came before a login", is_ours=True
    ),
    "method": TemplateField(
        _of_event(lambda event: event.method.value if event.method else None),
        "password, publickey and so on",
        is_ours=True,
    ),
    "key": TemplateField(
        _of_event(lambda event: event.key.fingerprint if event.key else None), "the fingerprint of the key"
    ),
    "certificate": TemplateField(
        _of_event(lambda event: event.key.certificate_id if event.key else None), "the id of the certificate"
    ),
    "command": TemplateField(_of_event(lambda event: event.command), "the command that sudo ran"),
    "tty": TemplateField(_of_event(lambda event: event.tty), "the terminal"),
    "service": TemplateField(_of_event(lambda event: event.service), "sshd, sudo and so on"),
    "session": TemplateField(_of_event(lambda event: event.session_id), "logind's number of the session"),
    "duration": TemplateField(
        _of_event(_duration), "how long a session lasted, when it ends: `1 h 12 min`", is_ours=True
    ),
    "attempts": TemplateField(_attempts, "how many tries it stands for", is_ours=True),
    "more": TemplateField(
        lambda alert: str(alert.suppressed or ""), "how many more of the kind were not sent one by one", is_ours=True
    ),
    "note": TemplateField(
        lambda alert: alert.subject.note if isinstance(alert.subject, Finding) else alert.subject.reason,
        "what a finding has to say, or why something was refused",
    ),
    "host": TemplateField(lambda alert: alert.subject.hostname, "this host"),
    "to_ip": TemplateField(lambda alert: _ip(_destination(alert)), "the address of this host that was reached"),
    "to_port": TemplateField(lambda alert: _port(_destination(alert)), "the port that was reached", is_ours=True),
    "provider": TemplateField(_of_context(lambda context: context.provider), "the cloud that this host runs in"),
    "region": TemplateField(_of_context(lambda context: context.region), "its region"),
    "time": TemplateField(
        lambda alert: when.for_people(alert.subject.time_us),
        "when it happened: `2026-11-23 12:00:00 +00:00`",
        is_ours=True,
    ),
    "look_command": TemplateField(
        lambda alert: advice.to_look_further(alert.subject),
        "the command that shows the journal around it; in details only",
        is_ours=True,
    ),
    "end_command": TemplateField(_end_command, "the command that ends the login; in details only", is_ours=True),
}
