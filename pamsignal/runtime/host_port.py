"""An address and a port as people write them: 127.0.0.1:9814, [::1]:9814."""

from __future__ import annotations

from typing import NamedTuple


class HostPort(NamedTuple):
    """Where to listen."""

    host: str
    port: int


def host_port_of(text: str) -> HostPort:
    """Take `text` apart. ValueError if it is no such; whether the host is one, is for others to say."""
    host, _, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if is_bracketed == (":" in host) and port.isascii() and port.isdigit():
        return HostPort(host.strip("[]"), int(port))
    raise ValueError(text)
