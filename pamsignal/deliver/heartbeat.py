"""The heartbeat: a URL that is asked for from time to time, as long as pamsignal really sees.

Whoever answers there (a dead man's switch) tells somebody when no request comes: of a host that is down, a daemon that
was stopped, a journal that cannot be read, a network that is gone. A slow answer costs the watch nothing.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from pamsignal.deliver.courier import Courier
from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import Channel, Request, result_of
from pamsignal.model import Alert, Finding, Sent
from pamsignal.secret import Secret
from pamsignal.terms import Severity

NAME = "heartbeat"
_BEAT = Alert("", 0, Severity.INFO, NAME, Finding(NAME, "", 0))  # for a courier to carry; it is not sent


class Settings(NamedTuple):
    """`url` is asked for every `every_seconds`; without one there is no heartbeat."""

    url: Optional[Secret] = None
    every_seconds: int = 300
    ca_file: Optional[str] = None


class Heartbeat:
    """Call `tend` often. `trouble` says why the last beat was not heard, None if it was."""

    def __init__(self, courier: Optional[Courier], every_seconds: int) -> None:
        self.trouble: Optional[str] = None
        self._courier = courier
        self._every_us = every_seconds * 1_000_000
        self._beaten_us: Optional[int] = None

    def tend(self, now_us: int, *, sees: bool) -> None:
        """Take in how the last beat went, and send the next if it is due and pamsignal `sees`."""
        courier = self._courier
        if courier is None:
            return
        delivered = courier.collect()
        if delivered is not None:
            result = delivered.result
            self.trouble = None if isinstance(result, Sent) else f"{result.reason}: {result.detail}"
        is_due = self._beaten_us is None or not 0 <= now_us - self._beaten_us < self._every_us
        if sees and is_due and courier.offer((_BEAT,)):
            self._beaten_us = now_us


def build(settings: Settings, wake: Callable[[], None]) -> Heartbeat:
    """Return the heartbeat. ConfigError where the URL cannot be one."""
    if settings.url is None:
        return Heartbeat(None, settings.every_seconds)
    from pamsignal.deliver.sinks.safety import require_safe_url  # noqa: PLC0415 - urllib.parse, only if used

    require_safe_url("heartbeat.url", settings.url)
    return Heartbeat(Courier(_sink(settings.url, settings.ca_file), wake), settings.every_seconds)


def _sink(url: Secret, ca_file: Optional[str]) -> Sink:
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used

    def request_for(_alert: Alert, _now_seconds: int) -> Request:
        return Request(url, {}, b"", method="GET")

    return HttpSink(NAME, Channel(request_for, result_of), ca_file)
