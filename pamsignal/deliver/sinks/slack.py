"""Slack, by an incoming webhook. Every value stands in a code span, which ends at a backtick and at nothing else.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Optional

from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import Answer, Channel, Request, json_request, payload_of, result_of
from pamsignal.deliver.sinks.fitting import fitted
from pamsignal.deliver.sinks.look import SLACK, Run, by_marks, unescaped
from pamsignal.model import Alert, Refused, Result
from pamsignal.render import escape, text, words
from pamsignal.secret import Secret

SECTION_LIMIT = 3000  # characters of one section's text, escapes included
_ERROR_WORD = re.compile(rb"[a-z_]{1,60}")  # Slack's own errors; anything else may echo our URL
_UNUSABLE = ("invalid_token", "no_service", "no_active_hooks", "channel_not_found", "channel_is_archived")


class Settings(NamedTuple):
    """`url` is the webhook's whole address, which is its key as well."""

    url: Secret = Secret("")
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_safe_url  # noqa: PLC0415 - urllib.parse, likewise

    require_safe_url(f"sinks.{name}.url", settings.url)
    return HttpSink(name, channel(settings), settings.ca_file)


def channel(settings: Settings) -> Channel:
    """Return Slack as pure functions."""

    def request_for(alert: Alert, _now_seconds: int) -> Request:
        payload = {
            "text": notice_of(alert),
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
            "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": section_of(alert), "verbatim": True}}],
        }
        return json_request(settings.url, payload)

    return Channel(request_for, _result_of, look_of=_look_of)


def _look_of(request: Request) -> Iterator[Run]:
    section = payload_of(request)["blocks"][0]["text"]["text"]
    return (run._replace(text=unescaped(run.text)) for run in by_marks(section, SLACK))


def notice_of(alert: Alert) -> str:
    """Return the line of the notification, which Slack shows where it does not show blocks."""
    return text.title(alert, escape.for_slack, escape.VALUE_LIMIT)


def section_of(alert: Alert) -> str:
    """Return the whole message in mrkdwn, its values as long as the section holds."""
    mark = words.SEVERITY_MARKS[alert.severity]
    return fitted(
        lambda limit: f"{mark} {text.message(alert, _code, limit)}", lambda section: len(section) <= SECTION_LIMIT
    )


def _code(value: str, limit: int) -> str:
    return f"`{escape.for_slack(value, limit)}`"


def _result_of(answer: Answer) -> Result:
    word = answer.body.strip().decode("ascii") if _ERROR_WORD.fullmatch(answer.body.strip()) else ""
    result = result_of(answer, word)
    if word in _UNUSABLE and isinstance(result, Refused):
        return result._replace(reason="gone" if answer.status == 410 else "authentication", pause=True)
    return result
