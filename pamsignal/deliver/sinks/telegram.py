"""Telegram, by the bot API's sendMessage. Every value stands in a code span, where Telegram links nothing.

https://core.telegram.org/bots/api#sendmessage
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, NamedTuple, Optional

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
from pamsignal.deliver.sinks.fitting import VALUE_LIMITS, utf16_units
from pamsignal.deliver.sinks.look import Run, by_tags
from pamsignal.deliver.sinks.masking import redacted
from pamsignal.errors import ConfigError
from pamsignal.model import Alert, Refused, Result, TryLater
from pamsignal.render import escape, text, words
from pamsignal.secret import Secret
from pamsignal.terms import Severity

TEXT_LIMIT = 4096  # characters after the entities are parsed; counted here in UTF-16 units, the stricter way
_TOKEN = re.compile(r"[0-9A-Za-z:_-]+")  # it becomes a part of the path


class Settings(NamedTuple):
    """`chat_id` is a number, or @NAME of a public channel; `thread_id` a topic of a group.

    `api_url` is for a Bot API server of one's own.
    """

    token: Secret = Secret("")
    chat_id: str = ""
    thread_id: Optional[int] = None
    api_url: str = "https://api.telegram.org"
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_safe_url  # noqa: PLC0415 - urllib.parse, likewise

    if _TOKEN.fullmatch(settings.token.reveal()) is None:
        raise ConfigError(f"sinks.{name}.token: not a bot token; BotFather gives it as 123456789:AAF-...")
    if not settings.chat_id:
        raise ConfigError(f"sinks.{name}.chat_id: missing; the number of the chat that the bot may write to")
    require_safe_url(f"sinks.{name}.api_url", Secret(settings.api_url))
    return HttpSink(name, channel(settings), settings.ca_file)


def channel(settings: Settings) -> Channel:
    """Return Telegram as pure functions."""
    url = Secret(f"{settings.api_url.rstrip('/')}/bot{settings.token.reveal()}/sendMessage")

    def request_for(alert: Alert, _now_seconds: int) -> Request:
        return _request(url, settings, alert, {"text": html_of(alert), "parse_mode": "HTML"})

    def second_request_for(alert: Alert, answer: Answer) -> Optional[Request]:
        if answer.status != 400 or b"can't parse entities" not in answer.body:
            return None
        plain = plain_of(alert)
        inert = {"type": "code", "offset": 0, "length": utf16_units(plain)}
        return _request(url, settings, alert, {"text": plain, "entities": [inert]})

    return Channel(request_for, lambda answer: _result_of(answer, settings.token), second_request_for, _look_of)


def _look_of(request: Request) -> Iterable[Run]:
    return by_tags(payload_of(request)["text"])


def html_of(alert: Alert) -> str:
    """Return the message in Telegram's HTML."""
    return _marked(alert, text.message(alert, _code, _value_limit(alert)))


def plain_of(alert: Alert) -> str:
    """Return the same message without markup, as the reader will see it."""
    return _marked(alert, text.message(alert, escape.for_terminal, _value_limit(alert)))


def _code(value: str, limit: int) -> str:
    return f"<code>{escape.for_telegram_html(value, limit)}</code>"


def _marked(alert: Alert, message: str) -> str:
    return f"{words.SEVERITY_MARKS[alert.severity]} {message}"


def _value_limit(alert: Alert) -> int:
    """Return the largest limit for values with which the message fits: fields shrink, the message is never torn."""
    for limit in VALUE_LIMITS:
        if utf16_units(_marked(alert, text.message(alert, escape.for_terminal, limit))) <= TEXT_LIMIT:
            return limit
    return VALUE_LIMITS[-1]


def _request(url: Secret, settings: Settings, alert: Alert, content: Dict[str, Any]) -> Request:
    payload = {
        "chat_id": settings.chat_id,
        **content,
        "disable_notification": alert.severity is Severity.INFO,
        "link_preview_options": {"is_disabled": True},
    }
    if settings.thread_id is not None:
        payload["message_thread_id"] = settings.thread_id
    return json_request(url, payload)


def _result_of(answer: Answer, token: Secret) -> Result:
    said = object_in(answer)
    parameters = said.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    description = redacted(str(said.get("description", "")), token)
    if answer.status == 429:  # flood control blocks the whole bot
        return TryLater("rate_limited", "HTTP 429", asked_seconds(parameters.get("retry_after"), answer), pause=True)
    if 400 <= answer.status < 500 and isinstance(parameters.get("migrate_to_chat_id"), int):
        new_id = parameters["migrate_to_chat_id"]
        return Refused("client_error", f"the group has moved; set chat_id to {new_id}", pause=True)
    result = result_of(answer, description)
    if answer.status == 404 and isinstance(result, Refused):
        return Refused("authentication", "HTTP 404: Telegram does not know this token", pause=True)
    if answer.status == 400 and isinstance(result, Refused) and "chat not found" in description:
        return result._replace(pause=True)  # every other alert would meet the same
    return result
