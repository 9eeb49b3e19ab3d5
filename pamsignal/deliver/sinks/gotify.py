"""Gotify, a server of one's own: the token goes in a header, never in the URL, which servers write into their logs.

https://gotify.net/api-docs
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import Channel, Request, json_request, result_of, titled
from pamsignal.model import Alert
from pamsignal.render import escape, text
from pamsignal.secret import Secret
from pamsignal.terms import Severity

_VALUE_LIMIT = 512  # Gotify names no limit of its own
_TITLE_VALUE_LIMIT = 64

_PRIORITIES: Dict[Severity, int] = {  # its Android app is silent below 4, and insists from 8 on
    Severity.INFO: 2,
    Severity.NOTICE: 5,
    Severity.WARNING: 7,
    Severity.CRITICAL: 10,
}


class Settings(NamedTuple):
    """`url` is the server's, `token` that of an application of it."""

    url: str = ""
    token: Secret = Secret("")
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_header, require_safe_url  # noqa: PLC0415 - likewise

    require_safe_url(f"sinks.{name}.url", Secret(settings.url))
    require_header(f"sinks.{name}.token", "X-Gotify-Key", settings.token)
    return HttpSink(name, channel(settings), settings.ca_file)


def channel(settings: Settings) -> Channel:
    """Return Gotify as pure functions."""
    url = Secret(f"{settings.url.rstrip('/')}/message")

    def request_for(alert: Alert, _now_seconds: int) -> Request:
        payload = {
            "title": title_of(alert),
            "message": message_of(alert),
            "priority": _PRIORITIES[alert.severity],
            "extras": {"client::display": {"contentType": "text/plain"}},
        }
        return json_request(url, payload, {"X-Gotify-Key": settings.token})

    return Channel(request_for, result_of, look_of=titled)


def title_of(alert: Alert) -> str:
    """Return the title."""
    return text.title(alert, escape.for_plain_text, _TITLE_VALUE_LIMIT)


def message_of(alert: Alert) -> str:
    """Return the message, one line per field."""
    return text.details(alert, escape.for_plain_text, _VALUE_LIMIT)
