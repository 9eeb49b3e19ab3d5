"""What kind of news an alert is: what somebody achieved, or noise. Pure."""

from __future__ import annotations

from typing import Optional

from pamsignal.model import Alert, AuthEvent, Finding
from pamsignal.terms import Action, Provenance

NOISE, SUCCESS = "noise", "success"  # also keys of what is kept

LOGIN_RULES = frozenset({Action.LOGIN_SUCCESS.value, "success_after_failures"})
SUCCESS_RULES = LOGIN_RULES | {
    Action.SESSION_CLOSED.value,
    Action.ELEVATION_SUCCESS.value,
    Action.ACCOUNT_CREATED.value,
    Action.ACCOUNT_DELETED.value,
    Action.ACCOUNT_GROUP_ADDED.value,
    Action.PASSWORD_CHANGED.value,
}


def class_of(alert: Alert) -> str:
    """Return `success` for what somebody achieved, `noise` for what was only tried, concluded, or claimed."""
    event = event_of(alert)
    if event is not None and event.provenance is Provenance.UNVERIFIED:
        return NOISE
    return SUCCESS if alert.rule in SUCCESS_RULES else NOISE


def is_login(alert: Alert) -> bool:
    """Tell whether somebody came in: `success_after_failures` can also speak of sudo."""
    event = event_of(alert)
    return alert.rule in LOGIN_RULES and (event is None or event.action is Action.LOGIN_SUCCESS)


def event_of(alert: Alert) -> Optional[AuthEvent]:
    """Return the event that `alert` is about, or that completed its finding."""
    return alert.subject.event if isinstance(alert.subject, Finding) else alert.subject
