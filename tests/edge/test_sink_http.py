"""The transport, seen through the sinks that use it, against a real receiver with a real certificate."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.deliver.sinks import (
    SINKS,
    discord,
    exchange,
    gotify,
    guard,
    http,
    ntfy,
    pagerduty,
    safety,
    slack,
    teams,
    telegram,
    webhook,
    whatsapp,
)
from pamsignal.deliver.sinks.look import plain
from pamsignal.deliver.sinks.tls import OTHER_NAME, words_for
from pamsignal.errors import ConfigError
from pamsignal.model import Refused, Sent, TryLater
from pamsignal.secret import Secret
from pamsignal.terms import REASONS
from tests.builders import a_finding, a_login, an_alert
from tests.harness.receiver import Receiver, Reply
from tests.harness.services import SERVICES, complaints_of
from tests.harness.web import unused_port
from tests.unit.render.cases import CASES

CANARY = "c4n4ry"
TOKEN = f"123456:{CANARY}"
SIGNING = "whsec_" + base64.b64encode(CANARY.encode() * 5).decode()
CHANNELS = tuple(SERVICES)
KEY = f"{CANARY:0>32}"


def test_every_sink_that_speaks_http_is_tried_here():
    modules = {kind: sys.modules[sink.build.__module__] for kind, sink in SINKS.items()}
    assert {kind for kind, module in modules.items() if hasattr(module, "channel")} == set(CHANNELS)


def sink_for(kind, url, ca_file=None):
    secret_url = Secret(f"{url}/{CANARY}")
    if kind == "telegram":
        return telegram.build("t", telegram.Settings(Secret(TOKEN), "-100123", api_url=url, ca_file=ca_file))
    if kind == "slack":
        return slack.build("s", slack.Settings(secret_url, ca_file))
    headers = {"Authorization": Secret(f"Bearer {CANARY}")}
    settings = {
        "discord": discord.Settings(secret_url, ca_file=ca_file),
        "teams": teams.Settings(secret_url, ca_file),
        "ntfy": ntfy.Settings(Secret(CANARY), url, Secret(CANARY), ca_file),
        "gotify": gotify.Settings(url, Secret(CANARY), ca_file),
        "pagerduty": pagerduty.Settings(Secret(KEY), url, ca_file),
        "whatsapp": whatsapp.Settings(Secret(CANARY), "12345", "+15551234567", "pamsignal", "de", url, ca_file),
        "webhook": webhook.Settings(secret_url, secrets=(Secret(SIGNING),), headers=headers, ca_file=ca_file),
    }
    return SINKS[kind].build("s", settings[kind])


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


def test_a_redirect_is_not_followed(certificate, ca_file):
    with Receiver(Reply(302, {"Location": "/elsewhere"}), certificate=certificate) as receiver:
        sink_for("slack", receiver.url(), ca_file).deliver([an_alert()])
        assert [request.path for request in receiver.requests] == [f"/hook/{CANARY}"]


def test_a_certificate_of_an_unknown_authority_is_not_accepted(certificate):
    with Receiver(certificate=certificate) as receiver:
        result = sink_for("webhook", receiver.url()).deliver([an_alert()])
        assert isinstance(result, TryLater)
        assert result.reason == "tls"
        assert "ca_file" in result.detail
        assert receiver.requests == []


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"not_after": datetime(2020, 1, 1)}, "the certificate has expired"),  # noqa: DTZ001 - trustme wants it so
        (
            {"not_before": datetime(2090, 1, 1), "not_after": datetime(2091, 1, 1)},  # noqa: DTZ001 - the same
            "the certificate is not valid yet; look at the clock of this host",
        ),
    ],
)
def test_a_certificate_out_of_its_time_is_not_accepted_and_that_is_said(authority, ca_file, dates, said):
    with Receiver(certificate=authority.issue_cert("127.0.0.1", **dates)) as receiver:
        result = sink_for("slack", receiver.url(), ca_file).deliver([an_alert()])
        assert (result.reason, result.detail, receiver.requests) == ("tls", said, [])


def test_a_server_without_tls_is_told_in_the_words_of_openssl():
    with Receiver() as receiver:
        result = sink_for("slack", receiver.url().replace("http:", "https:")).deliver([an_alert()])
        assert result.reason == "tls"
        assert re.fullmatch(r"the TLS handshake failed \([a-z ]+\)", result.detail)


def test_a_certificate_for_another_name_is_not_accepted(authority, ca_file):
    with Receiver(certificate=authority.issue_cert("other.example")) as receiver:
        result = sink_for("webhook", receiver.url(), ca_file).deliver([an_alert()])
        assert result.reason == "tls"
        assert "another" in result.detail
        assert receiver.requests == []


def test_the_environment_chooses_neither_authority_nor_proxy_nor_password(certificate, ca_file, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, ca_file)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{unused_port()}")
    monkeypatch.setenv("NETRC", str(netrc))
    with Receiver(certificate=certificate) as receiver:
        assert sink_for("slack", receiver.url()).deliver([an_alert()]).reason == "tls"
        assert sink_for("slack", receiver.url(), ca_file).deliver([an_alert()]) == Sent()
        assert "authorization" not in receiver.requests[0].headers


@pytest.mark.parametrize("bundle", ["/nonexistent", "/dev/null"])
def test_a_ca_file_that_cannot_be_read_is_a_result_and_not_an_exception(bundle, certificate):
    with Receiver(certificate=certificate) as receiver:
        result = sink_for("slack", receiver.url(), bundle).deliver([an_alert()])
        assert isinstance(result, TryLater)
        assert result.reason in ("tls", "network")


@pytest.mark.parametrize("raw", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 999999 x\r\n\r\n", b"\x00" * 70000])
def test_what_is_not_http_is_a_network_failure(raw, certificate, ca_file):
    with Receiver(Reply(raw=raw), certificate=certificate) as receiver:
        result = sink_for("webhook", receiver.url(), ca_file).deliver([an_alert()])
        assert isinstance(result, TryLater)
        assert result.reason == "network"


def test_nobody_listening_is_a_network_failure():
    result = sink_for("slack", f"https://127.0.0.1:{unused_port()}/x").deliver([an_alert()])
    assert result == TryLater("network", "connection refused", pause=True)


def test_a_name_that_cannot_be_resolved_is_a_network_failure(monkeypatch):
    def no_answer(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    sink = sink_for("slack", "https://hooks.invalid/x")
    monkeypatch.setattr(socket, "getaddrinfo", no_answer)
    assert sink.deliver([an_alert()]).detail == "the host name cannot be resolved"


def test_a_server_that_says_nothing_is_a_timeout(certificate, ca_file, monkeypatch):
    monkeypatch.setattr(http, "READ_SECONDS", 0.2)
    monkeypatch.setattr(guard, "READ_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        sink = sink_for("slack", f"http://127.0.0.1:{silent.getsockname()[1]}/x")
        assert sink.deliver([an_alert()]) == TryLater("timeout", "no answer in time", pause=True)


class Looked:
    """A clock that goes on by a second each time it is looked at: a deadline comes after so many pieces of an answer."""

    def __init__(self):
        self._seconds = 0.0

    def monotonic(self):
        self._seconds += 1
        return self._seconds


@pytest.mark.parametrize("drip", [b"x", b"X-Slow: 1\r\n"])
def test_a_server_that_drips_its_headers_meets_the_deadline(drip, certificate, ca_file, monkeypatch):
    monkeypatch.setattr(guard, "time", Looked())
    with Receiver(Reply(raw=b"HTTP/1.1 200 OK\r\n", drip=drip), certificate=certificate) as receiver:
        result = sink_for("webhook", receiver.url(), ca_file).deliver([an_alert()])
        assert isinstance(result, TryLater)


def test_a_server_that_drips_its_body_has_the_alert_and_meets_the_deadline(certificate, ca_file, monkeypatch):
    monkeypatch.setattr(guard, "time", Looked())
    slow = Reply(headers={"Content-Length": "60000"}, body=b"", drip=b"x")
    with Receiver(slow, certificate=certificate) as receiver:
        sink = sink_for("webhook", receiver.url(), ca_file)
        assert sink.deliver([an_alert()]) == Sent()
        assert sink.deliver([an_alert()]) == Sent()


def test_of_a_huge_answer_only_the_beginning_is_read(certificate, ca_file):
    huge = Reply(500, body=b"x" * 30_000_000)
    with Receiver(huge, certificate=certificate) as receiver:
        transport = http.Transport(ca_file)
        answer = transport.exchange(exchange.Request(Secret(receiver.url()), {}, b"{}"))
        assert len(answer.body) == http.ANSWER_BYTES
        assert transport.exchange(exchange.Request(Secret(receiver.url()), {}, b"{}")).status == 200


def test_a_compressed_answer_is_not_unpacked(certificate, ca_file):
    bomb = Reply(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b not really")
    with Receiver(bomb, certificate=certificate) as receiver:
        answer = http.Transport(ca_file).exchange(exchange.Request(Secret(receiver.url()), {}, b"{}"))
        assert answer.body == b"\x1f\x8b not really"
        assert receiver.requests[0].headers["accept-encoding"] == "identity"


def test_a_cookie_is_not_sent_back(certificate, ca_file):
    with Receiver(Reply(headers={"Set-Cookie": "a=b"}), certificate=certificate) as receiver:
        sink = sink_for("slack", receiver.url(), ca_file)
        sink.deliver([an_alert()])
        sink.deliver([an_alert()])
        assert "cookie" not in receiver.requests[1].headers


def test_a_name_that_leads_to_a_link_local_address_gets_no_request(certificate, ca_file, monkeypatch):
    monkeypatch.setattr(guard, "is_link_local", lambda host: host == "127.0.0.1")
    with Receiver(certificate=certificate) as receiver:
        result = sink_for("webhook", receiver.url(), ca_file).deliver([an_alert()])
        assert isinstance(result, Refused)
        assert receiver.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "http://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "http://169.254.169.254/latest",
        "https://[fe80::1]/x",
        "https://[::ffff:169.254.169.254]/x",
        "ftp://example.org/x",
        "https://",
        "https://example.org:port/x",
        "https://[::1/x",
        "https://example.org/\n",
        "",
        "example.org",
    ],
)
def test_an_unsafe_url_is_refused_when_the_sink_is_built_and_not_shown(url):
    with pytest.raises(ConfigError) as refusal:
        slack.build("team", slack.Settings(Secret(url)))
    assert str(refusal.value).startswith("sinks.team.url: ")
    assert "/x" not in str(refusal.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/x", "http://[::1]/x", "http://localhost/x", "https://example.org"])
def test_https_and_loopback_are_accepted(url):
    safety.require_safe_url("url", Secret(url))


def test_plain_http_is_accepted_where_somebody_asked_for_it_but_never_to_the_link():
    safety.require_safe_url("url", Secret("http://10.0.0.1/x"), allow_insecure=True)
    with pytest.raises(ConfigError):
        safety.require_safe_url("url", Secret("http://169.254.1.1/x"), allow_insecure=True)


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


def test_a_request_shows_neither_its_url_nor_a_secret_header():
    request = exchange.Request(Secret(f"https://x/{CANARY}"), {"Authorization": Secret(CANARY)}, b"")
    assert CANARY not in repr(request)


def test_the_registry_alone_imports_nothing_heavy():
    child = (
        "import sys, pamsignal.deliver.sinks as s;"
        "print(*{'requests', 'urllib3', 'ssl', 'email', 'smtplib', 'apprise', 'logging'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", child], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == ""


def test_a_name_that_python_and_not_openssl_compared_is_named_too():
    assert words_for(ssl.SSLCertVerificationError("hostname 'a' doesn't match 'b'")) == OTHER_NAME


def test_the_transport_loads_no_tables_of_charsets_and_leaves_no_stand_in_behind():
    real = "charset_normalizer" if importlib.util.find_spec("charset_normalizer") else "chardet"  # the older requests'
    child = f"""
import sys, pamsignal.deliver.sinks.http
print(*{{"chardet", "charset_normalizer"}} & set(sys.modules))
import {real}
print(callable({real}.detect))
"""
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "True"]


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
