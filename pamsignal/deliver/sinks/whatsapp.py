"""WhatsApp, by Meta's Cloud API and a template message: free text reaches nobody who has not written within 24 hours.

The template has three places: the host, what happened, and the details.
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/template-messages
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import (
    Answer,
    Channel,
    Request,
    after_seconds,
    json_request,
    object_in,
    payload_of,
    result_of,
)
from pamsignal.deliver.sinks.fitting import fitted
from pamsignal.deliver.sinks.look import BOLD, Run
from pamsignal.errors import ConfigError
from pamsignal.model import Alert, Refused, Result, TryLater
from pamsignal.render import escape, text
from pamsignal.secret import Secret

TEXT_LIMIT = 900  # characters of the three values together; with the template's own words a body has 1024
_VALUE_LIMIT = 64
_TITLE_LIMIT = 300
_TOKEN = re.compile(r"[!-~]+")
_DIGITS = re.compile(r"[0-9]{5,20}")
_TEMPLATE = re.compile(r"[a-z0-9_]{1,512}")
_BLANKS = re.compile(r"(?<=   ) ")  # a value must not hold more than four blanks in a row

# https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
_LATER: Dict[object, str] = {
    4: "rate_limited",  # calls of the app
    80007: "rate_limited",  # calls of the business
    130429: "rate_limited",  # messages a second
    131048: "rate_limited",  # messages that were taken for spam
    131056: "rate_limited",  # messages to one person
    2: "server_error",
    131000: "server_error",
    131016: "server_error",
    131057: "server_error",  # in maintenance
}
_UNUSABLE: Dict[object, Tuple[str, str]] = {
    0: ("authentication", "the token is not valid any more"),
    3: ("authentication", "the token lacks the right whatsapp_business_messaging"),
    10: ("authentication", "the token lacks the right whatsapp_business_messaging"),
    33: ("client_error", "phone_number_id is not known"),
    190: ("authentication", "the token has expired; make one of a system user, which does not"),
    368: ("client_error", "Meta has blocked the account"),
    131005: ("authentication", "the token lacks the right whatsapp_business_messaging"),
    131030: ("client_error", "`to` is not among the numbers that a test account may write to"),
    131031: ("client_error", "Meta has locked the account"),
    131042: ("client_error", "there is trouble with the payment method"),
    132000: ("client_error", "the template does not have three places"),
    132001: ("client_error", "there is no such template in that language, or it is not approved yet"),
    132015: ("client_error", "Meta has paused the template"),
    132016: ("client_error", "Meta has switched the template off"),
    133010: ("client_error", "the number is not registered with the Cloud API"),
}


class Settings(NamedTuple):
    """`phone_number_id` names the number that sends, `to` is the one that gets it, with its country code."""

    token: Secret = Secret("")
    phone_number_id: str = ""
    to: str = ""
    template: str = ""
    language: str = "en_US"
    api_url: str = "https://graph.facebook.com/v23.0"
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_safe_url  # noqa: PLC0415 - urllib.parse, likewise

    for key, pattern, value in (
        ("token", _TOKEN, settings.token.reveal()),
        ("phone_number_id", _DIGITS, settings.phone_number_id),
        ("to", _DIGITS, settings.to.lstrip("+")),
        ("template", _TEMPLATE, settings.template),
    ):
        if pattern.fullmatch(value) is None:
            raise ConfigError(f"sinks.{name}.{key}: missing, or not of the form that Meta gives it")
    require_safe_url(f"sinks.{name}.api_url", Secret(settings.api_url))
    return HttpSink(name, channel(settings), settings.ca_file)


def channel(settings: Settings) -> Channel:
    """Return WhatsApp as pure functions."""
    url = Secret(f"{settings.api_url.rstrip('/')}/{settings.phone_number_id}/messages")
    headers = {"Authorization": Secret(f"Bearer {settings.token.reveal()}")}

    def request_for(alert: Alert, _now_seconds: int) -> Request:
        body = {"type": "body", "parameters": [{"type": "text", "text": value} for value in values_of(alert)]}
        payload = {
            "messaging_product": "whatsapp",
            "to": settings.to.lstrip("+"),
            "type": "template",
            "template": {
                "name": settings.template,
                "language": {"code": settings.language},
                "components": [body],
            },
        }
        return json_request(url, payload, headers)

    return Channel(request_for, _result_of, look_of=_look_of)


def _look_of(request: Request) -> Iterator[Run]:
    """Show what stands in the places of the template, whose own words Meta alone knows."""
    parameters = payload_of(request)["template"]["components"][0]["parameters"]
    for number, parameter in enumerate(parameters, 1):
        yield Run(f"{{{{{number}}}}} ", BOLD)
        yield Run(f"{parameter['text']}\n" if number < len(parameters) else parameter["text"])


def values_of(alert: Alert) -> Tuple[str, str, str]:
    """Return what stands in the template's places, each on one line: what does not fit is cut off its end."""
    host = _shown(alert.subject.hostname or "a host without a name", _VALUE_LIMIT)
    title = escape.cut(text.title(alert, _shown, _VALUE_LIMIT), _TITLE_LIMIT)
    room = TEXT_LIMIT - len(host) - len(title)
    details = fitted(lambda limit: text.details(alert, _shown, limit, " · "), lambda made: len(made) <= room)
    return host, title, escape.cut(details, room)


def _shown(value: str, limit: int) -> str:
    return escape.cut(_BLANKS.sub(r"\\x20", escape.for_any_markup(value, limit)), limit)


def _result_of(answer: Answer) -> Result:
    error = object_in(answer).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if answer.status < 300 or not isinstance(code, int):
        return result_of(answer)
    said = f"HTTP {answer.status}: code {code}"
    if code in _LATER:
        return TryLater(_LATER[code], said, after_seconds(answer), pause=True)
    if code in _UNUSABLE:
        reason, meaning = _UNUSABLE[code]
        return Refused(reason, f"{said}: {meaning}", pause=True)
    return result_of(answer, f"code {code}")
