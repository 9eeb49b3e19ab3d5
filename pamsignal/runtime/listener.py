"""A very small HTTP server for what was rendered last: GET /metrics, and nothing else.

One thread, a bounded number of clients side by side, a bounded request and a deadline for each: whoever only holds a
connection open holds up neither another client nor the loop, which only leaves new bytes here. Its thread is a daemon
thread, so that it never holds up the end of the process either.
"""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from typing import Dict

from pamsignal.runtime.host_port import HostPort
from pamsignal.runtime.loop import monotonic_us

PATH = "/metrics"
CONTENT_TYPE = (
    "text/plain; version=0.0.4; charset=utf-8"  # Prometheus' text format, of which no label needs a later one
)
LONGEST_REQUEST = 8192  # bytes; Prometheus sends about 300
DEADLINE_S = 3.0
PAUSE_S = 0.5
MOST_CLIENTS = 32  # at a time; one more takes the place of the one that has been here the longest


class Listener:
    """Serves `content` at `address` from its making until `close`. OSError if nobody can listen there."""

    def __init__(self, address: HostPort) -> None:
        self.content = b""
        self._leaving = threading.Event()
        self._clients: Dict[int, _Client] = {}  # by descriptor, the one that has been here the longest first
        self._poll = select.poll()
        self._socket = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart need not wait for TIME_WAIT
            self._socket.bind(address)
            self._socket.setblocking(False)
            self._socket.listen(MOST_CLIENTS)
            self._poll.register(self._socket, select.POLLIN)
            self._thread = threading.Thread(target=self._serve, name="metrics", daemon=True)
            self._thread.start()
        except (OSError, RuntimeError) as error:
            self._socket.close()
            raise OSError(*error.args) from error

    def close(self) -> None:
        """Listen no longer, so that the address is free for the next one. A client at hand is not waited for."""
        self._leaving.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # ends the poll
        self._thread.join(PAUSE_S)  # it waits for nobody; only then may somebody else get the descriptor
        self._socket.close()

    def _serve(self) -> None:
        listening = self._socket.fileno()
        while not self._leaving.is_set():
            for descriptor, _ in self._poll.poll(self._wait_ms()):
                if descriptor == listening:
                    self._welcome()
                elif descriptor in self._clients:
                    self._attend(self._clients[descriptor])
            now_us = monotonic_us()
            for client in [client for client in self._clients.values() if client.end_us <= now_us]:
                self._dismiss(client)
        for client in list(self._clients.values()):
            self._dismiss(client)

    def _wait_ms(self) -> int:
        """Return how long nothing has to be done: until the first deadline, however long where nobody is here."""
        first = next(iter(self._clients.values()), None)
        return -1 if first is None else max(0, first.end_us - monotonic_us()) // 1000 + 1

    def _welcome(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except BlockingIOError:  # the client was gone already
            return
        except OSError:
            self._leaving.wait(PAUSE_S)  # closed, or there are no descriptors
            return
        if len(self._clients) >= MOST_CLIENTS:
            self._dismiss(next(iter(self._clients.values())))
        connection.setblocking(False)
        self._clients[connection.fileno()] = _Client(connection)
        self._poll.register(connection, select.POLLIN)

    def _attend(self, client: _Client) -> None:
        """Read what is there, or send what goes. Whoever breaks off has their reasons."""
        try:
            is_done = client.send() if client.answer else self._read(client)
        except BlockingIOError:
            return
        except OSError:
            is_done = True
        if is_done:
            self._dismiss(client)

    def _read(self, client: _Client) -> bool:
        chunk = client.connection.recv(LONGEST_REQUEST)
        client.request += chunk
        if b"\r\n\r\n" in client.request:
            client.answer = self._answer_to(client.request.partition(b"\r\n")[0])
            self._poll.modify(client.connection, select.POLLOUT)
            return client.send()
        return not chunk or len(client.request) > LONGEST_REQUEST

    def _dismiss(self, client: _Client) -> None:
        self._poll.unregister(client.connection)
        del self._clients[client.connection.fileno()]
        client.connection.close()

    def _answer_to(self, request_line: bytes) -> bytes:
        words = request_line.split(b" ")
        path = words[1].partition(b"?")[0] if len(words) == 3 else b""
        if path != PATH.encode():
            return _response("404 Not Found", b"the metrics are at /metrics\n")
        if words[0] not in {b"GET", b"HEAD"}:
            return _response("405 Method Not Allowed", b"GET only\n")
        content = self.content
        if not content:
            return _response("503 Service Unavailable", b"no metrics yet\n")
        answer = _response("200 OK", content, CONTENT_TYPE)
        return answer if words[0] == b"GET" else answer[: -len(content)]


class _Client:
    """A connection until `end_us`: what it has asked so far, then what it is still to get."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.end_us = monotonic_us() + int(DEADLINE_S * 1_000_000)
        self.request = b""
        self.answer = b""

    def send(self) -> bool:
        """Send what goes; True if that was all."""
        self.answer = self.answer[self.connection.send(self.answer) :]
        return not self.answer


def _response(status: str, content: bytes, content_type: str = "text/plain") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + content
