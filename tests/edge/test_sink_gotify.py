"""Gotify, against a receiver."""

from __future__ import annotations

import json

import pytest

from pamsignal.deliver.sinks import gotify
from pamsignal.errors import ConfigError
from pamsignal.model import Sent
from pamsignal.secret import Secret
from tests.builders import an_alert
from tests.harness.receiver import Receiver


@pytest.mark.parametrize(("base", "path"), [("", "/message"), ("/", "/message"), ("/sub/", "/sub/message")])
def test_a_message_is_plain_text_and_the_token_stays_out_of_the_path(base, path):
    with Receiver() as receiver:
        sink = gotify.build("g", gotify.Settings(receiver.url(base), Secret("AxYz")))
        assert sink.deliver([an_alert()]) == Sent()
        [request] = receiver.requests
    message = json.loads(request.body)
    assert request.path == path
    assert request.headers["x-gotify-key"] == "AxYz"
    assert message["title"] == "🔵 Login: alice from 203.0.113.9 by publickey on web-01"
    assert message["message"].startswith("User: alice\n")
    assert message["priority"] == 5
    assert message["extras"] == {"client::display": {"contentType": "text/plain"}}


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (gotify.Settings("https://gotify.example.org", Secret("")), "token"),
        (gotify.Settings("https://gotify.example.org", Secret("a\nb")), "token"),
        (gotify.Settings("http://gotify.example.org", Secret("x")), "url"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, key):
    with pytest.raises(ConfigError, match=rf"^sinks\.g\.{key}: "):
        gotify.build("g", settings)
