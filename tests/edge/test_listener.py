"""The metrics' listener against real sockets: what it answers, and what no client can do to it."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import closing, suppress

import pytest

from pamsignal.runtime import listener
from pamsignal.runtime.host_port import HostPort
from pamsignal.runtime.listener import LONGEST_REQUEST, Listener
from tests.edge.receiver import unused_port


@pytest.fixture
def serving():
    with closing(Listener(HostPort("127.0.0.1", unused_port()))) as one:
        one.content = b"pamsignal_x 1\n"
        yield one


def address(serving):
    return serving._socket.getsockname()[:2]


def asked(serving, method="GET", path="/metrics"):
    with closing(http.client.HTTPConnection(*address(serving), timeout=20)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def said(serving, request):
    """The whole answer to raw bytes; nothing where the listener hangs up."""
    with socket.create_connection(address(serving), timeout=20) as client:
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


def test_a_client_that_drips_or_says_nothing_holds_nobody_up_for_long(serving, monkeypatch):
    monkeypatch.setattr(listener, "DEADLINE_S", 0.2)
    with socket.create_connection(address(serving)) as silent, socket.create_connection(address(serving)) as dripping:
        dripping.sendall(b"GET ")
        assert asked(serving)[0] == 200
        assert silent.recv(1) == b""


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
    with socket.create_connection(address(one)) as slow:
        slow.sendall(b"GET ")
        one.close()
        with suppress(ConnectionError):  # it may not have had its turn yet
            assert slow.recv(1) == b""
    for thread in threading.enumerate():
        if thread.name == "metrics":
            thread.join(20)
            assert not thread.is_alive()


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
