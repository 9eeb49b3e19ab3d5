"""What events are counted by, as text: an address, its network, a local actor without a name."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Callable, Optional, Sequence, Tuple, Union

from pamsignal.model import Address, AuthEvent

Network = Union[IPv4Network, IPv6Network]


@lru_cache(maxsize=4096)
def of_address(address: Address) -> Tuple[str, str]:
    """Return what is one source, and the network around it.

    An IPv4 address as it is and its /24; the /64 of an IPv6 address, which is what one customer gets (RFC 6177), and
    its /48.
    """
    if isinstance(address, IPv4Address):
        text = str(address)
        return text, text.rpartition(".")[0] + ".0/24"
    return str(ip_network((address, 64), strict=False)), str(ip_network((address, 48), strict=False))


def nameless(event: AuthEvent) -> Optional[str]:
    """Return who acts on this host where no name is known: the uid, or else the terminal."""
    return f"uid {event.user_id}" if event.user_id is not None else event.tty


def within(networks: Sequence[Network]) -> Callable[[Address], bool]:
    """Return a cached test whether an address lies in one of `networks`."""

    @lru_cache(maxsize=4096)
    def is_within(address: Address) -> bool:
        return any(address.version == one.version and address in one for one in networks)

    return is_within
