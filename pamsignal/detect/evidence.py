"""How much an event weighs as evidence of guessing, and which name it tried."""

from __future__ import annotations

from typing import Optional

from pamsignal.model import Action, AuthEvent

_TRIES = frozenset({Action.LOGIN_FAILURE, Action.LOGIN_DENIED, Action.ELEVATION_FAILURE})
_WEAK = frozenset(
    {
        Action.CONNECTION_CLOSED,
        Action.CONNECTION_SCAN,
        Action.CONNECTION_TIMEOUT,
        Action.CONNECTION_DROPPED,
    }
)
_LOCAL = frozenset({Action.ELEVATION_FAILURE, Action.ELEVATION_DENIED, Action.LOGIN_FAILURE, Action.LOGIN_DENIED})
RELEVANT = _TRIES | _WEAK | _LOCAL


def tries(event: AuthEvent) -> int:
    """Return how many tries `event` is.

    A connection that named an account and gave up before a login is one: on a host that takes keys only, nothing
    else of an attack is ever logged (auth.c, auth_log).
    """
    if event.action in _TRIES:
        return event.attempts
    return 1 if event.action is Action.CONNECTION_CLOSED and event.user is not None else 0


def points(event: AuthEvent, scale: int) -> int:
    """Return `scale` for each try, 1 for each weak sign."""
    told = tries(event)
    if told:
        return told * scale
    return event.attempts if event.action in _WEAK else 0


def tries_only(event: AuthEvent, scale: int) -> int:
    """Return `scale` for each try, nothing for weak signs."""
    return tries(event) * scale


def unknown_names(event: AuthEvent, scale: int) -> int:
    """Return `scale` for a try with an account that does not exist."""
    return scale if event.known_account is False and tries(event) else 0


def local_tries(event: AuthEvent, scale: int) -> int:
    """Return `scale` for each refusal of somebody who is on this host already."""
    return event.attempts * scale if event.action in _LOCAL else 0


def name(event: AuthEvent) -> Optional[str]:
    """Return the account that was tried."""
    return event.user[:128] if event.user else None


def target(event: AuthEvent) -> Optional[str]:
    """Return the account that was to be taken over."""
    chosen = event.target_user or event.user
    return chosen[:128] if chosen else None
