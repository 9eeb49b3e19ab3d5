"""ntfy, against a receiver that answers as its server does."""

from __future__ import annotations

import json

import pytest

from pamsignal.config import rules
from pamsignal.deliver.sinks import ntfy
from pamsignal.errors import ConfigError
from pamsignal.model import Refused, Sent, TryLater
from pamsignal.secret import Secret
from pamsignal.terms import Severity
from tests.builders import an_alert
from tests.harness.receiver import Receiver, Reply

TOPIC = "pamsignal-canary"


def says(status, code, error):
    return Reply(status, body=json.dumps({"code": code, "http": status, "error": error}).encode())


def delivered(*replies, alert=None, **settings):
    with Receiver(*replies) as receiver:
        chosen = ntfy.Settings(Secret(TOPIC), receiver.url("/"))._replace(**settings)
        result = ntfy.build("n", chosen).deliver([alert or an_alert()])
        return result, receiver.requests


def test_a_message_is_json_to_the_root_of_the_server():
    result, [request] = delivered()
    message = json.loads(request.body)
    assert (result, request.path) == (Sent(), "/")
    assert message["topic"] == TOPIC
    assert message["title"] == "🔵 Login: alice from 203.0.113.9 by publickey on web-01"
    assert message["message"].startswith("User: alice\nFrom: 203.0.113.9 port 50022\n")
    assert "authorization" not in request.headers
    assert "markdown" not in message


def test_a_token_goes_into_a_header():
    _, [request] = delivered(token=Secret("tk_x"))
    assert request.headers["authorization"] == "Bearer tk_x"


@pytest.mark.parametrize(
    ("severity", "priority"),
    [(Severity.INFO, 2), (Severity.NOTICE, 3), (Severity.WARNING, 4), (Severity.CRITICAL, 5)],
)
def test_the_severity_is_the_priority(severity, priority):
    _, [request] = delivered(alert=an_alert(severity=severity))
    assert json.loads(request.body)["priority"] == priority


def test_a_quota_that_is_used_up_is_for_later_and_said():
    result, _ = delivered(says(429, 42908, "limit reached: daily message quota reached"))
    assert result == TryLater("rate_limited", "HTTP 429: limit reached: daily message quota reached", pause=True)


def test_the_words_of_the_server_are_kept_but_not_our_topic_in_them():
    result, _ = delivered(says(403, 40301, f"forbidden: {TOPIC}"))
    assert result == Refused("authentication", "HTTP 403: forbidden: ***", pause=True)


@pytest.mark.parametrize("topic", ["", "a/b", "a b", "x" * 65, "https://ntfy.sh/x", "ü"])
def test_a_topic_that_is_none_is_refused_and_not_shown(topic):
    assert rules.ntfy_topic(topic, {}).level == "error"
    with pytest.raises(ConfigError, match=r"^sinks\.n\.topic: expected at most 64 letters, digits, _ and -$"):
        ntfy.build("n", ntfy.Settings(Secret(topic)))


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://ntfy.sh", True),
        ("https://ntfy.sh/", True),
        ("https://ntfy.sh/logins", False),
        ("http://ntfy.example.org", False),
    ],
)
def test_the_server_is_named_without_the_topic(url, is_good):
    assert (rules.server_url(url, {}) is None) == is_good


def test_a_topic_is_taken():
    assert rules.ntfy_topic(TOPIC, {}) is None


def test_a_token_that_would_break_the_header_is_refused():
    with pytest.raises(ConfigError, match=r"^sinks\.n\.token: "):
        ntfy.build("n", ntfy.Settings(Secret(TOPIC), token=Secret("a\r\nb")))
