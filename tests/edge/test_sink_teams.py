"""Microsoft Teams, against a receiver that answers as a workflow does."""

from __future__ import annotations

import json

import pytest

from pamsignal.config import rules
from pamsignal.deliver.sinks import teams
from pamsignal.model import Refused, Sent
from pamsignal.secret import Secret
from tests.builders import a_login, an_alert
from tests.harness.receiver import Receiver, Reply


def delivered(*replies, alert=None):
    with Receiver(*replies) as receiver:
        result = teams.build("t", teams.Settings(Secret(receiver.url()))).deliver([alert or an_alert()])
        return result, [json.loads(request.body) for request in receiver.requests]


def test_a_workflow_that_accepts_has_it():
    result, [message] = delivered(Reply(202, body=b""))
    assert result == Sent()
    [attachment] = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["msteams"] == {"width": "Full"}
    first, second, *_ = attachment["content"]["body"]
    assert first["inlines"][0]["text"] == "🔵 Login: alice from 203.0.113.9 by publickey on web-01"
    assert [run["text"] for run in second["inlines"]] == ["User: ", "alice"]


def test_markdown_and_mentions_in_a_name_stay_text():
    _, [message] = delivered(alert=an_alert(subject=a_login(user="[click](https://evil.example) <at>all</at>")))
    card = message["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}  # TextBlock and FactSet read Markdown
    assert "entities" not in card["msteams"]
    assert card["body"][1]["inlines"][1]["text"] == "[click](https\\x3a//evil.example) <at>all</at>"


@pytest.mark.parametrize(
    ("status", "code", "said", "pause"),
    [
        (400, "WorkflowTriggerIsNotEnabled", "switched off", True),
        (404, "WorkflowNotFound", "deleted", True),
        (401, "DirectApiAuthorizationRequired", "copy it", True),
        (400, "TriggerInputSchemaMismatch", "HTTP 400", False),
        (400, {"not": "text"}, "HTTP 400", False),
    ],
)
def test_the_errors_of_a_workflow_are_told_apart(status, code, said, pause):
    body = json.dumps({"error": {"code": code, "message": "sig=secret"}}).encode()
    result, _ = delivered(Reply(status, body=body))
    assert isinstance(result, Refused)
    assert result.pause == pause
    assert said in result.detail
    assert "secret" not in result.detail


@pytest.mark.parametrize("host", ["x.webhook.office.com", "outlook.office.com", "outlook.office365.com"])
def test_a_retired_connector_is_refused_with_a_hint(host):
    assert "Workflows" in rules.url(f"https://{host}/webhookb2/x", {}).message
