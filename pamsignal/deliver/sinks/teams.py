"""Microsoft Teams, by a workflow that posts what it gets: an Adaptive Card whose texts know no markup.

Teams reads Markdown in a card's TextBlock and FactSet; in the text runs used here it reads none, so nothing that
somebody chose becomes a link, a list or a mention.
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import Answer, Channel, Request, json_request, object_in, payload_of, result_of
from pamsignal.deliver.sinks.fitting import fitted
from pamsignal.deliver.sinks.look import BOLD, CODE, PLAIN, Run
from pamsignal.model import Alert, Refused, Result
from pamsignal.render import escape, text
from pamsignal.secret import Secret
from pamsignal.terms import Severity

BODY_BYTES = 28_000  # Teams takes messages of about 28 KB

_COLORS: Dict[Severity, str] = {  # of the schema of Adaptive Cards
    Severity.INFO: "Default",
    Severity.NOTICE: "Accent",
    Severity.WARNING: "Warning",
    Severity.CRITICAL: "Attention",
}
# Error codes of Power Automate; its own words are not repeated, they may hold the URL.
_UNUSABLE: Dict[object, str] = {
    "DirectApiAuthorizationRequired": "the URL is cut or changed; copy it from the workflow again",
    "InvalidAuthenticationToken": "the URL is cut or changed; copy it from the workflow again",
    "WorkflowNotFound": "the workflow was deleted; make a new one, and put its URL in",
    "WorkflowTriggerIsNotEnabled": "the workflow was switched off or deleted; switch it on in Teams, under Workflows",
}


class Settings(NamedTuple):
    """`url` is the workflow's whole address, which is its key as well."""

    url: Secret = Secret("")
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_safe_url  # noqa: PLC0415 - urllib.parse, likewise

    require_safe_url(f"sinks.{name}.url", settings.url)
    return HttpSink(name, channel(settings), settings.ca_file)


def channel(settings: Settings) -> Channel:
    """Return Teams as pure functions."""

    def request_for(alert: Alert, _now_seconds: int) -> Request:
        return fitted(
            lambda limit: json_request(settings.url, message_of(alert, limit)),
            lambda request: len(request.body) <= BODY_BYTES,
        )

    return Channel(request_for, _result_of, look_of=_look_of)


def _look_of(request: Request) -> Iterator[Run]:
    card = payload_of(request)["attachments"][0]["content"]
    for number, paragraph in enumerate(card["body"]):
        if number:
            yield Run("\n")
        for run in paragraph["inlines"]:
            style = BOLD if run.get("weight") == "Bolder" else CODE if run.get("fontType") == "Monospace" else PLAIN
            yield Run(run["text"], style)


def message_of(alert: Alert, limit: int) -> Dict[str, Any]:
    """Return what the workflow wants: a message with one card, values of at most `limit` code points in it."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "msteams": {"width": "Full"},
        "body": body_of(alert, limit),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def body_of(alert: Alert, limit: int) -> List[Dict[str, Any]]:
    """Return the paragraphs of the card."""
    own = text.own_lines(alert, escape.for_plain_text, limit)
    if own:
        return [_headline(alert, limit), *({**_paragraph({"text": line}), "spacing": "None"} for line in own)]
    fields = text.shown_fields(alert, escape.for_plain_text, limit)
    return [_headline(alert, limit), *(_line(label, value) for label, value in fields)]


def _headline(alert: Alert, limit: int) -> Dict[str, Any]:
    title = text.title(alert, escape.for_plain_text, limit)
    return _paragraph({"text": title, "weight": "Bolder", "color": _COLORS[alert.severity]})


def _line(label: str, value: str) -> Dict[str, Any]:
    return {
        **_paragraph({"text": f"{label}: ", "isSubtle": True}, {"text": value, "fontType": "Monospace"}),
        "spacing": "None",
    }


def _paragraph(*runs: Dict[str, Any]) -> Dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", **run} for run in runs]}


def _result_of(answer: Answer) -> Result:
    error = object_in(answer).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    meaning = _UNUSABLE.get(code, "") if isinstance(code, str) else ""
    result = result_of(answer, meaning)
    return result._replace(pause=True) if meaning and isinstance(result, Refused) else result
