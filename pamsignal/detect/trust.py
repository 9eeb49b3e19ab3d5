"""Networks and users that never page. They are still recorded."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Callable, NamedTuple, Tuple

from pamsignal.detect import keys
from pamsignal.model import Address, AuthEvent
from pamsignal.terms import Action

_OWN_DOING = frozenset(
    {Action.LOGIN_SUCCESS, Action.ELEVATION_SUCCESS, Action.SESSION_OPENED, Action.SESSION_CLOSED, Action.LOGIN_PARTIAL}
)


class Settings(NamedTuple):
    """`networks` in CIDR form, `users` by account name."""

    networks: Tuple[str, ...] = ()
    users: Tuple[str, ...] = ()


class Trusted:
    """Answers whether an event concerns nobody because of whom it comes from."""

    def __init__(self, settings: Settings) -> None:
        self._users = frozenset(settings.users)
        self._is_nobody = not settings.users and not settings.networks
        self._is_within: Callable[[Address], bool] = keys.within([ip_network(one) for one in settings.networks])

    def covers(self, event: AuthEvent) -> bool:
        """Tell whether `event` comes from a trusted network, or is the success of a trusted user.

        A failure in a trusted user's name is not covered: anybody can type a name.
        """
        if self._is_nobody:
            return False
        endpoint = event.source
        if endpoint is not None and endpoint.ip is not None and self._is_within(endpoint.ip):
            return True
        return event.user in self._users and event.action in _OWN_DOING
