"""What the services take, as they publish it: each function yields what the service would have against a request.

They stand in for services that cannot run here, so they are stricter where a service leaves room: lengths are those of
the documentation, and text that somebody else chose may not do anything at all.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, Callable, Dict, Iterator, List

from tests.harness.receiver import Received

Complaints = Iterator[str]

LIVELY = re.compile(r"@everyone|@here|<[@#!]|\]\(|https?://|www\.", re.IGNORECASE)


def complaints_of(kind: str, request: Received) -> List[str]:
    """Return what the service of a sink of type `kind` has against `request`."""
    return [*_no_json(request), *SERVICES[kind](request, json.loads(request.body))]


def _no_json(request: Received) -> Complaints:
    if not request.headers["content-type"].startswith("application/json"):
        yield "not declared as JSON"


def _longer(name: str, text: str, limit: int) -> Complaints:
    if not 1 <= len(text) <= limit:
        yield f"{name}: {len(text)} characters of 1 to {limit}"


def _lively(name: str, text: str) -> Complaints:
    found = LIVELY.search(text)
    if found:
        yield f"{name}: {found[0]} would come to life"


def outside_code(text: str) -> str:
    """Return what stands outside code spans of Markdown."""
    return re.sub("`[^`]+`", "", text)


def telegram(_request: Received, message: Dict[str, Any]) -> Complaints:
    parsed = html.unescape(re.sub("</?code>", "", message["text"]))
    if not 1 <= len(parsed.encode("utf-16-le")) // 2 <= 4096:
        yield "message is too long"
    yield from _lively("text", re.sub("<code>.*?</code>", "", message["text"]))


def slack(_request: Received, message: Dict[str, Any]) -> Complaints:
    yield from _longer("text", message["text"], 4000)
    if len(message["blocks"]) > 50:
        yield "too many blocks"
    for block in message["blocks"]:
        yield from _longer("section", block["text"]["text"], 3000)
        yield from _lively("section", outside_code(block["text"]["text"]))


def discord(request: Received, message: Dict[str, Any]) -> Complaints:
    if "wait=true" not in request.path:
        yield "nobody waits for the answer"
    yield from _longer("content", message["content"], 2000)
    descriptions = [embed["description"] for embed in message["embeds"]]
    for description in descriptions:
        yield from _longer("description", description, 4096)
    if len(descriptions) > 10 or sum(map(len, descriptions)) > 6000:
        yield "too much in the embeds"
    if message.get("allowed_mentions") != {"parse": []}:
        yield "mentions are allowed"
    for text in (message["content"], *descriptions):
        yield from _lively("outside code", outside_code(text))


def teams(request: Received, message: Dict[str, Any]) -> Complaints:
    if len(request.body) > 28 * 1024:
        yield "too large"
    for attachment in message["attachments"]:
        if attachment["contentType"] != "application/vnd.microsoft.card.adaptive":
            yield "no adaptive card"
        card = attachment["content"]
        if (card["type"], card["version"]) != ("AdaptiveCard", "1.2"):
            yield "another version than Teams shows everywhere"
        for block in card["body"]:
            if block["type"] != "RichTextBlock":
                yield f"{block['type']} reads Markdown"
            for run in block["inlines"]:
                yield from _longer("run", run["text"], 28 * 1024)


def ntfy(request: Received, message: Dict[str, Any]) -> Complaints:
    if len(request.body) > 8192:
        yield "more JSON than the server reads"
    if not 1 <= len(message["message"].encode()) <= 4096:
        yield "the message becomes an attachment"
    if not re.fullmatch("[-_A-Za-z0-9]{1,64}", message["topic"]) or message["priority"] not in range(1, 6):
        yield "topic or priority is invalid"
    yield from _linked(message["title"], message["message"])


def gotify(request: Received, message: Dict[str, Any]) -> Complaints:
    if "x-gotify-key" not in request.headers or "token" in request.path:
        yield "the token is not in the header"
    if message["priority"] not in range(11) or not message["message"]:
        yield "no priority or no message"
    yield from _linked(message["title"], message["message"])


def pagerduty(request: Received, event: Dict[str, Any]) -> Complaints:
    payload = event["payload"]
    if len(request.body) > 512_000 or len(event["routing_key"]) != 32 or event["event_action"] != "trigger":
        yield "Event object is invalid"
    yield from _longer("summary", payload["summary"], 1024)
    yield from _longer("dedup_key", event["dedup_key"], 255)
    if payload["severity"] not in {"critical", "error", "warning", "info"} or not payload["source"]:
        yield "severity or source is invalid"
    yield from _linked(payload["summary"], *payload["custom_details"].values())


def whatsapp(_request: Received, message: Dict[str, Any]) -> Complaints:
    (body,) = message["template"]["components"]
    values = [parameter["text"] for parameter in body["parameters"]]
    if (message["messaging_product"], message["type"], len(values)) != ("whatsapp", "template", 3):
        yield "132000: number of parameters does not match"
    if sum(map(len, values)) > 1024 - 100:
        yield "132005: translated text too long"
    for value in values:
        if not value or re.search(r"[\n\t]| {5}", value):
            yield "100: newline, tab or more than 4 consecutive spaces, or nothing"
        yield from _lively("value", value)


def webhook(request: Received, _document: Dict[str, Any]) -> Complaints:
    if len(request.body) >= 20_000:
        yield "larger than Standard Webhooks want"


def _linked(*texts: str) -> Complaints:
    """Yield what an app that makes links of addresses would make a link."""
    for text in texts:
        found = re.search(r"://|www\.", text, re.IGNORECASE)
        if found:
            yield f"{found[0]} becomes a link"


SERVICES: Dict[str, Callable[[Received, Dict[str, Any]], Complaints]] = {
    "telegram": telegram,
    "slack": slack,
    "discord": discord,
    "teams": teams,
    "ntfy": ntfy,
    "gotify": gotify,
    "pagerduty": pagerduty,
    "whatsapp": whatsapp,
    "webhook": webhook,
}
