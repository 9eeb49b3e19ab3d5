"""What an event says against whom: how much it weighs as evidence of guessing, and what it is counted by."""

from __future__ import annotations

from typing import NamedTuple, Optional

from pamsignal.detect import keys
from pamsignal.model import AuthEvent
from pamsignal.terms import Action

_TRIES = frozenset({Action.LOGIN_FAILURE, Action.LOGIN_DENIED, Action.ELEVATION_FAILURE})
WEAK = frozenset(
    {
        Action.CONNECTION_CLOSED,
        Action.CONNECTION_SCAN,
        Action.CONNECTION_TIMEOUT,
        Action.CONNECTION_DROPPED,
    }
)
_CLOSED = Action.CONNECTION_CLOSED
_LOCAL = frozenset({Action.ELEVATION_FAILURE, Action.ELEVATION_DENIED, Action.LOGIN_FAILURE, Action.LOGIN_DENIED})
_new = tuple.__new__  # half the time of Evidence(…)
RELEVANT = _TRIES | WEAK | _LOCAL

# A name can be as long as sshd lets it; what identifies it does not have to be.
_NAME_LENGTH = 128


class Evidence(NamedTuple):
    """One event as the rules see it.

    `tries` guesses, `weak` connections that ended before one, `unknown` a guess at an account that does not exist;
    `name` the account in the event. Remote: the `source` address, its `network`, and the `account` that was tried.
    Local: the `actor`, and the `target` that was to be taken over.
    """

    tries: int = 0
    weak: int = 0
    unknown: int = 0
    name: Optional[str] = None
    source: Optional[str] = None
    network: Optional[str] = None
    account: Optional[str] = None
    actor: Optional[str] = None
    target: Optional[str] = None


def of(event: AuthEvent) -> Evidence:
    """Return `event` as evidence; a success has keys, and no weight."""
    endpoint, name = event.source, event.user[:_NAME_LENGTH] if event.user else None
    if endpoint is None:
        tries = event.attempts if event.action in _LOCAL else 0
        target = event.target_user[:_NAME_LENGTH] if event.target_user else name
        return Evidence(tries, name=name, actor=name or keys.nameless(event), target=target)
    source, network = (endpoint.host, None) if endpoint.ip is None else keys.of_address(endpoint.ip)
    tries = remote_tries(event)
    weak = event.attempts if not tries and event.action in WEAK else 0
    unknown = 1 if tries and event.known_account is False else 0
    return _new(Evidence, (tries, weak, unknown, name, source, network, name, None, None))


def remote_tries(event: AuthEvent) -> int:
    """Return how many tries an event from outside is.

    A connection that named an account and gave up before a login is one: on a host that takes keys only, nothing
    else of an attack is ever logged (auth.c, auth_log).
    """
    if event.action in _TRIES:
        return event.attempts
    return 1 if event.action is _CLOSED and event.user is not None else 0
