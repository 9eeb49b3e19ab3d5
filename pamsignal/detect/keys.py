"""What events are counted by: an address, a network, an account, a local actor."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Callable, Optional, Sequence, Union

from pamsignal.model import Address, AuthEvent

Network = Union[IPv4Network, IPv6Network]

# A name can be as long as sshd lets it; what identifies it does not have to be.
_NAME_LENGTH = 128


@lru_cache(maxsize=8192)
def address_key(address: Address) -> str:
    """Return an IPv4 address as it is, an IPv6 address as its /64: that is what one customer gets (RFC 6177)."""
    return str(address) if isinstance(address, IPv4Address) else str(ip_network((address, 64), strict=False))


@lru_cache(maxsize=8192)
def network_key(address: Address) -> str:
    """Return the /24 of an IPv4 address, the /48 of an IPv6 one."""
    return str(ip_network((address, 24 if isinstance(address, IPv4Address) else 48), strict=False))


def source(event: AuthEvent) -> Optional[str]:
    """Return the remote address, or the host name where only that is known."""
    endpoint = event.source
    if endpoint is None:
        return None
    return address_key(endpoint.ip) if endpoint.ip is not None else endpoint.host


def network(event: AuthEvent) -> Optional[str]:
    """Return the remote network."""
    endpoint = event.source
    return network_key(endpoint.ip) if endpoint is not None and endpoint.ip is not None else None


def account(event: AuthEvent) -> Optional[str]:
    """Return the account that was tried from outside."""
    return event.user[:_NAME_LENGTH] if event.user and event.source is not None else None


def actor(event: AuthEvent) -> Optional[str]:
    """Return who acts on this host: the account, its uid, or the terminal where neither is known."""
    if event.source is not None:
        return None
    if event.user:
        return event.user[:_NAME_LENGTH]
    return f"uid {event.user_id}" if event.user_id is not None else event.tty


def within(networks: Sequence[Network]) -> Callable[[Address], bool]:
    """Return a cached test whether an address lies in one of `networks`."""

    @lru_cache(maxsize=4096)
    def is_within(address: Address) -> bool:
        return any(address.version == one.version and address in one for one in networks)

    return is_within
