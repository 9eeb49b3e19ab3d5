"""Which single events are worth an alert, and how loud each is."""

from __future__ import annotations

from typing import FrozenSet, NamedTuple, Optional

from pamsignal.model import AuthEvent
from pamsignal.terms import Action, Outcome, Provenance, Severity

_SEVERITY = {
    Action.LOGIN_SUCCESS: Severity.NOTICE,
    Action.LOGIN_DENIED: Severity.INFO,
    Action.ACCOUNT_LOCKED: Severity.WARNING,
    Action.SESSION_CLOSED: Severity.INFO,
    Action.ELEVATION_SUCCESS: Severity.INFO,
    Action.ELEVATION_FAILURE: Severity.INFO,
    Action.ELEVATION_DENIED: Severity.WARNING,
    Action.ACCOUNT_CREATED: Severity.NOTICE,
    Action.ACCOUNT_DELETED: Severity.NOTICE,
    Action.ACCOUNT_GROUP_ADDED: Severity.NOTICE,
    Action.PASSWORD_CHANGED: Severity.NOTICE,
}

# Membership in one of these is as good as root.
_ADMIN_GROUPS = frozenset({"root", "sudo", "wheel", "admin", "docker", "lxd", "libvirt", "disk", "shadow", "adm"})

# sshd says this when the password or key was right and the PAM account stage refused (auth-pam.c).
RIGHT_BUT_REFUSED = "PAM account"

DEFAULT_ACTIONS: FrozenSet[str] = frozenset(
    action.value
    for action in (
        Action.LOGIN_SUCCESS,
        Action.LOGIN_DENIED,
        Action.ACCOUNT_LOCKED,
        Action.ELEVATION_DENIED,
        Action.ACCOUNT_CREATED,
        Action.ACCOUNT_DELETED,
        Action.ACCOUNT_GROUP_ADDED,
        Action.PASSWORD_CHANGED,
    )
)


class Settings(NamedTuple):
    """`actions` are the names of events that alert by themselves; failures count towards findings instead."""

    actions: FrozenSet[str] = DEFAULT_ACTIONS


def weight_of(event: AuthEvent) -> Severity:
    """Return how loud `event` is where every single one is told."""
    least = Severity.NOTICE if event.outcome is Outcome.FAILURE else Severity.INFO
    return max(severity_of(event) or least, least)


def severity_of(event: AuthEvent) -> Optional[Severity]:
    """Return how loud `event` is by itself, None if it never speaks alone."""
    severity = _SEVERITY.get(event.action)
    if severity is None:
        return None
    if event.action is Action.LOGIN_DENIED and event.reason and RIGHT_BUT_REFUSED in event.reason:
        return Severity.WARNING
    if event.action is Action.ACCOUNT_GROUP_ADDED and event.group in _ADMIN_GROUPS:
        return Severity.WARNING
    if event.provenance is Provenance.UNVERIFIED and event.action is Action.ELEVATION_SUCCESS:
        return Severity.NOTICE
    return severity
