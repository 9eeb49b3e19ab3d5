"""What every format for a SIEM says about an alert or an event, in one flat value. Values are raw: formats escape."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from pamsignal.model import Address, Alert, AuthEvent, Context, Endpoint, Finding
from pamsignal.render import words
from pamsignal.terms import Action

VENDOR, PRODUCT = "PAMSignal", "pamsignal"
SUCCESS_AFTER_FAILURES = "success_after_failures"

_ADDRESS = re.compile(r"[0-9a-fA-F]*:[0-9a-fA-F:.]*|[0-9]+(?:\.[0-9]+){3}")
_COUNTED_BY_ADDRESS = frozenset({"brute_force", "slow_brute_force", "user_enumeration"})
_NOBODY = Endpoint()
_SSH = frozenset({"sshd", "ssh"})


class Facts(NamedTuple):
    """One alert or event. `actor` took over `account`, or is None where somebody just logged in to it.

    `source` and `destination` are addresses without a zone, in text. `event` is None for findings without one.
    """

    title: str
    outcome: Optional[str]
    actor: Optional[str]
    account: Optional[str]
    account_id: Optional[int]
    source: Optional[str]
    source_port: Optional[int]
    source_host: Optional[str]
    destination: Optional[str]
    destination_port: Optional[int]
    reason: Optional[str]
    attempts: int
    first_us: Optional[int]
    last_us: Optional[int]
    window_us: int
    event: Optional[AuthEvent]
    finding: Optional[Finding]
    context: Context


def facts_of(alert: Alert) -> Facts:
    """Return what is known about the subject of `alert`."""
    subject = alert.subject
    if isinstance(subject, AuthEvent):
        return _of_event(words.ACTIONS[subject.action], subject, alert.context)
    finding, title = subject, words.of_rule(subject.rule).title
    if finding.event is not None:
        facts = _of_event(title, finding.event, alert.context)
    else:
        facts = _without_event(title, finding, alert.context)
    return facts._replace(
        outcome=_outcome(finding),
        reason=finding.note or facts.reason,
        attempts=finding.attempts,
        first_us=finding.first_us,
        last_us=finding.last_us,
        window_us=finding.window_us,
        finding=finding,
    )


def is_ssh(event: AuthEvent) -> bool:
    """Tell whether `event` is of OpenSSH's server."""
    return event.service in _SSH


def _of_event(title: str, event: AuthEvent, context: Context) -> Facts:
    source, there = event.source or _NOBODY, event.destination or context.destination or _NOBODY
    has_target = event.target_user is not None
    end_us = event.time_us if event.duration_us is not None else None
    return Facts(
        title,
        event.outcome.value if event.outcome is not None else None,
        event.user if has_target else None,
        event.target_user if has_target else event.user,
        None if has_target else event.user_id,
        _text(source.ip),
        source.port or None,
        source.host,
        _text(there.ip),
        there.port or None,
        event.reason,
        event.attempts,
        event.time_us - event.duration_us if event.duration_us is not None else None,
        end_us,
        0,
        event,
        None,
        context,
    )


def _without_event(title: str, finding: Finding, context: Context) -> Facts:
    """Return what a count says by itself: its one account, its one address."""
    account = finding.users[0] if finding.users and finding.user_total <= 1 else None
    source = only_source(finding)
    return Facts(
        title, None, None, account, None, source, None, None, None, None, None, 0, None, None, 0, None, finding, context
    )


def only_source(finding: Finding) -> Optional[str]:
    """Return the one address behind `finding`. Its rule says whether its key is one: a name can look like 192.0.2.1."""
    if len(finding.sources) == 1 and finding.source_total <= 1:
        only = finding.sources[0]
    elif finding.rule in _COUNTED_BY_ADDRESS:
        only = finding.key
    else:
        return None
    return only if _ADDRESS.fullmatch(only) else None


def _outcome(finding: Finding) -> Optional[str]:
    """Return how an attack ended, None where a finding speaks of something else."""
    if finding.rule == SUCCESS_AFTER_FAILURES:
        return "success"
    return "failure" if finding.rule in words.RULES and words.RULES[finding.rule].link else None


def _text(address: Optional[Address]) -> Optional[str]:
    return None if address is None else str(address).partition("%")[0]


CATEGORIES = {
    Action.CONNECTION_CLOSED: "/Access/Stop",
    Action.CONNECTION_SCAN: "/Access/Start",
    Action.CONNECTION_TIMEOUT: "/Access/Stop",
    Action.CONNECTION_DROPPED: "/Access/Start",
    Action.ACCOUNT_LOCKED: "/Authorization/Modify",
    Action.SESSION_OPENED: "/Access/Start",
    Action.SESSION_CLOSED: "/Access/Stop",
    Action.ELEVATION_DENIED: "/Authorization/Verify",
    Action.ACCOUNT_CREATED: "/Authentication/Add",
    Action.ACCOUNT_DELETED: "/Authentication/Delete",
    Action.ACCOUNT_GROUP_ADDED: "/Authorization/Add",
    Action.PASSWORD_CHANGED: "/Authentication/Modify",
    Action.TTY_INPUT: "/Execute",
}
"""`cat`: behaviours in ArcSight's words; what is not listed is a check of who somebody is."""


def category_of(facts: Facts) -> Optional[str]:
    """Return the behaviour that was seen; None for what pamsignal says about its own sight."""
    if facts.event is not None:
        return CATEGORIES.get(facts.event.action, "/Authentication/Verify")
    return "/Authentication/Verify" if facts.outcome is not None else None
