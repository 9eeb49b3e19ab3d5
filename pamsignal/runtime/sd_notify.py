"""The service manager's notification protocol, sd_notify(3): readiness, status, reload, watchdog.

Where no service manager listens, every call does nothing. None ever raises: a daemon must not die of its status line.
"""

from __future__ import annotations

import _socket  # the C half of socket, which costs 0.3 MB less
import os
from typing import MutableMapping, Optional

_SEND_TIMEOUT_SECONDS = 1.0
_STATUS_CAP = 500


class Notifier:
    """Speaks to `address` (a path, or `@name` for an abstract socket; None: to nobody).

    `watchdog_us` is how long the service manager waits for a sign of life, None if it does not.
    """

    def __init__(self, address: Optional[str] = None, watchdog_us: Optional[int] = None) -> None:
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self.watchdog_us = watchdog_us
        self._fed_us: Optional[int] = None

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str]) -> Notifier:
        """Take what systemd left in `environ`, and take it out, so that no child speaks in our name."""
        address = environ.pop("NOTIFY_SOCKET", None)
        interval = environ.pop("WATCHDOG_USEC", "")
        pid = environ.pop("WATCHDOG_PID", None)
        ours = pid is None or pid == str(os.getpid())  # sd_watchdog_enabled(3)
        return cls(address, int(interval) if interval.isdigit() and int(interval) and ours else None)

    def ready(self, status: str) -> bool:
        """Say that start or reload is over."""
        return self._send(f"READY=1\nSTATUS={_one_line(status)}")

    def reloading(self, monotonic_us: int) -> bool:
        """Say that a reload begins; `ready` ends it. The time is required from systemd 253 on."""
        return self._send(f"RELOADING=1\nMONOTONIC_USEC={monotonic_us}")

    def stopping(self, status: str) -> bool:
        """Say that the end has begun."""
        return self._send(f"STOPPING=1\nSTATUS={_one_line(status)}")

    def status(self, status: str) -> bool:
        """Set the line that `systemctl status` shows."""
        return self._send(f"STATUS={_one_line(status)}")

    def failed(self, status: str, errno: int) -> bool:
        """Say why the start failed."""
        return self._send(f"STATUS={_one_line(status)}\nERRNO={errno}")

    def extend_timeout(self, by_us: int) -> bool:
        """Ask for `by_us` more before a long start counts as failed."""
        return self._send(f"EXTEND_TIMEOUT_USEC={by_us}")

    def feed_watchdog(self, monotonic_us: int) -> bool:
        """Give the sign of life, at most every half interval. Call it where work was done, and nowhere else."""
        if self.watchdog_us is None:
            return False
        if self._fed_us is not None and monotonic_us - self._fed_us < self.watchdog_us // 2:
            return False
        if not self._send("WATCHDOG=1"):
            return False  # tried again with the next turn
        self._fed_us = monotonic_us
        return True

    def _send(self, text: str) -> bool:
        """Send one datagram; True if the service manager has it."""
        if not self._address:
            return False
        sender = None
        try:
            sender = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC)
            sender.settimeout(_SEND_TIMEOUT_SECONDS)
            sender.connect(self._address)  # unconnected, waiting for a full queue would spin (unix(7), poll)
            sender.send(text.encode("utf-8", "backslashreplace"))
        except OSError:
            return False
        finally:
            if sender is not None:
                sender.close()
        return True


def _one_line(text: str) -> str:
    """Return `text` without line ends: each would begin another variable of the protocol."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:_STATUS_CAP])
