"""What a connection that failed means, for the sinks that hold one themselves."""

from __future__ import annotations

import _socket  # the C half of socket, which costs 0.7 MB less

from pamsignal.model import TryLater

BROKEN = "the connection broke off"


def later(error: OSError) -> TryLater:
    """Return why nothing went out; the channel is held, since every other alert would meet the same."""
    if isinstance(error, _socket.timeout):
        return TryLater("timeout", "no answer in time", pause=True)
    if isinstance(error, _socket.gaierror):
        return TryLater("network", "the host name cannot be resolved", pause=True)
    return TryLater("network", (error.strerror or BROKEN).lower(), pause=True)
