"""ntfy, as JSON to the server's root: headers could carry nothing but ASCII.

https://docs.ntfy.sh/publish/#publish-as-json
"""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional

from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import Answer, Channel, Request, json_request, object_in, result_of, titled
from pamsignal.deliver.sinks.fitting import fitted
from pamsignal.deliver.sinks.masking import redacted
from pamsignal.errors import ConfigError
from pamsignal.model import Alert, Result
from pamsignal.render import escape, text
from pamsignal.secret import Secret
from pamsignal.terms import Severity

MESSAGE_BYTES = 4096  # a longer message becomes a file to download
BODY_BYTES = 2 * MESSAGE_BYTES  # all that the server reads of a request in JSON
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_TITLE_VALUE_LIMIT = 64

_PRIORITIES: Dict[Severity, int] = {  # https://docs.ntfy.sh/publish/#message-priority
    Severity.INFO: 2,
    Severity.NOTICE: 3,
    Severity.WARNING: 4,
    Severity.CRITICAL: 5,
}


class Settings(NamedTuple):
    """`url` is the server's. Who knows `topic` can read it where the server asks for no `token`: it is a secret."""

    topic: Secret = Secret("")
    url: str = "https://ntfy.sh"
    token: Optional[Secret] = None
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_header, require_safe_url  # noqa: PLC0415 - likewise

    if _TOPIC.fullmatch(settings.topic.reveal()) is None:
        raise ConfigError(f"sinks.{name}.topic: expected at most 64 letters, digits, _ and -")
    require_safe_url(f"sinks.{name}.url", Secret(settings.url))
    if settings.token is not None:
        require_header(f"sinks.{name}.token", "Authorization", settings.token)
    return HttpSink(name, channel(settings), settings.ca_file)


def channel(settings: Settings) -> Channel:
    """Return ntfy as pure functions."""
    token = settings.token
    headers = {} if token is None else {"Authorization": Secret(f"Bearer {token.reveal()}")}

    def request_with(alert: Alert, limit: int) -> Request:
        payload = {
            "topic": settings.topic.reveal(),
            "title": title_of(alert, min(limit, _TITLE_VALUE_LIMIT)),
            "message": message_of(alert, limit),
            "priority": _PRIORITIES[alert.severity],
        }
        return json_request(Secret(settings.url), payload, headers, (settings.topic,))

    def request_for(alert: Alert, _now_seconds: int) -> Request:
        return fitted(lambda limit: request_with(alert, limit), lambda request: len(request.body) <= BODY_BYTES)

    return Channel(request_for, lambda answer: _result_of(answer, settings), look_of=titled)


def title_of(alert: Alert, limit: int = _TITLE_VALUE_LIMIT) -> str:
    """Return the title, values of at most `limit` code points in it."""
    return text.title(alert, escape.for_plain_text, limit)


def message_of(alert: Alert, limit: int) -> str:
    """Return the message, one line per field, values of at most `limit` code points or less."""
    return fitted(
        lambda fitting: text.details(alert, escape.for_plain_text, min(fitting, limit)),
        lambda message: len(message.encode()) <= MESSAGE_BYTES,
    )


def _result_of(answer: Answer, settings: Settings) -> Result:
    secrets = (settings.topic,) if settings.token is None else (settings.topic, settings.token)
    return result_of(answer, redacted(str(object_in(answer).get("error", "")), *secrets))
