"""How the syslog sink holds a connection: receivers that break off, hang, talk, crawl, or speak an old TLS."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import threading
import time

import pytest

from pamsignal.deliver.sinks import syslog, wire
from pamsignal.model import Sent, TryLater
from tests.builders import an_alert
from tests.harness.waiting import PATIENCE_S
from tests.harness.web import unused_port


def a_sink(server, transport="tcp", **changes):
    return syslog.build("siem", syslog.Settings("127.0.0.1", server.port, transport, **changes))


def tls(pairs, **changes):
    return {"transport": "tls", "ca_file": pairs["server"]["ca"], **changes}


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
def test_tls_before_1_2_is_refused(pairs):
    result = a_sink(Old(pairs["server"]), **tls(pairs)).deliver([an_alert()])
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


def test_a_receiver_that_never_stops_talking_holds_nobody(pairs):
    results = []
    sink = a_sink(Chatty(pairs["server"]), **tls(pairs))
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
