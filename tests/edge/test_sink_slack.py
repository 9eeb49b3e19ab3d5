"""Slack, against a receiver that answers as an incoming webhook does."""

from __future__ import annotations

import json
import re

import pytest

from pamsignal.deliver.sinks import slack
from pamsignal.model import Refused, Sent
from pamsignal.secret import Secret
from tests.builders import an_alert
from tests.harness.receiver import Receiver, Reply
from tests.unit.render.cases import CASES


def delivered(*replies, alert=None):
    with Receiver(*replies) as receiver:
        result = slack.build("s", slack.Settings(Secret(receiver.url()))).deliver([alert or an_alert()])
        return result, [json.loads(request.body) for request in receiver.requests]


def test_a_message_has_a_line_for_the_notification_and_one_section():
    result, [message] = delivered()
    assert result == Sent()
    assert message["text"] == "🔵 Login: alice from 203.0.113.9 by publickey on web-01"
    [block] = message["blocks"]
    assert block["text"]["verbatim"] is True
    assert block["text"]["text"].startswith(
        "🔵 Login: `alice` from `203.0.113.9` by publickey on `web-01`\nUser: `alice`\n"
    )


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_outside_code_spans_stand_only_words_of_ours(alert):
    outside = re.sub("`[^`]+`", "", slack.section_of(alert))
    assert not re.search(r"[<>&`*_~@\\]", outside)
    assert not re.search("[<>]", slack.notice_of(alert) + slack.section_of(alert))


@pytest.mark.parametrize(
    ("status", "body", "reason", "pause"),
    [
        (400, b"invalid_payload", "client_error", False),
        (400, b"invalid_token", "authentication", True),
        (403, b"invalid_token", "authentication", True),
        (404, b"no_service", "authentication", True),
        (404, b"channel_not_found", "authentication", True),
        (410, b"channel_is_archived", "gone", True),
    ],
)
def test_the_errors_of_slack_are_told_apart(status, body, reason, pause):
    result, _ = delivered(Reply(status, body=body))
    assert result == Refused(reason, f"HTTP {status}: {body.decode()}", pause=pause)


def test_any_other_words_of_a_server_are_not_repeated():
    result, _ = delivered(Reply(400, body=b"you posted to /services/T0/B0/secret"))
    assert result == Refused("client_error", "HTTP 400")
