"""The syslog sink, to real collectors: what they understand is what was sent, over every transport."""

from __future__ import annotations

import json
import os
import re
import select
import socket
from pathlib import Path

import pytest

from pamsignal.deliver.sinks import syslog, wire
from pamsignal.errors import ConfigError
from pamsignal.model import Context, Sent, TryLater
from pamsignal.render import cef, ecs, leef, siem
from pamsignal.render.syslog import Sender
from pamsignal.secret import Secret
from pamsignal.terms import Severity
from tests.builders import a_finding, a_login, an_alert
from tests.harness.checkout import UNPACKED
from tests.harness.syslog_servers import Server
from tests.harness.waiting import PATIENCE_S
from tests.unit.render.cases import CASES
from tests.unit.render.siem_lines import read_cef, read_leef

KINDS = ("rsyslog", "syslog-ng")
READERS = {
    "cef": read_cef,
    "leef": read_leef,
    "leef2": read_leef,
    "ecs": json.loads,
    "ocsf": json.loads,
    "text": lambda line: line.isprintable() or line.startswith("\ufeff") or 1 / 0,
}
real = pytest.mark.skipif(
    not UNPACKED.exists(), reason="no rsyslog and syslog-ng unpacked here (Debian and Ubuntu only)"
)


def a_sink(server, transport="tcp", **changes):
    return syslog.build("siem", syslog.Settings("127.0.0.1", server.port, transport, **changes))


def tls(pairs, **changes):
    return {"transport": "tls", "ca_file": pairs["server"]["ca"], **changes}


def ours(pair):
    return {"client_certificate": pair["certificate"], "client_key": Secret(Path(pair["key"]).read_text("ascii"))}


@real
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_collector_understands_every_part_of_every_alert(kind, transport, pairs, tmp_path):
    alerts = [alert._replace(id=f"{number:032x}") for number, alert in enumerate(CASES.values(), 1)]
    secured = {"ca_file": pairs["server"]["ca"]} if transport == "tls" else {}
    with Server(kind, tmp_path, transport, pairs["server"] if secured else None) as server:
        sink = a_sink(server, transport, max_bytes=8192, **secured)
        for number, alert in enumerate(alerts, 1):
            assert sink.deliver([alert]) == Sent()
            if transport == "udp":  # a system that has no room for more datagrams drops them
                server.messages(number)
        messages = server.messages(len(alerts))
    assert [message["message"] for message in messages] == [cef.line_of(alert) for alert in alerts]
    assert [message["id"] for message in messages] == [alert.rule for alert in alerts]
    for number, (alert, message) in enumerate(zip(alerts, messages), 1):
        assert message["app"] == "pamsignal"
        assert message["process"] == str(os.getpid())
        assert int(message["pri"]) == 80 + {3: 6, 4: 5, 5: 4, 8: 1}[alert.severity]
        assert message["time"][:23] == ecs.alert_document(alert)["@timestamp"][:23]
        assert f'sequenceId="{number}"' in message["data"] if kind == "rsyslog" else message["sequence"] == str(number)


@real
@pytest.mark.parametrize("style", sorted(siem.FORMATS))
@pytest.mark.parametrize("kind", KINDS)
def test_every_format_comes_out_as_it_went_in(kind, style, tmp_path):
    name = "日本 \u202e \\ | = ^ \t \n <14>1 - - -"
    alert = an_alert(subject=a_login(user=name))
    with Server(kind, tmp_path) as server:
        assert a_sink(server, format=style).deliver([alert]) == Sent()
        [message] = server.messages(1)
    said = message["message"].lstrip("\ufeff")  # rsyslog keeps the mark, syslog-ng does not
    assert said == siem.FORMATS[style](alert)
    if style == "cef":
        assert read_cef(said)[1]["duser"].replace("�", "\t").split() == name.split()
    if style.startswith("leef"):
        assert read_leef(said)[1]["usrName"].split() == name.replace("^" if style == "leef2" else "\t", " ").split()
    if style == "ecs":
        assert json.loads(said)["user"]["name"] == name


@real
@pytest.mark.parametrize(
    ("kind", "changes"),
    [("rsyslog", {"framing": "newline"}), ("rsyslog", {"header": "rfc3164"}), ("syslog-ng", {"facility": "local4"})],
)
def test_older_ways_are_understood_too(kind, changes, tmp_path):
    with Server(kind, tmp_path) as server:
        assert a_sink(server, **changes).deliver([an_alert(), an_alert(id="b" * 32)]) == Sent()
        first, second = server.messages(2)
    assert first["host"] == "web-01"
    assert second["message"].strip() == cef.line_of(an_alert(id="b" * 32))
    assert int(first["pri"]) == (20 if "facility" in changes else 10) * 8 + 5


@real
@pytest.mark.parametrize("kind", KINDS)
def test_a_restart_of_the_collector_loses_nothing_and_leaves_no_gap(kind, tmp_path):
    with Server(kind, tmp_path) as server:
        sink = a_sink(server)
        assert sink.deliver([an_alert(id="1" * 32)]) == Sent()
        server.messages(1)
        server.stop()
        result = sink.deliver([an_alert(id="2" * 32)])
        assert isinstance(result, TryLater)
        assert result.pause
        server.start()
        assert sink.deliver([an_alert(id="2" * 32), an_alert(id="3" * 32)]) == Sent()
        numbers = [re.search(r"externalId=(\d)", one["message"])[1] for one in server.messages(3)]
        sequence = [
            one.get("sequence") or re.search(r'sequenceId="(\d+)"', one["data"])[1] for one in server.messages(3)
        ]
    assert numbers == ["1", "2", "3"]
    assert sequence == ["1", "2", "3"]


@real
@pytest.mark.parametrize("kind", KINDS)
def test_a_collector_that_asks_who_we_are_is_told(kind, pairs, tmp_path):
    with Server(kind, tmp_path, "tls", pairs["server"], wants_certificate=True) as server:
        assert a_sink(server, **tls(pairs, **ours(pairs["ours"]))).deliver([an_alert()]) == Sent()
        server.messages(1)


@real
@pytest.mark.parametrize("who", ["nobody", "stranger"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_collector_that_does_not_want_us_is_noticed_although_the_handshake_was_over(
    kind, who, pairs, tmp_path, monkeypatch
):
    monkeypatch.setattr(wire, "VERDICT_SECONDS", PATIENCE_S)  # it is waited for until it comes
    with Server(kind, tmp_path, "tls", pairs["server"], wants_certificate=True) as server:
        sink = a_sink(server, **tls(pairs, **({} if who == "nobody" else ours(pairs[who]))))
        result = sink.deliver([an_alert()])
    assert isinstance(result, TryLater)
    assert result.reason in {"tls", "network"}
    assert result.pause


@real
def test_a_certificate_for_another_name_or_of_an_unknown_authority_gets_nothing(pairs, tmp_path):
    with Server("syslog-ng", tmp_path, "tls", pairs["server"]) as server:
        other = a_sink(server, **tls(pairs, server_name="other.example.org")).deliver([an_alert()])
        unknown = a_sink(server, transport="tls").deliver([an_alert()])
        assert a_sink(server, **tls(pairs, server_name="collector.example.org")).deliver([an_alert()]) == Sent()
        assert len(server.messages(1)) == 1
    assert (other.reason, other.detail) == ("tls", "the certificate is for another host name")
    assert (unknown.reason, unknown.detail) == ("tls", "an authority in the chain is not known; name it in ca_file")


@pytest.mark.parametrize("style", sorted(siem.FORMATS))
@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_a_datagram_is_never_longer_than_it_may_be_and_whole_in_shape(style, alert):
    settings = syslog.Settings("127.0.0.1", transport="udp", format=style)
    message = syslog.message_of(alert, settings, Sender("web-01", 1, 10), 1)
    assert len(message) <= 2048
    payload = message.decode().split("] ", 1)[1]
    READERS[style](payload)


def test_over_udp_the_messages_arrive_one_by_one():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        sink = syslog.build("s", syslog.Settings(*listener.getsockname(), "udp", header="none", format="leef"))
        assert sink.deliver([an_alert(), an_alert()]) == Sent()
        assert select.select([listener], [], [], PATIENCE_S)[0]
        assert listener.recv(4096).decode() == leef.line_1_of(an_alert())
        assert listener.recv(4096).decode() == leef.line_1_of(an_alert())


@pytest.mark.parametrize(
    "changes",
    [
        {"ca_file": "/nowhere"},
        {"ca_file": __file__},
        {"client_certificate": __file__, "client_key": Secret("no key")},
    ],
)
def test_files_that_cannot_do_are_named_at_the_start(changes):
    with pytest.raises(ConfigError, match=r"sinks\.siem: TLS does not take"):
        syslog.build("siem", syslog.Settings("127.0.0.1", **changes))


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(pairs, authority):
    import subprocess

    command = ["openssl", "rsa", "-aes128", "-passout", "pass:x", "-in", pairs["ours"]["key"], "-traditional"]
    locked = subprocess.run(command, capture_output=True, text=True, check=False)
    if locked.returncode:
        command = ["openssl", "pkcs8", "-topk8", "-passout", "pass:x", "-in", pairs["ours"]["key"]]
        locked = subprocess.run(command, capture_output=True, text=True, check=True)
    settings = syslog.Settings(
        "127.0.0.1", client_certificate=pairs["ours"]["certificate"], client_key=Secret(locked.stdout)
    )
    with pytest.raises(ConfigError, match="without a passphrase"):
        syslog.build("siem", settings)


def test_tcp_without_a_port_has_nowhere_to_go():
    with pytest.raises(ConfigError, match=r"sinks\.s\.port"):
        syslog.build("s", syslog.Settings("127.0.0.1", transport="tcp"))


def test_the_preview_shows_the_message_on_one_line_without_what_moves_a_cursor():
    sink = syslog.build("s", syslog.Settings("127.0.0.1", 5140, "tcp", format="text"))
    shown = sink.preview(an_alert(subject=a_login(user="\x1b[2J"), severity=Severity.CRITICAL)).request
    where, empty, message = shown.split("\n")
    assert (where, empty) == ("tcp 127.0.0.1 port 5140", "")
    assert message.startswith("<81>1 2026-11-23T12:00:00.000Z web-01 pamsignal ")
    assert "\x1b" not in shown


@pytest.mark.parametrize("style", sorted(siem.FORMATS))
@pytest.mark.parametrize("text", ["\\" * 9000, '"=|^' * 3000, "\U0001f600" * 9000, "x" * 64_000])
@pytest.mark.parametrize("is_finding", [False, True], ids=["login", "finding"])
def test_at_the_least_size_the_longest_alert_is_still_whole(style, text, is_finding):
    login = a_login(user=text, hostname=text, tty=text, cwd=text, command=text, reason=text, group=text, service=text)
    subject = login
    if is_finding:
        users = (text,) * 20
        subject = a_finding(note=text, users=users, key=text, sources=("2001:db8::1",) * 20, event=login, hostname=text)
    place = Context(country=text, city=text, org=text, provider=text, region=text, instance_id=text)
    alert = an_alert(subject=subject, context=place, severity=Severity.CRITICAL)
    settings = syslog.Settings("127.0.0.1", transport="udp", format=style, max_bytes=2048)
    message = syslog.message_of(alert, settings, Sender("web-01", 1, 10), 1)
    assert len(message) <= 2048
    READERS[style](message.decode().split("] ", 1)[1])
