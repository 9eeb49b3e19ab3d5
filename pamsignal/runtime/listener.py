"""A very small HTTP server for what was rendered last: GET /metrics, and nothing else.

One thread, one client at a time, a bounded request and a deadline for each: no client can hold up the loop, which only
leaves new bytes here. Its thread is a daemon thread, so that it never holds up the end of the process either.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from pamsignal.runtime.host_port import HostPort
from pamsignal.runtime.loop import monotonic_us

PATH = "/metrics"
CONTENT_TYPE = (
    "text/plain; version=0.0.4; charset=utf-8"  # Prometheus' text format, of which no label needs a later one
)
LONGEST_REQUEST = 8192  # bytes; Prometheus sends about 300
DEADLINE_S = 3.0
PAUSE_S = 0.5
WAITING = 8  # clients that may queue for their turn


class Listener:
    """Serves `content` at `address` from its making until `close`. OSError if nobody can listen there."""

    def __init__(self, address: HostPort) -> None:
        self.content = b""
        self._leaving = threading.Event()
        self._socket = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart need not wait for TIME_WAIT
            self._socket.bind(address)
            self._socket.listen(WAITING)
            threading.Thread(target=self._serve, name="metrics", daemon=True).start()
        except (OSError, RuntimeError) as error:
            self._socket.close()
            raise OSError(*error.args) from error

    def close(self) -> None:
        """Listen no longer, so that the address is free for the next one. A client at hand is not waited for."""
        self._leaving.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # lets go of accept()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                if self._leaving.wait(PAUSE_S):  # else the client was gone already, or there are no descriptors
                    return
                continue
            with client, suppress(OSError):  # a client that breaks off has its reasons
                self._answer(client)

    def _answer(self, client: socket.socket) -> None:
        end_us = monotonic_us() + int(DEADLINE_S * 1_000_000)
        request = b""
        while b"\r\n\r\n" not in request:
            client.settimeout(max(0.001, (end_us - monotonic_us()) / 1_000_000))
            chunk = client.recv(LONGEST_REQUEST)
            request += chunk
            if not chunk or len(request) > LONGEST_REQUEST or monotonic_us() > end_us:
                return
        client.settimeout(DEADLINE_S)
        client.sendall(self._answer_to(request.partition(b"\r\n")[0]))

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


def _response(status: str, content: bytes, content_type: str = "text/plain") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + content
