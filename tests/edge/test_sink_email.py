"""Email, through a real SMTP server with a real certificate."""

from __future__ import annotations

import smtplib
import socket
from datetime import datetime

import pytest

from pamsignal.deliver.sinks import email, smtp
from pamsignal.errors import ConfigError
from pamsignal.model import Refused, Sent, TryLater
from pamsignal.secret import Secret
from pamsignal.terms import Severity
from tests.builders import a_finding, a_login, an_alert
from tests.edge.mail_server import MailServer
from tests.harness.web import unused_port
from tests.unit.render.cases import CASES, HOSTILE

PASSWORD = "correct-horse"
CANARY = "c4n4ry-battery"


def sink_for(port, **changes):
    settings = email.Settings(
        host="127.0.0.1", port=port, security="none", sender="alerts@example.org", to=("admin@example.org",)
    )
    return email.build("m", settings._replace(**changes))


def delivered(alert=None, replies=None, **changes):
    """Hand one alert to a server without encryption; return the result and what arrived."""
    with MailServer(security="none", replies=replies) as server:
        return sink_for(server.port, **changes).deliver([alert or an_alert()]), server.delivered


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_message_arrives_encrypted_and_after_a_login(security, certificate, ca_file):
    with MailServer(certificate, security, login=True) as server:
        sink = sink_for(server.port, security=security, ca_file=ca_file, username="alerts", password=Secret(PASSWORD))
        assert sink.deliver([an_alert()]) == Sent()
        [one] = server.delivered
    assert (one.sender, one.recipients) == ("alerts@example.org", ["admin@example.org"])
    assert one.message["From"] == "pamsignal <alerts@example.org>"
    assert one.message["Subject"] == "🔵 Login: alice from 203.0.113.9 by publickey on web-01"
    assert one.message["Message-ID"] == f"<{'a' * 32}@example.org>"
    assert one.message["Auto-Submitted"] == "auto-generated"
    assert one.message["Date"].endswith(" -0000")  # UTC, and no word on where we are (RFC 5322, 3.3)
    assert one.message.get_content().splitlines()[1:3] == ["User: alice", "From: 203.0.113.9 port 50022"]


@pytest.mark.parametrize(
    ("severity", "importance"), [(Severity.INFO, "low"), (Severity.NOTICE, None), (Severity.CRITICAL, "high")]
)
def test_the_extremes_of_severity_are_marked(severity, importance):
    _, [one] = delivered(an_alert(severity=severity))
    assert one.message["Importance"] == importance


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_any_alert_is_one_message_in_seven_bits_with_our_headers_alone(alert):
    result, [one] = delivered(alert)
    assert result == Sent()
    assert one.raw.isascii()
    assert max(map(len, one.raw.split(b"\r\n"))) <= 998
    ours = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type"}
    ours |= {"Content-Transfer-Encoding", "MIME-Version", "Importance"}
    # The last three are the server's.
    assert set(one.message.keys()) <= ours | {"X-Peer", "X-MailFrom", "X-RcptTo"}
    assert one.message.get_content().splitlines() == email.body_of(alert).splitlines()


@pytest.mark.parametrize(
    "name", ["x\r\nBcc: eve@evil.example", "x\nBcc: e", "x\r\n\r\nbody", "\r\n.\r\nMAIL FROM:<e@e>"]
)
def test_no_name_adds_a_header_a_recipient_or_a_command(name):
    _, [one] = delivered(an_alert(subject=a_login(user=name, hostname=name)))
    assert one.recipients == ["admin@example.org"]
    assert one.message["Bcc"] is None
    assert "\\x0a" in one.message["Subject"]
    assert "\\x0a" in one.message.get_content()


@pytest.mark.parametrize("character", ["x", "<", "\x1b", "\u202e", "\U0001f600", "\ud800", "\\"])
def test_names_of_64_kb_make_a_message_of_few(character):
    name = character * 65536
    login = a_login(user=name, target_user=name, reason=name, command=name, cwd=name, tty=name, hostname=name)
    finding = a_finding(key=name, users=(name,) * 50, sources=(name,) * 50, note=name, hostname=name, event=login)
    for subject in (login, finding):
        result, [one] = delivered(an_alert(subject=subject))
        assert result == Sent()
        assert len(one.message["Subject"]) <= email.SUBJECT_LIMIT
        assert len(one.raw) < 100_000


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"DATA": "451 4.7.1 greylisted"}, TryLater("server_error", "SMTP 451: 4.7.1 greylisted", pause=True)),
        ({"RCPT": "452 full"}, TryLater("server_error", "SMTP 452: full", pause=True)),
        ({"MAIL": "421 too busy"}, TryLater("server_error", "SMTP 421: too busy", pause=True)),
        ({"DATA": "554 spam"}, Refused("client_error", "SMTP 554: spam")),
        ({"RCPT": "550 unknown"}, Refused("client_error", "SMTP 550: unknown", pause=True)),
        ({"MAIL": "550 not yours"}, Refused("client_error", "SMTP 550: not yours", pause=True)),
        ({"MAIL": "530 log in first"}, Refused("authentication", "SMTP 530: log in first", pause=True)),
    ],
)
def test_4xx_is_later_and_5xx_is_no(replies, expected):
    result, arrived = delivered(replies=replies)
    assert (result, arrived) == (expected, [])


def test_it_has_arrived_as_soon_as_one_recipient_is_taken():
    to = ("gone@example.org", "admin@example.org")
    result, [one] = delivered(replies={"gone@example.org": "550 unknown"}, to=to)
    assert (result, one.recipients) == (Sent(), ["admin@example.org"])


def test_where_nobody_is_taken_one_who_may_be_later_decides():
    to = ("gone@example.org", "full@example.org")
    replies = {"gone@example.org": "550 unknown", "full@example.org": "452 full"}
    assert delivered(replies=replies, to=to)[0] == TryLater("server_error", "SMTP 452: full", pause=True)


def test_a_wrong_password_holds_the_channel_and_is_not_shown(certificate, ca_file, capfd, caplog):
    caplog.set_level(0)
    with MailServer(certificate, login=True) as server:
        sink = sink_for(server.port, security="starttls", ca_file=ca_file, username="alerts", password=Secret(CANARY))
        result = sink.deliver([an_alert()])
    assert isinstance(result, Refused)
    assert (result.reason, result.pause) == ("authentication", True)
    assert CANARY not in repr([result, sink.__dict__, sink.preview(an_alert()), caplog.messages, capfd.readouterr()])


@pytest.mark.parametrize(
    ("ours", "theirs", "login"),
    [("starttls", "none", None), ("starttls", "none", "alerts"), ("none", "none", "alerts")],
)
def test_without_encryption_or_a_login_on_offer_nothing_is_sent(ours, theirs, login):
    password = Secret(PASSWORD) if login else None
    with MailServer(security=theirs) as server:
        result = sink_for(server.port, security=ours, username=login, password=password).deliver([an_alert()])
        assert isinstance(result, Refused)
        assert (result.reason, result.pause, server.delivered) == ("client_error", True, [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("name", "dates", "trusted", "said"),
    [
        ("127.0.0.1", {}, False, "ca_file"),
        ("other.example", {}, True, "another"),
        ("127.0.0.1", {"not_after": datetime(2020, 1, 1)}, True, "expired"),  # noqa: DTZ001 - trustme wants it so
    ],
)
def test_a_certificate_that_does_not_verify_gets_no_mail(security, name, dates, trusted, said, authority, ca_file):
    with MailServer(authority.issue_cert(name, **dates), security) as server:
        sink = sink_for(server.port, security=security, ca_file=ca_file if trusted else None)
        result = sink.deliver([an_alert()])
        assert isinstance(result, TryLater)
        assert (result.reason, server.delivered) == ("tls", [])
        assert said in result.detail


def test_nobody_listening_is_a_network_failure():
    assert sink_for(unused_port()).deliver([an_alert()]) == TryLater("network", "connection refused", pause=True)


def test_a_server_that_says_nothing_is_a_timeout(monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert sink_for(silent.getsockname()[1]).deliver([an_alert()]) == TryLater(
            "timeout", "no answer in time", pause=True
        )


def test_a_message_that_was_taken_is_sent_though_the_farewell_fails(monkeypatch):
    def breaks(_client):
        raise socket.timeout("slow")

    monkeypatch.setattr(smtplib.SMTP, "quit", breaks)
    result, arrived = delivered()
    assert (result, len(arrived)) == (Sent(), 1)


@pytest.mark.parametrize("bundle", ["/nonexistent", "/dev/null"])
def test_a_ca_file_that_cannot_be_read_is_a_result_and_not_an_exception(bundle, certificate):
    with MailServer(certificate) as server:
        result = sink_for(server.port, security="starttls", ca_file=bundle).deliver([an_alert()])
        assert isinstance(result, TryLater)
        assert result.reason in ("tls", "network")


def test_a_preview_shows_the_message_as_people_read_it():
    shown = sink_for(25).preview(CASES["hostile_login"]).request
    assert shown.startswith("SMTP 127.0.0.1 port 25 (none)\nFrom: pamsignal <alerts@example.org>\n")
    assert all(line.isprintable() for line in shown.splitlines())
    assert HOSTILE[:20] in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": "mail.example.org"}, "security"),
        ({"to": ()}, "to"),
        ({"to": ("a@b\r\nRCPT TO:<e@e>",)}, "addresses"),
        ({"sender": "Admin <a@example.org>"}, "addresses"),
        ({"username": "a"}, "password"),
        ({"password": Secret(CANARY)}, "username"),
        ({"username": "a", "password": Secret(f"{CANARY}ü")}, "ASCII"),
    ],
)
def test_settings_that_cannot_work_are_refused_and_no_secret_shown(changes, said):
    with pytest.raises(ConfigError) as refusal:
        sink_for(25, **changes)
    assert str(refusal.value).startswith("sinks.m")
    assert said in str(refusal.value)
    assert CANARY not in str(refusal.value)
