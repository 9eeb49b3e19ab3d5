"""Which URLs and headers a sink may be given. The messages name the key, never the value: it may be a secret."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from pamsignal.errors import ConfigError
from pamsignal.secret import Secret

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


def require_safe_url(where: str, url: Secret, *, allow_insecure: bool = False) -> None:
    """Raise ConfigError unless `url` is https, or http to this very host. `where` is the key to name."""
    try:
        parts = urlsplit(url.reveal())
        host, _ = parts.hostname, parts.port  # the port is parsed on access, and may be wrong
    except ValueError:
        host = None
    if host is None or not url.reveal().isprintable():
        raise ConfigError(f"{where}: not a URL; expected https://HOST/PATH")
    if is_link_local(host):
        raise ConfigError(f"{where}: link-local addresses are refused; use the service's real address")
    if parts.scheme == "https" or (parts.scheme == "http" and (allow_insecure or is_loopback(host))):
        return
    raise ConfigError(f"{where}: must begin with https:// (plain http:// only to this host, or with allow_insecure)")


def require_header(where: str, name: str, value: Secret) -> None:
    """Raise ConfigError unless the pair can stand in a request."""
    if _HEADER_NAME.fullmatch(name) is None or _HEADER_VALUE.fullmatch(value.reveal()) is None:
        raise ConfigError(f"{where}: a header needs a name of RFC 9110 and a value of printable ASCII")


def is_link_local(host: str) -> bool:
    """Tell whether `host` is an address of the link only: where cloud hosts keep their credentials."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_link_local


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this very one."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
