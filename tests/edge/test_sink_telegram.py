"""Telegram, against a receiver that answers as the Bot API does."""

from __future__ import annotations

import html
import json
import re

import pytest

from pamsignal.deliver.sinks import telegram
from pamsignal.errors import ConfigError
from pamsignal.model import Refused, Sent, TryLater
from pamsignal.secret import Secret
from pamsignal.terms import Severity
from tests.builders import a_login, an_alert
from tests.harness.receiver import Receiver, Reply
from tests.unit.render.cases import CASES

TOKEN = "123456:AAF-secret"


def says(status, **fields):
    return Reply(status, body=json.dumps({"ok": status < 300, **fields}).encode())


def delivered(*replies, alert=None, **settings):
    """Return the result of one delivery, and the messages that arrived."""
    with Receiver(*replies) as receiver:
        chosen = telegram.Settings(Secret(TOKEN), "-100123", api_url=receiver.url(""))
        result = telegram.build("t", chosen._replace(**settings)).deliver([alert or an_alert()])
        return result, [json.loads(request.body) for request in receiver.requests]


def test_a_message_goes_to_the_chat_in_html_without_a_preview():
    result, [message] = delivered()
    assert result == Sent()
    assert message["chat_id"] == "-100123"
    assert message["parse_mode"] == "HTML"
    assert message["link_preview_options"] == {"is_disabled": True}
    assert "message_thread_id" not in message
    assert message["text"].startswith("🔵 Login: <code>alice</code> from <code>203.0.113.9</code>")


def test_the_token_is_in_the_path_and_nowhere_else():
    with Receiver() as receiver:
        sink = telegram.build("t", telegram.Settings(Secret(TOKEN), "1", api_url=receiver.url("/base/")))
        sink.deliver([an_alert()])
        [request] = receiver.requests
    assert request.path == f"/base/bot{TOKEN}/sendMessage"
    assert TOKEN not in repr(request._replace(path=""))


def test_a_topic_is_addressed_where_one_is_set():
    _, [message] = delivered(thread_id=7)
    assert message["message_thread_id"] == 7


@pytest.mark.parametrize(("severity", "silent"), [(Severity.INFO, True), (Severity.NOTICE, False)])
def test_only_info_arrives_without_a_sound(severity, silent):
    _, [message] = delivered(alert=an_alert(severity=severity))
    assert message["disable_notification"] is silent


def test_what_cannot_be_parsed_is_sent_once_more_as_text_in_one_inert_span():
    broken = says(400, description="Bad Request: can't parse entities: unsupported start tag")
    result, [first, second] = delivered(broken, alert=CASES["hostile_login"])
    assert result == Sent()
    assert "parse_mode" not in second
    assert second["text"] == html.unescape(re.sub("</?code>", "", first["text"]))
    length = len(second["text"].encode("utf-16-le")) // 2
    assert second["entities"] == [{"type": "code", "offset": 0, "length": length}]


def test_there_is_no_third_attempt():
    broken = says(400, description="Bad Request: can't parse entities")
    result, messages = delivered(broken, broken)
    assert isinstance(result, Refused)
    assert len(messages) == 2


@pytest.mark.parametrize(("asked", "waited"), [(23, 23.0), (10**6, 3600.0), (-1, 0.0), (10**400, 3600.0)])
def test_flood_control_holds_the_whole_channel_for_as_long_as_it_says(asked, waited):
    result, _ = delivered(says(429, parameters={"retry_after": asked}))
    assert result == TryLater("rate_limited", "HTTP 429", waited, pause=True)


@pytest.mark.parametrize("parameters", [{"retry_after": "x"}, {"retry_after": True}, {}, [], None, 5])
def test_flood_control_without_a_time_leaves_it_to_us(parameters):
    result, _ = delivered(says(429, parameters=parameters))
    assert result == TryLater("rate_limited", "HTTP 429", None, pause=True)


def test_a_group_that_moved_is_refused_and_the_new_id_told():
    reply = says(400, description="Bad Request: group chat was upgraded", parameters={"migrate_to_chat_id": -10042})
    result, _ = delivered(reply)
    assert isinstance(result, Refused)
    assert result.pause
    assert "-10042" in result.detail


@pytest.mark.parametrize(
    ("status", "description", "reason", "pause"),
    [
        (401, "Unauthorized", "authentication", True),
        (403, "Forbidden: bot was kicked from the group chat", "authentication", True),
        (404, "Not Found", "authentication", True),
        (400, "Bad Request: chat not found", "client_error", True),
        (400, "Bad Request: message text is empty", "client_error", False),
    ],
)
def test_what_telegram_will_never_take_is_refused(status, description, reason, pause):
    result, _ = delivered(says(status, description=description))
    assert isinstance(result, Refused)
    assert (result.reason, result.pause) == (reason, pause)


def test_the_words_of_telegram_are_kept_but_not_the_token_in_them():
    result, _ = delivered(says(400, description=f"bad \x1b[31m {TOKEN} \n{'x' * 999}"))
    assert "bad \\x1b[31m *** \\x0a" in result.detail
    assert len(result.detail) < 220


@pytest.mark.parametrize(
    "body", [b"[" * 60_000, b"null", b'{"description": {"a": 1}}', b"\xff", b'{"parameters": NaN}']
)
def test_an_answer_that_is_no_object_breaks_nothing(body):
    result, _ = delivered(Reply(400, body=body))
    assert isinstance(result, Refused)


@pytest.mark.parametrize("token", ["", "a/b", "a b", "1:x\n", "1:x?y"])
def test_a_token_that_would_change_the_url_is_refused(token):
    with pytest.raises(ConfigError, match=r"sinks\.t\.token"):
        telegram.build("t", telegram.Settings(Secret(token), "1"))


def test_a_missing_chat_is_refused():
    with pytest.raises(ConfigError, match=r"sinks\.t\.chat_id"):
        telegram.build("t", telegram.Settings(Secret(TOKEN)))


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_the_html_is_nothing_but_code_spans_around_what_a_person_reads(alert):
    spans = re.sub("<code>[^<>]+</code>", "", telegram.html_of(alert))
    assert not re.search("[<>&]", spans)
    assert html.unescape(re.sub("</?code>", "", telegram.html_of(alert))) == telegram.plain_of(alert)


def test_text_of_a_user_stands_in_code_spans_alone_where_telegram_links_nothing():
    shown = telegram.html_of(an_alert(subject=a_login(user="@everyone https://evil.example /start")))
    assert "@everyone" not in re.sub("<code>[^<>]+</code>", "", shown)
