"""WhatsApp, against a receiver that answers as Meta's Cloud API does."""

from __future__ import annotations

import json

import pytest

from pamsignal.deliver.sinks import whatsapp
from pamsignal.errors import ConfigError
from pamsignal.model import Refused, Sent, TryLater
from pamsignal.secret import Secret
from tests.builders import a_login, an_alert
from tests.harness.receiver import Receiver, Reply

GOOD = whatsapp.Settings(Secret("EAAcanary"), "106540352242922", "+15551234567", "pamsignal_alert")


def says(status, code):
    return Reply(status, body=json.dumps({"error": {"message": "EAAcanary", "type": "x", "code": code}}).encode())


def delivered(*replies, alert=None):
    with Receiver(*replies) as receiver:
        result = whatsapp.build("w", GOOD._replace(api_url=receiver.url("/v23.0"))).deliver([alert or an_alert()])
        return result, receiver.requests


def test_an_alert_is_a_template_with_three_values():
    result, [request] = delivered()
    message = json.loads(request.body)
    assert (result, request.path) == (Sent(), "/v23.0/106540352242922/messages")
    assert request.headers["authorization"] == "Bearer EAAcanary"
    assert (message["to"], message["type"]) == ("15551234567", "template")
    assert (message["template"]["name"], message["template"]["language"]) == ("pamsignal_alert", {"code": "en_US"})
    [body] = message["template"]["components"]
    host, headline, details = [parameter["text"] for parameter in body["parameters"]]
    assert host == "web-01"
    assert headline == "🔵 Login: alice from 203.0.113.9 by publickey on web-01"
    assert details.startswith("User: alice · From: 203.0.113.9 port 50022 · ")


def test_blanks_and_markup_of_a_name_are_spelled_out():
    _, headline, details = whatsapp.values_of(an_alert(subject=a_login(user="a      *b* ~c~ `d` @e https://f")))
    shown = "a   \\x20\\x20\\x20\\x2ab\\x2a \\x7ec\\x7e \\x60d\\x60 \\x40e https\\x3a//f"
    assert shown in details
    assert shown[:40] in headline


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, 131056, "rate_limited"),
        (429, 130429, "rate_limited"),
        (400, 80007, "rate_limited"),
        (400, 131048, "rate_limited"),
        (500, 131000, "server_error"),
        (503, 131016, "server_error"),
    ],
)
def test_what_meta_wants_later_holds_the_channel(status, code, reason):
    result, _ = delivered(says(status, code))
    assert result == TryLater(reason, f"HTTP {status}: code {code}", pause=True)


@pytest.mark.parametrize(
    ("status", "code", "reason", "pause"),
    [
        (401, 190, "authentication", True),
        (401, 0, "authentication", True),
        (500, 3, "authentication", True),
        (403, 200, "authentication", True),
        (400, 33, "client_error", True),
        (404, 132001, "client_error", True),
        (400, 132000, "client_error", True),
        (400, 132015, "client_error", True),
        (400, 131030, "client_error", True),
        (400, 131026, "client_error", False),
        (400, 100, "client_error", False),
        (400, "100", "client_error", False),
    ],
)
def test_what_meta_never_takes_is_refused_and_holds_the_channel_where_it_concerns_all(status, code, reason, pause):
    result, _ = delivered(says(status, code))
    assert isinstance(result, Refused)
    assert (result.reason, result.pause) == (reason, pause)
    assert "canary" not in result.detail


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"token": Secret("")}, "token"),
        ({"token": Secret("a\r\nb")}, "token"),
        ({"phone_number_id": "1/2"}, "phone_number_id"),
        ({"to": "nobody"}, "to"),
        ({"template": ""}, "template"),
        ({"api_url": "http://graph.example.org"}, "api_url"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, key):
    with pytest.raises(ConfigError, match=rf"^sinks\.w\.{key}: "):
        whatsapp.build("w", GOOD._replace(**changes))
