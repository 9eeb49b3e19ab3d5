"""An alert in one line. The fixed words hold no character that any markup knows, so only the values are escaped."""

from __future__ import annotations

import re
from typing import Iterator, Optional

from pamsignal.model import Alert, AuthEvent, Context, Finding, Key, Subject
from pamsignal.render import escape, phrases, template, when, words
from pamsignal.render.phrases import Show
from pamsignal.terms import Action, Provenance

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
    if (
        subject.hostname and isinstance(subject, Finding) and phrases.is_note(subject)
    ):  # the host goes before the sentence
        title += f" {words.of_rule(subject.rule).where} {phrases.name(subject.hostname, show)}"
    elif subject.hostname:
        clauses.append(f"on {phrases.name(subject.hostname, show)}")
    if alert.late:
        clauses.append(LATE)
    return f"{title}: {' '.join(clauses)}" if clauses else title


def _event_clauses(alert: Alert, event: AuthEvent, show: Show) -> Iterator[str]:
    if event.user:
        yield phrases.name(event.user, show)
    elif event.user_id is not None:
        yield f"uid {event.user_id}"
    if event.target_user and event.target_user != event.user:
        yield f"as {phrases.name(event.target_user, show)}"
    if event.group:
        yield f"to group {phrases.name(event.group, show)}"
    if event.source:
        yield f"from {phrases.name(phrases.host(event.source), show)}"
        yield from _place_clauses(alert.context, show)
    yield from _manner_clauses(event, show)
    if event.attempts > 1:
        yield f"({event.attempts} attempts)"
    if alert.failures_before:
        yield f"after {phrases.failures(alert)}"
    if alert.suppressed:
        yield f"and {alert.suppressed} more"
    yield from _doubt_clauses(event)


def _doubt_clauses(subject: Subject) -> Iterator[str]:
    provenance = subject.provenance if isinstance(subject, AuthEvent) else None
    if provenance in (Provenance.UNVERIFIED, Provenance.SPOOFED):
        yield f"({provenance.value})"


def _manner_clauses(event: AuthEvent, show: Show) -> Iterator[str]:
    if event.method and event.action is Action.LOGIN_SUCCESS:
        yield f"by {event.method.value}"
        yield from _key_clauses(event.key, show)
    elif event.command and event.action is Action.ELEVATION_SUCCESS:
        yield f"for {phrases.name(event.command, show)}"
    elif event.typed is not None:
        if event.typed.program:
            yield f"in {phrases.name(event.typed.program, show)}:"
        yield phrases.size(event.typed)
    elif event.duration_us is not None and event.action is Action.SESSION_CLOSED:
        yield f"after {when.span(event.duration_us)}"


def _key_clauses(key: Optional[Key], show: Show) -> Iterator[str]:
    """Yield the beginning of a fingerprint, enough to tell one's own keys apart; the whole is among the fields."""
    whole = _FINGERPRINT.fullmatch(key.fingerprint) if key is not None else None
    if whole is not None:
        yield show(f"{whole[1]}…" if whole[2] else whole[1])


def _place_clauses(context: Context, show: Show) -> Iterator[str]:
    place = phrases.place(context)
    if place:
        yield f"({show(place)})"


def _finding_clauses(alert: Alert, finding: Finding, show: Show) -> Iterator[str]:
    link = words.of_rule(finding.rule).link
    if not link:
        yield from _own_clauses(alert, finding, show)
        return
    culprit = f" {link} {phrases.name(finding.key, show)}" if finding.key else ""
    if culprit and link == "from":
        culprit = " ".join((culprit, *_place_clauses(alert.context, show)))
    if alert.digest:
        yield f"and {alert.suppressed or finding.attempts} more{culprit}"
    elif finding.rule == "success_after_failures":
        if finding.event and finding.event.user:
            yield phrases.name(finding.event.user, show)
        yield f"{culprit.lstrip()} after {phrases.count(finding)}"
    else:
        yield f"{phrases.count(finding)}{culprit}"
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
