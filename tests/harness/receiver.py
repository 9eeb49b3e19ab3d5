"""A real HTTPS receiver on loopback that answers by script and remembers what it was asked."""

from __future__ import annotations

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Dict, List, Mapping, NamedTuple, Optional

import trustme


class Reply(NamedTuple):
    """One answer. `raw` is sent instead of any HTTP; `drip` is then sent again and again until the client leaves."""

    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b"ok"
    raw: Optional[bytes] = None
    drip: bytes = b""


class Received(NamedTuple):
    """One request; header names in lower case."""

    method: str
    path: str
    headers: Dict[str, str]
    body: bytes


class Receiver:
    """Answers with `replies` in order, then with 200 for ever; over TLS where it gets a certificate."""

    def __init__(self, *replies: Reply, certificate: Optional[trustme.LeafCert] = None) -> None:
        self.requests: List[Received] = []
        self._replies = list(replies)
        self._leaving = threading.Event()
        self._server = _QuietServer(("127.0.0.1", 0), self._handler())
        self._scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            # Handshakes happen in the connection's own thread, so that a failing one holds nobody up.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def url(self, path: str = "/hook") -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}{path}"

    def __enter__(self) -> Receiver:  # noqa: PYI034 - Self is of Python 3.11
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer waits 40 ms for the client's delayed acknowledgement

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:  # the client was killed half-way: it sent no request
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append(Received(self.command, self.path, headers, body))
                self._answer(receiver._replies.pop(0) if receiver._replies else Reply())

            do_GET = do_POST  # noqa: N815 - the base class calls it so; a client that follows redirects would GET

            def _answer(self, reply: Reply) -> None:
                if reply.raw is None:
                    self.send_response(reply.status)
                    for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)
                else:
                    self.close_connection = True
                    self.wfile.write(reply.raw)
                while reply.drip and not receiver._leaving.wait(0.02):
                    self.wfile.write(reply.drip)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Clients that break off are what the tests are about."""


_RESERVED: List[socket.socket] = []


def unused_port() -> int:
    """Return a port of TCP on loopback where nobody listens, and that the system gives to nobody else.

    It stays bound, to sockets that share it, for as long as these tests run. Whoever is told its number can still
    listen there, with SO_REUSEADDR as servers do (socket(7)); until then a connection is refused.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    _RESERVED.append(reserved)
    return int(reserved.getsockname()[1])
