"""Discord, against a receiver that answers as its webhooks do."""

from __future__ import annotations

import json
import re

import pytest

from pamsignal.deliver.sinks import discord
from pamsignal.model import Refused, Sent, TryLater
from pamsignal.secret import Secret
from pamsignal.terms import Severity
from tests.builders import an_alert
from tests.harness.receiver import Receiver, Reply
from tests.unit.render.cases import CASES


def says(status, **fields):
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(fields).encode())


def delivered(*replies, alert=None, query="", **settings):
    with Receiver(*replies) as receiver:
        chosen = discord.Settings(Secret(receiver.url("/api/webhooks/1/x") + query), **settings)
        result = discord.build("d", chosen).deliver([alert or an_alert()])
        return result, receiver.requests


def test_a_message_is_a_line_that_notifies_and_an_embed_and_mentions_nobody():
    result, [request] = delivered()
    message = json.loads(request.body)
    assert result == Sent()
    assert message["content"] == "🔵 Login: `alice` from `203.0.113.9` by publickey on `web-01`"
    assert message["embeds"][0]["description"].startswith("User: `alice`\nFrom: `203.0.113.9 port 50022`\n")
    assert message["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize(
    ("query", "settings", "path"),
    [
        ("", {}, "?wait=true"),
        ("?x=1", {}, "?x=1&wait=true"),
        ("", {"thread_id": "42"}, "?wait=true&thread_id=42"),
    ],
)
def test_the_answer_is_waited_for_and_a_thread_is_addressed(query, settings, path):
    _, [request] = delivered(query=query, **settings)
    assert request.path == f"/api/webhooks/1/x{path}"


@pytest.mark.parametrize(("severity", "flags"), [(Severity.INFO, 4096), (Severity.NOTICE, 0)])
def test_only_info_arrives_without_a_sound(severity, flags):
    _, [request] = delivered(alert=an_alert(severity=severity))
    assert json.loads(request.body)["flags"] == flags


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_outside_code_spans_stand_only_words_of_ours(alert):
    for shown in (discord.content_of(alert), discord.description_of(alert)):
        assert not re.search(r"[<>&`*_~@\\|#\[\]]", re.sub("`[^`]+`", "", shown))


@pytest.mark.parametrize(
    ("fields", "waited", "said"),
    [
        ({"retry_after": 0.65, "global": False}, 0.65, "HTTP 429"),
        ({"retry_after": 64.57, "global": True}, 64.57, "HTTP 429 (global)"),
        ({"retry_after": 10**9}, 3600.0, "HTTP 429"),
        ({"retry_after": "soon"}, None, "HTTP 429"),
        ({}, None, "HTTP 429"),
    ],
)
def test_the_wait_that_discord_asks_for_in_fractions_of_seconds_is_kept(fields, waited, said):
    result, _ = delivered(says(429, message="You are being rate limited.", **fields))
    assert result == TryLater("rate_limited", said, waited, pause=True)


def test_a_ban_by_the_network_in_front_of_discord_holds_the_channel():
    result, _ = delivered(Reply(429, {"Retry-After": "1800"}, b"error code: 1015"))
    assert result == TryLater("rate_limited", "HTTP 429", 1800.0, pause=True)


@pytest.mark.parametrize(
    ("status", "code", "pause"),
    [(404, 10015, True), (401, 50027, True), (400, 220001, True), (400, 50035, False), (403, 50013, True)],
)
def test_what_concerns_the_whole_channel_holds_it(status, code, pause):
    result, _ = delivered(says(status, code=code, message="at /api/webhooks/1/x"))
    assert isinstance(result, Refused)
    assert result.pause == pause
    assert "webhooks/1" not in result.detail
    assert result.detail != f"HTTP {status}"
