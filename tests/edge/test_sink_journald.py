"""journald's socket, played by a real datagram socket that the protocol is read from."""

from __future__ import annotations

import socket
import struct

import pytest

from pamsignal.deliver.sinks import journald
from pamsignal.model import Sent, TryLater
from pamsignal.terms import Severity
from tests.builders import a_finding, a_login, an_alert
from tests.unit.render.cases import CASES


def fields_of(datagram):
    """Read one entry of the native protocol, strictly."""
    fields = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = struct.unpack_from("<Q", rest)
            value, rest = rest[8 : 8 + length], rest[8 + length :]
            assert rest[:1] == b"\n"
            rest = rest[1:]
        assert name not in fields
        fields[name.decode("ascii")] = value
        datagram = rest
    return fields


@pytest.fixture
def journal(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "socket"))
        yield listener


def entry(journal, alert):
    assert journald.build("j", journald.Settings(), journal.getsockname()).deliver([alert]) == Sent()
    return fields_of(journal.recv(1_000_000))


def test_an_alert_is_one_datagram_with_its_facts_in_fields(journal):
    fields = entry(journal, CASES["login"])
    assert fields["MESSAGE"] == b"Login: alice from 203.0.113.9 (Berlin, DE) by publickey SHA256:k1kjhwoH on web-01"
    assert fields["SYSLOG_IDENTIFIER"] == b"pamsignal"
    assert fields["PAMSIGNAL_USER"] == b"alice"
    assert fields["PAMSIGNAL_SOURCE_IP"] == b"203.0.113.9"
    assert fields["PAMSIGNAL_RULE"] == b"login_success"
    assert len(bytes.fromhex(fields["MESSAGE_ID"].decode())) == 16


def test_an_entry_has_no_facility_so_that_nobody_takes_it_for_a_login(journal):
    assert "SYSLOG_FACILITY" not in entry(journal, an_alert())


def test_a_finding_has_a_message_id_of_its_own(journal):
    assert entry(journal, an_alert())["MESSAGE_ID"] != entry(journal, an_alert(subject=a_finding()))["MESSAGE_ID"]


@pytest.mark.parametrize(("severity", "priority"), list(zip(Severity, (b"6", b"5", b"4", b"1"))))
def test_the_priority_follows_the_severity(journal, severity, priority):
    assert entry(journal, an_alert(severity=severity))["PRIORITY"] == priority


def test_a_name_with_line_breaks_and_fields_in_it_stays_one_value(journal):
    name = "x\nPRIORITY=0\nMESSAGE=forged\n\udcff"
    fields = entry(journal, an_alert(subject=a_login(user=name)))
    assert fields["PAMSIGNAL_USER"] == "x\nPRIORITY=0\nMESSAGE=forged\n\ufffd".encode()
    assert fields["PRIORITY"] == b"5"
    assert b"\n" not in fields["MESSAGE"]


@pytest.mark.parametrize("character", ["x", "\n", "\U0001f600", "\ud800"])
def test_names_of_64_kb_make_a_datagram_that_the_socket_takes(journal, character):
    name = character * 65536
    login = a_login(user=name, target_user=name, reason=name, command=name, tty=name, hostname=name, session_id=name)
    datagram = journald.entry_of(an_alert(subject=login))
    assert len(datagram) < 64 * 1024
    entry(journal, an_alert(subject=login))


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_every_field_name_is_one_that_journald_takes_and_no_value_is_empty(alert):
    for name, value in fields_of(journald.entry_of(alert)).items():
        assert name.replace("_", "").isalnum()
        assert name == name.upper()
        assert name[0] != "_"
        assert len(name) <= 64
        assert value


def test_without_journald_the_alert_is_kept_for_later(tmp_path):
    sink = journald.build("j", journald.Settings(), str(tmp_path / "nothing"))
    result = sink.deliver([an_alert()])
    assert isinstance(result, TryLater)
    assert result.detail.endswith("no such file or directory")


def test_a_journald_that_takes_nothing_holds_nobody_for_ever(journal, monkeypatch):
    monkeypatch.setattr(journald, "_SEND_SECONDS", 0.05)
    sink = journald.build("j", journald.Settings(), journal.getsockname())
    result = Sent()
    while isinstance(result, Sent):  # until the socket's buffer is full
        result = sink.deliver([an_alert()])
    assert result == TryLater("timeout", "journald takes nothing", pause=True)
