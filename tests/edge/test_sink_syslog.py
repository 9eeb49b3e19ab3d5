"""The syslog sink, to real collectors: what they understand is what was sent, over every transport."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme

from pamsignal.deliver.sinks import syslog, wire
from pamsignal.errors import ConfigError
from pamsignal.model import Context, Sent, TryLater
from pamsignal.render import cef, ecs, leef, siem
from pamsignal.render.syslog import Sender
from pamsignal.secret import Secret
from pamsignal.terms import Severity
from tests.builders import a_finding, a_login, an_alert
from tests.harness.certificates import believed, pair
from tests.harness.checkout import UNPACKED
from tests.harness.syslog_servers import Server
from tests.harness.waiting import PATIENCE_S
from tests.harness.web import unused_port
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


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    """A certificate for the receivers, one for us, and one of somebody else's authority, as files."""
    folder = tmp_path_factory.mktemp("pair")
    believed(folder, authority)
    return {
        "server": pair(folder, "collector.example.org", authority),
        "ours": pair(folder, "web-01.example.org", authority),
        "stranger": pair(folder, "stranger.example.org", trustme.CA()),
    }


def a_sink(server, transport="tcp", **changes):
    return syslog.build("siem", syslog.Settings("127.0.0.1", server.port, transport, **changes))


def tls(files, **changes):
    return {"transport": "tls", "ca_file": files["server"]["ca"], **changes}


def ours(pair):
    return {"client_certificate": pair["certificate"], "client_key": Secret(Path(pair["key"]).read_text("ascii"))}


@real
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_collector_understands_every_part_of_every_alert(kind, transport, files, tmp_path):
    alerts = [alert._replace(id=f"{number:032x}") for number, alert in enumerate(CASES.values(), 1)]
    secured = {"ca_file": files["server"]["ca"]} if transport == "tls" else {}
    with Server(kind, tmp_path, transport, files["server"] if secured else None) as server:
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
def test_a_collector_that_asks_who_we_are_is_told(kind, files, tmp_path):
    with Server(kind, tmp_path, "tls", files["server"], wants_certificate=True) as server:
        assert a_sink(server, **tls(files, **ours(files["ours"]))).deliver([an_alert()]) == Sent()
        server.messages(1)


@real
@pytest.mark.parametrize("who", ["nobody", "stranger"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_collector_that_does_not_want_us_is_noticed_although_the_handshake_was_over(
    kind, who, files, tmp_path, monkeypatch
):
    monkeypatch.setattr(wire, "VERDICT_SECONDS", PATIENCE_S)  # it is waited for until it comes
    with Server(kind, tmp_path, "tls", files["server"], wants_certificate=True) as server:
        sink = a_sink(server, **tls(files, **({} if who == "nobody" else ours(files[who]))))
        result = sink.deliver([an_alert()])
    assert isinstance(result, TryLater)
    assert result.reason in {"tls", "network"}
    assert result.pause


@real
def test_a_certificate_for_another_name_or_of_an_unknown_authority_gets_nothing(files, tmp_path):
    with Server("syslog-ng", tmp_path, "tls", files["server"]) as server:
        other = a_sink(server, **tls(files, server_name="other.example.org")).deliver([an_alert()])
        unknown = a_sink(server, transport="tls").deliver([an_alert()])
        assert a_sink(server, **tls(files, server_name="collector.example.org")).deliver([an_alert()]) == Sent()
        assert len(server.messages(1)) == 1
    assert (other.reason, other.detail) == ("tls", "the certificate is for another host name")
    assert (unknown.reason, unknown.detail) == ("tls", "an authority in the chain is not known; name it in ca_file")


class Old:
    """A receiver of TLS 1.1, as an appliance that nobody has updated."""

    def __init__(self, pair):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair["certificate"], pair["key"])
        self._context.set_ciphers("ALL:@SECLEVEL=0")
        self._context.minimum_version = ssl.TLSVersion.TLSv1
        self._context.maximum_version = ssl.TLSVersion.TLSv1_1
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _ = self._listener.accept()
        try:
            self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_before_1_2_is_refused(files):
    result = a_sink(Old(files["server"]), **tls(files)).deliver([an_alert()])
    assert (result.reason, result.pause) == ("tls", True)


def test_a_receiver_that_acknowledges_and_one_that_does_not_are_told_apart(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream = wire.Stream(wire.Place(*listener.getsockname()))
        stream.send([b"x" * 1000])  # nobody reads it, and yet the other system has it
        monkeypatch.setattr(wire, "TIMEOUT_SECONDS", 0.3)
        with pytest.raises(socket.timeout):
            stream.send([b"x" * 100_000_000])


def test_a_receiver_that_breaks_off_inside_a_load_gets_all_of_it_again(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sink = syslog.build("s", syslog.Settings(*listener.getsockname(), "tcp", framing="newline"))
        assert sink.deliver([an_alert(id="0" * 32)]) == Sent()
        first, _ = listener.accept()
        first.recv(100_000)
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, and no goodbye
        first.close()
        assert select.select([sink._wire._connection], [], [], PATIENCE_S)[0]  # until the reset has come
        load = [an_alert(id=digit * 32) for digit in "12"]
        assert sink.deliver(load) == Sent()
        second, _ = listener.accept()
        lines = second.recv(100_000).decode().splitlines()
        second.close()
    assert [re.search(r'sequenceId="(\d)"', line)[1] for line in lines] == ["2", "3"]


def test_nobody_there_is_a_reason_to_wait(monkeypatch):
    monkeypatch.setattr(wire, "REFUSAL_SECONDS", PATIENCE_S)  # it is waited for until it comes
    sink = syslog.build("s", syslog.Settings("127.0.0.1", unused_port(), "tcp"))
    assert sink.deliver([an_alert()]) == TryLater("network", "connection refused", pause=True)
    sink = syslog.build("s", syslog.Settings("127.0.0.1", unused_port(), "udp"))
    assert sink.deliver([an_alert()]) == TryLater("network", "connection refused", pause=True)
    sink = syslog.build("s", syslog.Settings("nowhere.invalid", 6514))
    assert sink.deliver([an_alert()]) == TryLater("network", "the host name cannot be resolved", pause=True)


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


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(files, authority):
    import subprocess

    command = ["openssl", "rsa", "-aes128", "-passout", "pass:x", "-in", files["ours"]["key"], "-traditional"]
    locked = subprocess.run(command, capture_output=True, text=True, check=False)
    if locked.returncode:
        command = ["openssl", "pkcs8", "-topk8", "-passout", "pass:x", "-in", files["ours"]["key"]]
        locked = subprocess.run(command, capture_output=True, text=True, check=True)
    settings = syslog.Settings(
        "127.0.0.1", client_certificate=files["ours"]["certificate"], client_key=Secret(locked.stdout)
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


class Chatty:
    """A receiver of TLS 1.3 that sends no ticket, and never stops talking."""

    def __init__(self, pair):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair["certificate"], pair["key"])
        self._context.num_tickets = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _ = self._listener.accept()
        with contextlib.suppress(OSError), self._context.wrap_socket(connection, server_side=True) as talking:
            while True:
                talking.sendall(b"x" * 1000)


def test_a_receiver_that_never_stops_talking_holds_nobody(files):
    results = []
    sink = a_sink(Chatty(files["server"]), **tls(files))
    thread = threading.Thread(target=lambda: results.append(sink.deliver([an_alert()])), daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert results


def test_a_line_is_given_all_the_time_it_needs_as_long_as_something_moves(monkeypatch):
    monkeypatch.setattr(wire, "TIMEOUT_SECONDS", 2)  # all of it takes longer
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        received = []

        def read_slowly():
            connection, _ = listener.accept()
            with connection:
                while piece := connection.recv(8192):
                    received.append(len(piece))
                    time.sleep(0.008)

        threading.Thread(target=read_slowly, daemon=True).start()
        wire.Stream(wire.Place(*listener.getsockname())).send([b"x" * 10_000] * 300)
        assert sum(received) > 2_000_000


def test_a_load_that_crawls_is_given_up_in_the_end(monkeypatch):
    monkeypatch.setattr(wire, "LOAD_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def crawl():
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                while connection.recv(512):
                    time.sleep(0.01)

        threading.Thread(target=crawl, daemon=True).start()
        with pytest.raises(socket.timeout):
            wire.Stream(wire.Place(*listener.getsockname())).send([b"x" * 10_000] * 300)


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
