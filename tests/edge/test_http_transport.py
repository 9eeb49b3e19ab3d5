"""The transport of all HTTP sinks: certificates, names, addresses, redirects, servers that drip, hang or send too much."""

from __future__ import annotations

import importlib.util
import re
import socket
import ssl
import subprocess
import sys
from datetime import datetime

import pytest

from pamsignal.deliver.sinks import (
    exchange,
    guard,
    http,
    safety,
    slack,
)
from pamsignal.deliver.sinks.tls import OTHER_NAME, words_for
from pamsignal.errors import ConfigError
from pamsignal.model import Refused, Sent, TryLater
from pamsignal.secret import Secret
from tests.builders import an_alert
from tests.edge.http_sinks import CANARY, sink_for
from tests.harness.receiver import Receiver, Reply
from tests.harness.web import unused_port


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


def test_a_request_shows_neither_its_url_nor_a_secret_header():
    request = exchange.Request(Secret(f"https://x/{CANARY}"), {"Authorization": Secret(CANARY)}, b"")
    assert CANARY not in repr(request)


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
