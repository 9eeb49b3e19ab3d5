"""The metrics' listener against real sockets: what it answers, and what no client can do to it."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import ExitStack, closing, suppress

import pytest

from pamsignal.runtime import listener
from pamsignal.runtime.host_port import HostPort
from pamsignal.runtime.listener import LONGEST_REQUEST, MOST_CLIENTS, Listener
from tests.harness.waiting import PATIENCE_S
from tests.harness.web import unused_port


@pytest.fixture
def serving():
    with closing(Listener(HostPort("127.0.0.1", unused_port()))) as one:
        one.content = b"pamsignal_x 1\n"
        yield one


def address(serving):
    return serving._socket.getsockname()[:2]


def asked(serving, method="GET", path="/metrics"):
    with closing(http.client.HTTPConnection(*address(serving), timeout=PATIENCE_S)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def said(serving, request):
    """The whole answer to raw bytes; nothing where the listener hangs up."""
    with socket.create_connection(address(serving), timeout=PATIENCE_S) as client:
        try:
            client.sendall(request)
            return b"".join(iter(lambda: client.recv(65536), b""))
        except ConnectionError:
            return b""


def test_what_was_left_last_is_served_and_nothing_is_kept_open(serving):
    status, headers, body = asked(serving)
    assert (status, body) == (200, b"pamsignal_x 1\n")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert headers["Connection"] == "close"
    serving.content = b"pamsignal_x 2\n"
    assert asked(serving)[2] == b"pamsignal_x 2\n"
    assert asked(serving, path="/metrics?name[]=x")[0] == 200


def test_before_the_first_figures_it_says_so(serving):
    serving.content = b""
    assert asked(serving)[0] == 503


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/metrics/", 404), ("GET", "/../metrics", 404), ("POST", "/metrics", 405)],
)
def test_nothing_else_is_answered(serving, method, path, status):
    assert asked(serving, method, path)[0] == status


def test_head_is_answered_without_a_body(serving):
    status, headers, body = asked(serving, "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "14", b"")


@pytest.mark.parametrize(
    "request_", [b"\r\n\r\n", b"\0\r\n\r\n", b"GET\r\n\r\n", b"GET /metrics\r\n\r\n", b"\xff " * 9 + b"\r\n\r\n"]
)
def test_what_is_no_request_harms_nobody(serving, request_):
    assert b"pamsignal_x" not in said(serving, request_)
    assert asked(serving)[0] == 200


def test_a_request_without_end_is_cut_off(serving):
    assert said(serving, b"GET /metrics HTTP/1.1\r\nX: " + b"x" * (2 * LONGEST_REQUEST)) == b""
    assert asked(serving)[0] == 200


def test_whoever_holds_connections_open_holds_up_nobody(serving, monkeypatch):
    monkeypatch.setattr(listener, "DEADLINE_S", 600)
    with ExitStack() as stack:
        held = [stack.enter_context(connected(serving)) for _ in range(3 * MOST_CLIENTS)]
        for each in held[1::2]:
            with suppress(ConnectionError):  # those that came first were sent away
                each.sendall(b"GET ")
        assert asked(serving)[0] == 200
        assert len(serving._clients) <= MOST_CLIENTS


def test_a_client_that_says_nothing_or_drips_is_sent_away_in_time(serving, monkeypatch):
    monkeypatch.setattr(listener, "DEADLINE_S", 0.2)
    with connected(serving) as silent, connected(serving) as dripping:
        with suppress(ConnectionError):  # on a busy machine it is sent away before it has said anything
            dripping.sendall(b"GET ")
        assert (sent_away(silent), sent_away(dripping)) == (True, True)


def connected(serving):
    return socket.create_connection(address(serving), timeout=PATIENCE_S)


def sent_away(client):
    """Whether the listener hangs up; what it has not read by then makes it a reset."""
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def test_a_client_that_reads_slowly_gets_all_of_it(serving, monkeypatch):
    monkeypatch.setattr(listener, "DEADLINE_S", 600)
    serving.content = b"x" * 8_000_000  # more than fits between the two sockets
    with connected(serving) as slow:
        slow.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert asked(serving, "HEAD")[0] == 200
        answer = b"".join(iter(lambda: slow.recv(1 << 20), b""))
    assert answer.endswith(b"\r\n\r\n" + serving.content)


def test_after_closing_the_address_is_free_at_once():
    where = HostPort("127.0.0.1", unused_port())
    for _ in range(3):
        with closing(Listener(where)) as one:
            one.content = b"x"
            assert asked(one)[0] == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(where)


def test_closing_waits_for_no_client_and_its_thread_ends(monkeypatch):
    monkeypatch.setattr(listener, "DEADLINE_S", 0.5)
    one = Listener(HostPort("127.0.0.1", unused_port()))
    with connected(one) as slow:
        slow.sendall(b"GET ")
        one.close()
        assert sent_away(slow)
    assert not [thread for thread in threading.enumerate() if thread.name == "metrics"]


def test_an_address_that_is_taken_is_an_error(serving):
    with pytest.raises(OSError, match="in use"):
        Listener(HostPort(*address(serving)))


def test_it_listens_on_ipv6():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        one = Listener(HostPort("::1", unused_port()))
    except OSError as error:
        pytest.skip(f"no ::1 here: {error}")
    with closing(one):
        one.content = b"x"
        assert asked(one)[0] == 200
