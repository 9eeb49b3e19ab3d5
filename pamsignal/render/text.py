"""An alert in words: one line, and labelled values. Every channel for people is built from these two.

The fixed words hold no character that any markup knows, so a channel escapes the values alone: `headline` puts each
one through `show`, `fields` gives them raw.
"""

from __future__ import annotations

import re
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

from pamsignal.model import Action, Alert, AuthEvent, Context, Endpoint, Finding, Key, Provenance, Subject, Typed
from pamsignal.render import advice, escape, template, when, words

Show = Callable[[str], str]
ShowCut = Callable[[str, int], str]
Field = Tuple[str, Optional[str]]

_SAMPLE = 10  # names and addresses that one field lists
_SAMPLE_LIMIT = 64  # code points of each
_FINGERPRINT = re.compile(r"((?:SHA256:|MD5:)[A-Za-z0-9+/:]{1,8})([A-Za-z0-9+/:=]*)")
LATE = "(late: happened while pamsignal was not reading)"


def headline(alert: Alert, show: Show = escape.for_terminal) -> str:
    """Return `alert` in one line, each value that is not ours passed through `show`."""
    return _own_headline(alert, show) or _default_headline(alert, show)


def _own_headline(alert: Alert, show: Show) -> str:
    """Return the line of the user's template. What makes an alert doubtful stands there whatever the template says."""
    made = template.headline(alert.wording.headline, alert, show) if alert.wording.headline else ""
    if not made:
        return ""
    doubts = [*_doubt_clauses(alert.subject), *([LATE] if alert.late else [])]
    return " ".join((made, *doubts))


def _default_headline(alert: Alert, show: Show) -> str:
    subject = alert.subject
    if isinstance(subject, Finding):
        title, clauses = words.of_rule(subject.rule).title, [*_finding_clauses(alert, subject, show)]
    else:
        title, clauses = words.ACTIONS[subject.action], [*_event_clauses(alert, subject, show)]
    if alert.reasons:
        clauses.append(f"({show(words.of_reason(alert.reasons[0]))})")
    if isinstance(subject, Finding) and subject.over:
        title = f"Over: {title}"
    if subject.hostname and isinstance(subject, Finding) and _is_note(subject):  # the host goes before the sentence
        title += f" {words.of_rule(subject.rule).where} {_name(subject.hostname, show)}"
    elif subject.hostname:
        clauses.append(f"on {_name(subject.hostname, show)}")
    if alert.late:
        clauses.append(LATE)
    return f"{title}: {' '.join(clauses)}" if clauses else title


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


def title(alert: Alert, show: ShowCut, limit: int) -> str:
    """Return the headline behind the mark of its severity, values through `show` at `limit` code points."""
    return f"{words.SEVERITY_MARKS[alert.severity]} {headline(alert, lambda value: show(value, limit))}"


def message(alert: Alert, show: ShowCut, limit: int) -> str:
    """Return the headline and the details, values through `show` at `limit` code points."""
    return f"{headline(alert, lambda value: show(value, limit))}\n{details(alert, show, limit)}"


def details(alert: Alert, show: ShowCut, limit: int, separator: str = "\n") -> str:
    """Return one line per field, values through `show` at `limit` code points, commands uncut."""
    own = own_lines(alert, show, limit)
    return separator.join(own or [f"{label}: {value}" for label, value in shown_fields(alert, show, limit)])


def own_lines(alert: Alert, show: ShowCut, limit: int) -> List[str]:
    """Return the details in the user's own words, values as in `details`; empty where there are none."""
    if not alert.wording.details:
        return []
    return template.lines(
        alert.wording.details,
        alert,
        lambda value: show(value, limit),
        lambda command: show(command, escape.VALUE_LIMIT),
    )


def shown_fields(alert: Alert, show: ShowCut, limit: int) -> List[Tuple[str, str]]:
    """Return `fields` with the values through `show` at `limit` code points, commands uncut."""
    return [(k, show(value, escape.VALUE_LIMIT if k in advice.LABELS else limit)) for k, value in fields(alert)]


def _event_clauses(alert: Alert, event: AuthEvent, show: Show) -> Iterator[str]:
    if event.user:
        yield _name(event.user, show)
    elif event.user_id is not None:
        yield f"uid {event.user_id}"
    if event.target_user and event.target_user != event.user:
        yield f"as {_name(event.target_user, show)}"
    if event.group:
        yield f"to group {_name(event.group, show)}"
    if event.source:
        yield f"from {_name(_host(event.source), show)}"
        yield from _place_clauses(alert.context, show)
    yield from _manner_clauses(event, show)
    if event.attempts > 1:
        yield f"({event.attempts} attempts)"
    if alert.failures_before:
        yield f"after {_failures(alert)}"
    if alert.suppressed:
        yield f"and {alert.suppressed} more"
    yield from _doubt_clauses(event)


def _size(typed: Typed) -> str:
    return f"{typed.size_bytes} byte{'' if typed.size_bytes == 1 else 's'}"


def _doubt_clauses(subject: Subject) -> Iterator[str]:
    provenance = subject.provenance if isinstance(subject, AuthEvent) else None
    if provenance in (Provenance.UNVERIFIED, Provenance.SPOOFED):
        yield f"({provenance.value})"


def _manner_clauses(event: AuthEvent, show: Show) -> Iterator[str]:
    if event.method and event.action is Action.LOGIN_SUCCESS:
        yield f"by {event.method.value}"
        yield from _key_clauses(event.key, show)
    elif event.command and event.action is Action.ELEVATION_SUCCESS:
        yield f"for {_name(event.command, show)}"
    elif event.typed is not None:
        if event.typed.program:
            yield f"in {_name(event.typed.program, show)}:"
        yield _size(event.typed)
    elif event.duration_us is not None and event.action is Action.SESSION_CLOSED:
        yield f"after {when.span(event.duration_us)}"


def _key_clauses(key: Optional[Key], show: Show) -> Iterator[str]:
    """Yield the beginning of a fingerprint, enough to tell one's own keys apart; the whole is among the fields."""
    whole = _FINGERPRINT.fullmatch(key.fingerprint) if key is not None else None
    if whole is not None:
        yield show(f"{whole[1]}…" if whole[2] else whole[1])


def _place_clauses(context: Context, show: Show) -> Iterator[str]:
    place = _place(context)
    if place:
        yield f"({show(place)})"


def _failures(alert: Alert) -> str:
    return f"{alert.failures_before} failed attempt{'' if alert.failures_before == 1 else 's'}"


def _finding_clauses(alert: Alert, finding: Finding, show: Show) -> Iterator[str]:
    link = words.of_rule(finding.rule).link
    if not link:
        yield from _own_clauses(alert, finding, show)
        return
    culprit = f" {link} {_name(finding.key, show)}" if finding.key else ""
    if culprit and link == "from":
        culprit = " ".join((culprit, *_place_clauses(alert.context, show)))
    if finding.rule == "success_after_failures":
        if finding.event and finding.event.user:
            yield _name(finding.event.user, show)
        yield f"{culprit.lstrip()} after {_count(finding)}"
    elif alert.digest:
        yield f"and {alert.suppressed or finding.attempts} more{culprit}"
    else:
        yield f"{_count(finding)}{culprit}"
    if finding.source_total > 1:
        yield f"by {finding.source_total} addresses"
    if finding.user_total > 1:
        yield f"on {finding.user_total} accounts"
    if finding.window_us:
        yield f"in {when.span(_length_us(alert, finding))}"


def _length_us(alert: Alert, finding: Finding) -> int:
    """Return how long it took, and for a digest how long it speaks of."""
    if alert.digest or finding.first_us is None or finding.last_us is None:
        return finding.window_us
    return finding.last_us - finding.first_us


def _own_clauses(alert: Alert, finding: Finding, show: Show) -> Iterator[str]:
    about = finding.note or finding.key
    count = f"{finding.attempts} more" if alert.digest else ""  # else the note says how many
    if count:
        yield count
    if about:
        yield f"({show(about)})" if count else show(about)


def _before(alert: Alert) -> Optional[str]:
    if not alert.failures_before or not isinstance(alert.subject, AuthEvent):
        return None
    whose = "from this address" if alert.subject.source else "by this account"
    return f"{_failures(alert)} {whose} within {when.span(alert.before_us)}"


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
    yield "Typed", _size(event.typed) if event.typed else None
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
    if not _is_note(finding):
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
    yield "Users tried", _sample(finding.users, finding.user_total)
    yield "Addresses", _sample(finding.sources, finding.source_total)
    yield "First", when.for_people(finding.first_us) if finding.first_us is not None else None
    yield "Last", when.for_people(finding.last_us) if finding.last_us is not None else None
    if finding.over and finding.first_us is not None and finding.last_us is not None:
        yield "Lasted", when.span(max(0, finding.last_us - finding.first_us))


def _is_note(finding: Finding) -> bool:
    """Tell whether the headline says all that a finding has to say, in the finding's own words."""
    return not words.of_rule(finding.rule).link


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
    yield "Place", _place(context)
    network = (f"AS{context.asn}" if context.asn else None, context.org)
    yield "Network", " ".join(part for part in network if part)


def _place(context: Context) -> str:
    return ", ".join(part for part in (context.city, context.country) if part)


def _name(value: str, show: Show) -> str:
    """Show `value` inside a sentence: in quotation marks, unless it is one word and cannot pass for more."""
    return show(value) if escape.is_plain_name(value) else f"“{show(value)}”"


def _host(endpoint: Endpoint) -> str:
    return str(endpoint.ip or endpoint.host or "an unknown address")


def _endpoint(endpoint: Optional[Endpoint]) -> Optional[str]:
    if endpoint is None or not (endpoint.ip or endpoint.host):
        return None
    return f"{_host(endpoint)} port {endpoint.port}" if endpoint.port else _host(endpoint)


def _certificate(key: Optional[Key]) -> Optional[str]:
    if key is None or key.certificate_id is None:
        return None
    serial = f" (serial {key.serial})" if key.serial else ""
    return f"{key.certificate_id}{serial}" + (f" by {key.ca}" if key.ca else "")


def _count(finding: Finding) -> str:
    attempts = f"{finding.attempts} attempt{'' if finding.attempts == 1 else 's'}"
    if not finding.weak:
        return attempts
    return f"{attempts} and {_connections(finding.weak)}" if finding.attempts else _connections(finding.weak)


def _connections(weak: int) -> str:
    return f"{weak} connection{'' if weak == 1 else 's'} without a login"


def _attempts(finding: Finding) -> Optional[str]:
    counted = [str(finding.attempts)] if finding.attempts else []
    if finding.weak:
        counted.append(_connections(finding.weak))
    within = f" in {when.span(finding.window_us)}" if finding.window_us and counted else ""
    return " and ".join(counted) + within


def _sample(names: Sequence[str], total: int) -> Optional[str]:
    """List the first names; one that is more than a word stands in quotation marks, those inside doubled as in CSV."""
    listed = names[:_SAMPLE]
    shown = ", ".join(n if escape.is_plain_name(n) else _in_csv(n) for n in listed)
    rest = max(total, len(names)) - len(listed)
    return f"{shown} and {rest} more" if rest > 0 and shown else shown


def _in_csv(name: str) -> str:
    return '"' + escape.cut(name, _SAMPLE_LIMIT).replace('"', '""') + '"'
