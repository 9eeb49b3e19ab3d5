"""What all sinks that speak HTTP do alike: how they take an answer, what they keep to themselves, their limits."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.deliver.sinks import (
    SINKS,
    discord,
    exchange,
    gotify,
    ntfy,
    pagerduty,
    slack,
    teams,
    telegram,
    webhook,
    whatsapp,
)
from pamsignal.deliver.sinks.look import plain
from pamsignal.model import Refused, Sent, TryLater
from pamsignal.secret import Secret
from pamsignal.terms import REASONS
from tests.builders import a_finding, a_login, an_alert
from tests.edge.http_sinks import CANARY, CHANNELS, KEY, SIGNING, TOKEN, sink_for
from tests.harness.receiver import Receiver, Reply
from tests.harness.services import complaints_of
from tests.harness.web import unused_port
from tests.unit.render.cases import CASES


def test_every_sink_that_speaks_http_is_tried_here():
    modules = {kind: sys.modules[sink.build.__module__] for kind, sink in SINKS.items()}
    assert {kind for kind, module in modules.items() if hasattr(module, "channel")} == set(CHANNELS)


ANSWERS = [
    (Reply(200), Sent()),
    (Reply(202), Sent()),
    (Reply(204, body=b""), Sent()),
    (Reply(200, body=b"\xff\x00garbage{"), Sent()),
    (Reply(301, {"Location": "http://127.0.0.1:1/"}), ("redirect", False)),
    (Reply(302, {"Location": "/elsewhere"}), ("redirect", False)),
    (Reply(307, {"Location": "/elsewhere"}), ("redirect", False)),
    (Reply(400), ("client_error", False)),
    (Reply(401), ("authentication", True)),
    (Reply(403), ("authentication", True)),
    (Reply(404), (None, True)),
    (Reply(410), ("gone", True)),
    (Reply(418), ("client_error", False)),
    (Reply(408), ("timeout", None)),
    (Reply(425), ("client_error", None)),
    (Reply(429), ("rate_limited", None)),
    (Reply(429, {"Retry-After": "17"}), ("rate_limited", 17.0)),
    (Reply(429, {"Retry-After": "999999"}), ("rate_limited", 3600.0)),
    (Reply(429, {"Retry-After": "-5"}), ("rate_limited", None)),
    (Reply(429, {"Retry-After": "soon"}), ("rate_limited", None)),
    (Reply(500), ("server_error", None)),
    (Reply(503, {"Retry-After": "Mon, 23 Nov 2026 12:00:30 GMT", "Date": "Mon, 23 Nov 2026 12:00:00 GMT"}), None),
    (Reply(599), ("server_error", None)),
]


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_answer_is_classified(kind, certificate, ca_file):
    with Receiver(*(reply for reply, _ in ANSWERS), certificate=certificate) as receiver:
        sink = sink_for(kind, receiver.url(), ca_file)
        for reply, expected in ANSWERS:
            result = sink.deliver([an_alert()])
            if expected is None:
                assert isinstance(result, TryLater)
                continue
            if reply.status < 300:
                assert result == Sent()
                continue
            reason, detail = expected
            assert result.reason in REASONS
            assert result.reason == reason or reason is None
            assert str(reply.status) in result.detail
            if reply.status in (408, 425, 429) or reply.status >= 500:
                assert isinstance(result, TryLater)
                assert result.after_s == detail
                assert result.pause == (reply.status == 429)
            else:
                assert isinstance(result, Refused)
                assert result.pause == detail
        assert len(receiver.requests) == len(ANSWERS)


def test_retry_after_as_a_date_is_reckoned_from_the_servers_own_clock():
    headers = {"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT", "date": "Mon, 23 Nov 2026 12:00:00 GMT"}
    assert exchange.after_seconds(exchange.Answer(503, headers, b"", 0.0)) == 30.0


def test_retry_after_as_a_date_without_a_date_is_reckoned_from_ours():
    headers = {"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}
    assert exchange.after_seconds(exchange.Answer(503, headers, b"", 20.0)) == 40.0
    assert exchange.after_seconds(exchange.Answer(503, headers, b"", 90.0)) == 0.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_retry_after_of_a_server_breaks_us_or_makes_us_wait_over_an_hour(text, date):
    waited = exchange.after_seconds(exchange.Answer(429, {"retry-after": text, "date": date}, b"", 0.0))
    assert waited is None or 0.0 <= waited <= 3600.0


READERS = (
    telegram.channel(telegram.Settings(Secret(TOKEN), "1")),
    slack.channel(slack.Settings(Secret("https://x"))),
    discord.channel(discord.Settings(Secret("https://x"))),
    teams.channel(teams.Settings(Secret("https://x"))),
    ntfy.channel(ntfy.Settings(Secret("x"))),
    gotify.channel(gotify.Settings("https://x")),
    pagerduty.channel(pagerduty.Settings(Secret("x"))),
    whatsapp.channel(whatsapp.Settings(Secret("x"))),
    webhook.channel(webhook.Settings(Secret("https://x")), ()),
)
MEMBERS = ("code", "error", "errors", "message", "description", "parameters", "retry_after", "global", "http")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), below, max_size=4),
    max_leaves=8,
)


@given(st.integers(100, 999), st.binary(max_size=200) | anything.map(lambda said: json.dumps(said).encode()))
def test_any_answer_at_all_has_a_result(status, body):
    for channel in READERS:
        result = channel.result_of(exchange.Answer(status, {}, body, 0.0))
        assert isinstance(result, (Sent, TryLater, Refused))
        assert isinstance(result, Sent) == (200 <= status < 300)


FAILURES = [
    Reply(500, body=TOKEN.encode()),
    Reply(400, body=json.dumps({"ok": False, "description": f"bad /bot{TOKEN}/x"}).encode()),
    Reply(403, body=f"{SIGNING} Bearer {CANARY}".encode()),
    Reply(400, body=json.dumps({"error": f"no topic {CANARY}", "errors": [f"bad key {KEY}"]}).encode()),
    Reply(401, body=json.dumps({"error": {"code": CANARY}, "message": CANARY, "code": CANARY}).encode()),
    Reply(302, {"Location": f"https://example.org/{CANARY}"}),
    Reply(raw=b"garbage"),
    Reply(raw=b"HTTP/1.1 200 OK\r\nno colon here\r\n: x\r\n\r\n"),
    Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n"),
]


@pytest.mark.parametrize("kind", CHANNELS)
def test_no_secret_is_in_a_result_a_representation_a_log_or_any_output(kind, certificate, ca_file, caplog, capfd):
    caplog.set_level(0)
    with Receiver(*FAILURES, certificate=certificate) as receiver:
        sink = sink_for(kind, receiver.url(), ca_file)
        shown = [sink.deliver([an_alert()]) for _ in FAILURES]
        shown += [sink, sink.__dict__, sink_for(kind, receiver.url()).deliver([an_alert()])]
    shown += [sink_for(kind, f"https://127.0.0.1:{unused_port()}").deliver([an_alert()]), *caplog.messages]
    shown += capfd.readouterr()
    assert CANARY not in repr(shown)
    assert SIGNING not in repr(shown)


def test_the_registry_alone_imports_nothing_heavy():
    child = (
        "import sys, pamsignal.deliver.sinks as s;"
        "print(*{'requests', 'urllib3', 'ssl', 'email', 'smtplib', 'apprise', 'logging'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", child], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == ""


def test_every_type_of_sink_has_settings_with_defaults():
    for sink_type in SINKS.values():
        sink_type.settings()


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize(
    "character", ["x", "<", "&", "`", "\x1b", "\u202e", "\U0001f600", "\U000e0041", "\ud800", "\\"]
)
def test_names_of_64_kb_keep_the_limits_of_the_channel(kind, character, certificate, ca_file):
    name = character * 65536
    login = a_login(
        user=name, target_user=name, reason=name, command=name, cwd=name, tty=name, group=name, hostname=name
    )
    finding = a_finding(key=name, users=(name,) * 50, sources=(name,) * 50, note=name, hostname=name, event=login)
    with Receiver(certificate=certificate) as receiver:
        sink = sink_for(kind, receiver.url(), ca_file)
        assert [sink.deliver([an_alert(subject=subject)]) for subject in (login, finding)] == [Sent(), Sent()]
        assert [complaints_of(kind, request) for request in receiver.requests] == [[], []]


@pytest.mark.parametrize("kind", sorted(set(CHANNELS) - {"webhook"}))
def test_no_service_has_anything_against_any_alert(kind, certificate, ca_file):
    with Receiver(certificate=certificate) as receiver:
        sink = sink_for(kind, receiver.url(), ca_file)
        assert {sink.deliver([alert]) for alert in CASES.values()} == {Sent()}
        assert [complaints_of(kind, request) for request in receiver.requests] == [[] for _ in CASES]


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_preview_shows_what_is_sent_without_the_secrets(kind):
    shown, look = sink_for(kind, "https://service.example.org").preview(an_alert())
    assert shown.startswith("POST https://service.example.org/***\nContent-Type: application/json\n")
    assert json.loads(shown.partition("\n\n")[2])
    assert CANARY not in shown + plain(look)
    assert ("Login: alice from 203.0.113.9" in plain(look)) == (kind not in {"pagerduty", "webhook"})
