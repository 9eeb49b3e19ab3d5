"""Text to network address. A miss is None: a wrong address is worse than none.

Cached, because an attacker's address comes thousands of times; bounded, because the attacker chooses the text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Optional

from pamsignal.model import Address, Endpoint

_LONGEST_ADDRESS = 64  # 45 for the longest IPv6 text (RFC 4291 section 2.2), brackets, and a zone id (RFC 4007)
_LONGEST_HOST = 253
_LONGEST_PORT = 5
_HOST_NAME = re.compile(r"(?=[0-9.-]*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})")  # RFC 1035 section 2.3.4
_new = tuple.__new__  # half the time of Endpoint(…), for every connection
_NO_HOST = "UNKNOWN"  # what sshd prints where the other side is not a socket (canohost.c)


def address(text: str) -> Optional[Address]:
    """Return the address that `text` spells, without brackets and zone id, an IPv4-mapped one as IPv4."""
    if len(text) > _LONGEST_ADDRESS:
        return None
    return _address(text)


@lru_cache(maxsize=4096)
def _address(text: str) -> Optional[Address]:
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def port(text: Optional[str]) -> Optional[int]:
    """Return a TCP port, 1 to 65535, or None."""
    if text is None or len(text) > _LONGEST_PORT or not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if 0 < number < 65536 else None


def endpoint(ip_text: str, port_text: Optional[str] = None) -> Optional[Endpoint]:
    """Return the side of a connection that a line names: by address, else by host name (sshd with UseDNS yes)."""
    if len(ip_text) > _LONGEST_HOST:
        return None
    return _endpoint(ip_text, port_text if port_text is not None and len(port_text) <= _LONGEST_PORT else None)


# A connection writes up to a dozen lines with the same address and port.
@lru_cache(maxsize=512)
def _endpoint(ip_text: str, port_text: Optional[str]) -> Optional[Endpoint]:
    ip = address(ip_text)
    if ip is not None:
        return _new(Endpoint, (ip, port(port_text), None))
    if ip_text != _NO_HOST and _HOST_NAME.fullmatch(ip_text):
        return Endpoint(None, port(port_text), ip_text)
    return None
