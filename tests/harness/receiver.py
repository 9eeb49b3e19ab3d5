"""A real HTTP(S) server that sinks send to: answers by script, or as a subclass says, and remembers what it was asked."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Type

import trustme

from tests.harness.web import Server

LONGEST_SILENCE_S = 30


class Reply(NamedTuple):
    """One answer, after `delay_s`. `raw` is sent instead of any HTTP; then the connection ends.

    `drip` is sent again and again until the client leaves; with `hangs` nothing is, and it has to leave, too. `sent` is
    called when all was handed to the system.
    """

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b"ok"
    raw: Optional[bytes] = None
    drip: bytes = b""
    hangs: bool = False
    delay_s: float = 0
    sent: Optional[Callable[[], None]] = None


class Received(NamedTuple):
    """One whole request; header names in lower case."""

    method: str
    path: str
    headers: Dict[str, str]
    body: bytes


class Receiver:
    """Answers with `replies` in order, then with 200 for ever; over TLS where it gets a certificate, on loopback unless it
    gets a listening socket.

    It serves from its making on: what a subclass needs to answer has to be there before.
    """

    protocol_version = "HTTP/1.1"

    def __init__(
        self,
        *replies: Reply,
        certificate: Optional[trustme.LeafCert] = None,
        listener: Optional[socket.socket] = None,
    ) -> None:
        self.requests: List[Received] = []
        self.leaving = threading.Event()
        self._replies = list(replies)
        self.server = Server(_handler_for(self), listener, certificate)

    def url(self, path: str = "/hook") -> str:
        """Return its address with `path`."""
        return f"{self.server.url}{path}"

    def reply_to(self, _request: Received) -> Reply:
        """Return the answer to a request that was remembered just now."""
        return self._replies.pop(0) if self._replies else Reply()

    def __enter__(self) -> Receiver:  # noqa: PYI034 - Self is of Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, and let nobody hang any longer."""
        self.leaving.set()
        self.server.close()


def _handler_for(receiver: Receiver) -> Type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = receiver.protocol_version
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the client's delayed acknowledgement

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # the client was killed half-way: it sent no request
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.command, self.path, headers, body)
            receiver.requests.append(request)
            _answer(self, receiver.reply_to(request), receiver.leaving)

        # As the base class calls them; a client that follows redirects would GET.
        do_GET = do_PUT = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _answer(handler: BaseHTTPRequestHandler, reply: Reply, leaving: threading.Event) -> None:
    time.sleep(reply.delay_s)
    if reply.raw is None:
        handler.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(reply.body)
    else:
        handler.close_connection = True
        handler.wfile.write(reply.raw)
    if reply.sent is not None:
        reply.sent()
    while reply.drip and not leaving.wait(0.02):
        handler.wfile.write(reply.drip)
    if reply.hangs:
        handler.connection.settimeout(LONGEST_SILENCE_S)
        handler.connection.recv(1)  # returns when the client has enough of it
