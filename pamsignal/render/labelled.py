"""What is known about an alert as labelled values, raw: most telling first, unknown left out."""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from pamsignal.model import Alert, AuthEvent, Context, Endpoint, Finding, Key, Subject
from pamsignal.render import advice, phrases, when, words

Field = Tuple[str, Optional[str]]


def fields(alert: Alert) -> List[Tuple[str, str]]:
    """Return what is known as pairs of label and raw value, most telling first; unknown is left out."""
    subject = alert.subject
    if isinstance(subject, AuthEvent):
        known = (*_event_fields(subject, alert.context), *_closing_fields(alert))
    elif alert.digest:
        known = (*_digest_fields(alert, subject), *_commands(subject))
    else:
        known = (*_finding_fields(alert, subject), *_closing_fields(alert))
    news = ("Remarkable", "; ".join(map(words.of_reason, alert.reasons)))
    return [(label, value) for label, value in (news, ("Before", _before(alert)), *known) if value]


def _before(alert: Alert) -> Optional[str]:
    if not alert.failures_before or not isinstance(alert.subject, AuthEvent):
        return None
    whose = "from this address" if alert.subject.source else "by this account"
    return f"{phrases.failures(alert)} {whose} within {when.span(alert.before_us)}"


def _event_fields(event: AuthEvent, context: Context) -> Iterator[Field]:
    yield "User", event.user
    yield "Account", "does not exist" if event.known_account is False else None
    yield "Target", event.target_user
    yield "Group", event.group
    yield from _origin_fields(event.source, context)
    yield "To", _endpoint(event.destination or context.destination)
    yield "Method", event.method.value if event.method else None
    yield "Key", f"{event.key.type} {event.key.fingerprint}" if event.key else None
    yield "Certificate", _certificate(event.key)
    yield "Command", event.command
    yield "Program", event.typed.program if event.typed else None
    yield "Typed", phrases.size(event.typed) if event.typed else None
    yield "Text", event.typed.text if event.typed else None
    yield "Directory", event.cwd
    yield "Terminal", event.tty
    yield "Reason", event.reason
    yield "Attempts", str(event.attempts) if event.attempts > 1 else None
    yield "Session", event.session_id
    yield "Lasted", when.span(event.duration_us) if event.duration_us is not None else None
    yield "Service", event.service
    yield "Evidence", words.PROVENANCE.get(event.provenance) if event.provenance else None


def _finding_fields(alert: Alert, finding: Finding) -> Iterator[Field]:
    if not phrases.is_note(finding):
        yield "Detail", finding.note
        yield "Attempts", _attempts(finding)
    yield from _extent_fields(finding)
    if finding.event:
        yield from _event_fields(finding.event, alert.context)
    else:
        yield from _origin_fields(None, alert.context)
    yield "Technique", f"MITRE ATT&CK {finding.technique}" if finding.technique else None


def _digest_fields(alert: Alert, finding: Finding) -> Iterator[Field]:
    """Yield what is new: the alert that the digest follows has told the rest."""
    yield "Count", f"{alert.suppressed or finding.attempts} more"
    yield from _extent_fields(finding)


def _extent_fields(finding: Finding) -> Iterator[Field]:
    yield "Users tried", phrases.sample(finding.users, finding.user_total)
    yield "Addresses", phrases.sample(finding.sources, finding.source_total)
    yield "First", when.for_people(finding.first_us) if finding.first_us is not None else None
    yield "Last", when.for_people(finding.last_us) if finding.last_us is not None else None
    if finding.over and finding.first_us is not None and finding.last_us is not None:
        yield "Lasted", when.span(max(0, finding.last_us - finding.first_us))


def _closing_fields(alert: Alert) -> Iterator[Field]:
    subject = alert.subject
    yield "Host", subject.hostname
    yield "Cloud", " ".join(part for part in (alert.context.provider, alert.context.region) if part)
    yield "Time", when.for_people(subject.time_us)
    yield "Also", f"{alert.suppressed} more of this kind, not sent one by one" if alert.suppressed else None
    yield from _commands(subject)
    yield "Trail", alert.anchor


def _commands(subject: Subject) -> Iterator[Field]:
    if isinstance(subject, AuthEvent) or words.of_rule(subject.rule).link or subject.event:
        yield advice.LOOK_FURTHER, advice.to_look_further(subject)
        yield from filter(None, (advice.to_end_the_login(subject),))


def _origin_fields(source: Optional[Endpoint], context: Context) -> Iterator[Field]:
    yield "From", _endpoint(source)
    yield "Place", phrases.place(context)
    network = (f"AS{context.asn}" if context.asn else None, context.org)
    yield "Network", " ".join(part for part in network if part)


def _endpoint(endpoint: Optional[Endpoint]) -> Optional[str]:
    if endpoint is None or not (endpoint.ip or endpoint.host):
        return None
    return f"{phrases.host(endpoint)} port {endpoint.port}" if endpoint.port else phrases.host(endpoint)


def _certificate(key: Optional[Key]) -> Optional[str]:
    if key is None or key.certificate_id is None:
        return None
    serial = f" (serial {key.serial})" if key.serial else ""
    return f"{key.certificate_id}{serial}" + (f" by {key.ca}" if key.ca else "")


def _attempts(finding: Finding) -> Optional[str]:
    counted = [str(finding.attempts)] if finding.attempts else []
    if finding.weak:
        counted.append(phrases.connections(finding.weak))
    within = f" in {when.span(finding.window_us)}" if finding.window_us and counted else ""
    return " and ".join(counted) + within
