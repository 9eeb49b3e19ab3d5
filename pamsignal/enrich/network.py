"""Which addresses are this host's own, which are nobody's on the internet, and which events never crossed a network.

The host's addresses come from the kernel's own lists below /proc/self/net: the usual way, netlink, is closed to the
service (RestrictAddressFamilies= in the unit).
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import FrozenSet, Iterator, Optional

from pamsignal.correlate.services import Kind, kind_of
from pamsignal.enrich.files import content_of
from pamsignal.model import Address, AuthEvent
from pamsignal.terms import Action, Method, Origin

_MOST_BYTES = 4 * 1024 * 1024  # fib_trie lists every route: a router with all of the internet's has 100 MB of them
_MOST_ADDRESSES = 4096
_LOCAL_V4 = re.compile(rb"\|-- ([0-9.]{7,15})(?:\n +/[^\n]*)*?\n +/32 host LOCAL$", re.MULTILINE)
_LOCAL_V6 = re.compile(rb"^([0-9a-f]{32}) ", re.MULTILINE)

# No country has these: RFC 6890 and its successors in IANA's special-purpose registries, without the blocks for
# documentation, which examples and tests may look up.
_NOBODYS = [
    (network.version, int(network.network_address), int(network.broadcast_address))
    for network in map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
            *("::/127", "100::/64", "fc00::/7", "fe80::/10", "ff00::/8"),
        ),
    )
]

# What a terminal in front of the machine, a serial line or an X display is called (tty(4), X(7)).
_CONSOLE = re.compile(
    r"(?:/dev/)?(?:console|(?:tty|ttyS|ttyAMA|ttyUSB|hvc|hvsi|xvc|sclp_line)[0-9]+)|:[0-9]+(?:\.[0-9]+)?"
)

_ARRIVALS = frozenset({Action.LOGIN_SUCCESS, Action.LOGIN_PARTIAL})
_UNSAID = frozenset({None, Method.PAM})


def own_addresses(folder: str) -> FrozenSet[Address]:
    """Return every address of every interface, after `fib_trie` and `if_inet6` in `folder`, /proc/self/net."""
    found = set()
    for ip in _listed(folder):
        found.add(ip)
        if len(found) == _MOST_ADDRESSES:
            break
    return frozenset(found)


def _listed(folder: str) -> Iterator[Address]:
    for match in _LOCAL_V4.finditer(content_of(f"{folder}/fib_trie", _MOST_BYTES)):
        try:
            yield ip_address(match[1].decode("ascii"))
        except ValueError:
            continue
    for match in _LOCAL_V6.finditer(content_of(f"{folder}/if_inet6", _MOST_BYTES)):
        yield IPv6Address(int(match[1], 16))


def is_somewhere(ip: Address) -> bool:
    """Tell whether `ip` can be at a place of the world: it is not private, loopback, link-local or multicast."""
    number, version = int(ip), ip.version
    return not any(version == block and first <= number <= last for block, first, last in _NOBODYS)


def origin_of(ip: Address, own: FrozenSet[Address]) -> Origin:
    """Return whether the other side of a connection is this host itself."""
    return Origin.OWN if ip in own or ip.is_loopback else Origin.REMOTE


def origin_without_address(event: AuthEvent) -> Optional[Origin]:
    """Return where an event without an address came from, None if it does not say.

    sshd writes UNKNOWN for the other side of an AF_UNIX or vsock socket (canohost.c), and then only its own word for
    the login counts: a session of PAM's has no address where sshd's line is missing.
    """
    if event.service == "sshd":
        is_told = event.action in _ARRIVALS and event.method not in _UNSAID
        return Origin.UNIX if is_told else None
    if event.source is None and (kind_of(event.service) is not Kind.LOGIN or _CONSOLE.fullmatch(event.tty or "")):
        return Origin.LOCAL
    return None
