"""Apprise, the real library, by its json:// service against a receiver."""

from __future__ import annotations

import json
import re
import sys

import pytest

from pamsignal.config import rules
from pamsignal.deliver.sinks import apprise
from pamsignal.errors import ConfigError
from pamsignal.model import Sent, TryLater
from pamsignal.secret import Secret
from pamsignal.terms import Severity
from tests.builders import a_login, an_alert
from tests.harness.receiver import Receiver, Reply
from tests.harness.web import unused_port
from tests.unit.render.cases import CASES

CANARY = "c4n4ry"


def url_of(receiver, query=""):
    return receiver.url("/hook").replace("http://", f"json://user:{CANARY}@") + query


def delivered(*replies, alert=None, query=""):
    with Receiver(*replies) as receiver:
        sink = apprise.build("a", apprise.Settings(Secret(url_of(receiver, query))))
        return sink.deliver([alert or an_alert()]), [json.loads(request.body) for request in receiver.requests]


def test_a_service_gets_title_and_text():
    result, [message] = delivered()
    assert result == Sent()
    assert message["title"] == "🔵 Login: alice from 203.0.113.9 by publickey on web-01"
    assert message["message"].startswith("User: alice\nFrom: 203.0.113.9 port 50022\n")


@pytest.mark.parametrize(
    ("severity", "word"),
    [(Severity.INFO, "info"), (Severity.NOTICE, "info"), (Severity.WARNING, "warning"), (Severity.CRITICAL, "failure")],
)
def test_the_severity_is_the_type(severity, word):
    _, [message] = delivered(alert=an_alert(severity=severity))
    assert message["type"] == word


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_no_markup_that_is_widely_known_survives(alert):
    shown = f"{apprise.title_of(alert)}\n{apprise.body_of(alert)}"
    assert not re.search(r"[@<>`*~|]|\]\(|://|www\.", shown, re.IGNORECASE)


def test_a_long_message_is_one_message():
    name = "x" * 65536
    result, messages = delivered(alert=an_alert(subject=a_login(user=name, command=name, reason=name)))
    assert (result, len(messages)) == (Sent(), 1)


@pytest.mark.parametrize("reply", [Reply(500), Reply(401), Reply(429), Reply(raw=b"garbage")])
def test_whatever_fails_is_tried_again_and_shows_no_secret(reply, caplog, capfd):
    caplog.set_level(0)
    result, _ = delivered(reply)
    assert result == TryLater("network", "Apprise could not deliver it, and does not say why", pause=True)
    assert CANARY not in repr([result, caplog.messages, capfd.readouterr()])


def test_nobody_listening_is_for_later_and_shows_no_secret(caplog, capfd):
    caplog.set_level(0)
    sink = apprise.build("a", apprise.Settings(Secret(f"json://user:{CANARY}@127.0.0.1:{unused_port()}")))
    assert isinstance(sink.deliver([an_alert()]), TryLater)
    assert CANARY not in repr([sink.preview(an_alert()), caplog.messages, capfd.readouterr()])


@pytest.mark.parametrize("url", [f"nosuchservice://{CANARY}", f"tgram://{CANARY}", "json://"])
def test_a_service_that_apprise_does_not_know_is_refused_and_not_shown(url, caplog, capfd):
    caplog.set_level(0)
    with pytest.raises(ConfigError) as refusal:
        apprise.build("a", apprise.Settings(Secret(url)))
    assert str(refusal.value).startswith("sinks.a.url: ")
    assert CANARY not in repr([refusal.value, caplog.messages, capfd.readouterr()])


def test_a_preview_shows_the_service_and_not_its_keys():
    sink = apprise.build("a", apprise.Settings(Secret(f"json://user:{CANARY}@127.0.0.1/{CANARY}")))
    assert sink.preview(an_alert()).request.startswith("Apprise json://***\n\n🔵 Login: alice from 203.0.113.9")
    assert CANARY not in sink.preview(an_alert()).request


def test_without_apprise_the_refusal_names_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match=r"^sinks\.a: .* install the package apprise"):
        apprise.build("a", apprise.Settings(Secret("json://localhost")))


@pytest.mark.parametrize(("url", "is_good"), [("json://localhost", True), ("localhost", False), ("https", False)])
def test_text_that_is_no_url_is_refused_without_apprise(url, is_good):
    assert (rules.apprise_url(url, {}) is None) == is_good
