"""Discord, by a webhook: a line that notifies, and an embed with the rest. Every value stands in a code span.

https://docs.discord.com/developers/resources/webhook#execute-webhook
"""

from __future__ import annotations

from typing import Dict, Iterator, NamedTuple, Optional

from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import (
    Answer,
    Channel,
    Request,
    asked_seconds,
    json_request,
    object_in,
    payload_of,
    result_of,
)
from pamsignal.deliver.sinks.fitting import fitted, utf16_units
from pamsignal.deliver.sinks.look import DISCORD, Run, by_marks
from pamsignal.model import Alert, Refused, Result, TryLater
from pamsignal.render import escape, text
from pamsignal.secret import Secret
from pamsignal.terms import Severity

CONTENT_LIMIT = 2000  # characters; counted here in UTF-16 units, the stricter way
DESCRIPTION_LIMIT = 4096
_SUPPRESS_NOTIFICATIONS = 1 << 12  # a flag of a message: it comes without a sound

_COLORS: Dict[Severity, int] = {  # as in the marks of the severities
    Severity.INFO: 0xE6E7E8,
    Severity.NOTICE: 0x55ACEE,
    Severity.WARNING: 0xF4900C,
    Severity.CRITICAL: 0xDD2E44,
}
# Error codes that speak of the whole channel; Discord's own words are not repeated, they may hold the URL.
_UNUSABLE: Dict[object, str] = {
    10003: "Discord does not know the channel or thread_id",
    10015: "Discord does not know this webhook any more; make a new one",
    50027: "the token in the URL is wrong; copy the URL again",
    220001: "the webhook is of a forum; name a post with thread_id",
}


class Settings(NamedTuple):
    """`url` is the webhook's whole address, which is its key as well; `thread_id` a thread, or a post of a forum."""

    url: Secret = Secret("")
    thread_id: Optional[str] = None
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_safe_url  # noqa: PLC0415 - urllib.parse, likewise

    require_safe_url(f"sinks.{name}.url", settings.url)
    return HttpSink(name, channel(settings), settings.ca_file)


def channel(settings: Settings) -> Channel:
    """Return Discord as pure functions."""
    address = settings.url.reveal()
    thread = f"&thread_id={settings.thread_id}" if settings.thread_id else ""
    # Without `wait` Discord answers before it has looked at the message, and hides what is wrong with it.
    url = Secret(f"{address}{'&' if '?' in address else '?'}wait=true{thread}")

    def request_for(alert: Alert, _now_seconds: int) -> Request:
        payload = {
            "content": content_of(alert),
            "embeds": [{"description": description_of(alert), "color": _COLORS[alert.severity]}],
            "allowed_mentions": {"parse": []},
            "flags": _SUPPRESS_NOTIFICATIONS if alert.severity is Severity.INFO else 0,
        }
        return json_request(url, payload)

    return Channel(request_for, _result_of, look_of=_look_of)


def _look_of(request: Request) -> Iterator[Run]:
    """Show the embed as Discord does, behind a bar."""
    payload = payload_of(request)
    lines = payload["embeds"][0]["description"].split("\n")
    return by_marks("\n┃ ".join([payload["content"], *lines]), DISCORD)


def content_of(alert: Alert) -> str:
    """Return the line that stands first, and in the notification."""
    return fitted(
        lambda limit: text.title(alert, _code, limit),
        lambda content: utf16_units(content) <= CONTENT_LIMIT,
    )


def description_of(alert: Alert) -> str:
    """Return the text of the embed, one line per field."""
    return fitted(
        lambda limit: text.details(alert, _code, limit),
        lambda description: utf16_units(description) <= DESCRIPTION_LIMIT,
    )


def _code(value: str, limit: int) -> str:
    return f"`{escape.for_code_span(value, limit)}`"


def _result_of(answer: Answer) -> Result:
    said = object_in(answer)
    code = said.get("code")
    if answer.status == 429:
        detail = f"HTTP 429{' (global)' if said.get('global') is True else ''}"
        return TryLater("rate_limited", detail, asked_seconds(said.get("retry_after"), answer), pause=True)
    meaning = _UNUSABLE.get(code, "") if isinstance(code, int) else ""
    result = result_of(answer, meaning or (f"code {code}" if isinstance(code, int) and code else ""))
    return result._replace(pause=True) if meaning and isinstance(result, Refused) else result
