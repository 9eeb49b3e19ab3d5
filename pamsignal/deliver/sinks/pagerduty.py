"""PagerDuty, by its Events API v2. A flood from one attacker is one incident; every login is one of its own.

https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
"""

from __future__ import annotations

import re
from typing import Any, Dict, NamedTuple, Optional

from pamsignal.deliver.classes import class_of
from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import Answer, Channel, Request, json_request, object_in, result_of
from pamsignal.deliver.sinks.fitting import fitted
from pamsignal.deliver.sinks.masking import redacted
from pamsignal.digest import identity
from pamsignal.errors import ConfigError
from pamsignal.model import Alert, Finding, Refused, Result
from pamsignal.render import escape, text, when, words
from pamsignal.secret import Secret
from pamsignal.terms import Severity

SUMMARY_LIMIT = 1024
_VALUE_LIMIT = 512  # keeps an event far below the limit of 512 KB
_ROUTING_KEY = re.compile(r"[0-9A-Za-z]{32}")

_SEVERITIES: Dict[Severity, str] = {
    Severity.INFO: "info",
    Severity.NOTICE: "info",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "critical",
}


class Settings(NamedTuple):
    """`routing_key` is a service's integration key; `api_url` is another one for accounts in the EU."""

    routing_key: Secret = Secret("")
    api_url: str = "https://events.pagerduty.com"
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_safe_url  # noqa: PLC0415 - urllib.parse, likewise

    if _ROUTING_KEY.fullmatch(settings.routing_key.reveal()) is None:
        raise ConfigError(f"sinks.{name}.routing_key: expected an integration key, 32 letters and digits")
    require_safe_url(f"sinks.{name}.api_url", Secret(settings.api_url))
    return HttpSink(name, channel(settings), settings.ca_file)


def channel(settings: Settings) -> Channel:
    """Return PagerDuty as pure functions."""
    url = Secret(f"{settings.api_url.rstrip('/')}/v2/enqueue")

    def request_for(alert: Alert, _now_seconds: int) -> Request:
        event = {"routing_key": settings.routing_key.reveal(), **event_of(alert)}
        return json_request(url, event, hidden=(settings.routing_key,))

    return Channel(request_for, lambda answer: _result_of(answer, settings.routing_key))


def event_of(alert: Alert) -> Dict[str, Any]:
    """Return the event without its key."""
    return {
        "event_action": "trigger",
        "dedup_key": dedup_key_of(alert),
        "client": "pamsignal",
        "payload": {
            "summary": summary_of(alert),
            "source": escape.for_plain_text(alert.subject.hostname or "unknown host", _VALUE_LIMIT),
            "severity": _SEVERITIES[alert.severity],
            "timestamp": when.timestamp(alert.time_us),
            "component": "authentication",
            "class": alert.rule,
            "custom_details": details_of(alert),
        },
    }


def details_of(alert: Alert) -> Dict[str, str]:
    """Return the fields by their labels, or the user's own words as one."""
    own = text.own_lines(alert, escape.for_plain_text, _VALUE_LIMIT)
    return {"Details": "\n".join(own)} if own else dict(text.shown_fields(alert, escape.for_plain_text, _VALUE_LIMIT))


def dedup_key_of(alert: Alert) -> str:
    """Return what joins alerts to one incident: the attack for attempts; nothing for what somebody achieved.

    An alert that joins an open incident pages nobody, so two logins must never be one.
    """
    subject = alert.subject
    if isinstance(subject, Finding) and words.of_rule(subject.rule).link and class_of(alert) == "noise":
        return identity(subject.hostname, subject.rule, subject.key)
    return alert.id


def summary_of(alert: Alert) -> str:
    """Return the line that the incident is called by."""
    return fitted(
        lambda limit: text.headline(alert, lambda value: escape.for_plain_text(value, limit)),
        lambda summary: len(summary) <= SUMMARY_LIMIT,
    )


def _result_of(answer: Answer, key: Secret) -> Result:
    errors = object_in(answer).get("errors")
    said = "; ".join(map(str, errors)) if isinstance(errors, list) else ""
    result = result_of(answer, redacted(said, key))
    if answer.status == 400 and "routing" in said.lower() and isinstance(result, Refused):
        return Refused("authentication", result.detail, pause=True)
    return result
