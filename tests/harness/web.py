"""HTTP servers in threads of this process: on loopback or on a socket that is given, over TLS with a certificate."""

from __future__ import annotations

import socket
import ssl
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, List, Optional

import trustme

_RESERVED: List[socket.socket] = []


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return what a server needs to show a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


class Server(ThreadingHTTPServer):
    """Serves from its making to `close`, or to the end of the block; `handler` answers, each request in a thread."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        handler: Callable[..., Any],
        listener: Optional[socket.socket] = None,
        certificate: Optional[trustme.LeafCert] = None,
    ) -> None:
        listener = listener or socket.create_server(("127.0.0.1", 0))
        super().__init__(listener.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        if certificate is not None:
            # Handshakes happen in the connection's own thread, so that one that fails or hangs holds nobody up.
            self.socket = context_of(certificate).wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
        self.url = "{}://{}:{}".format("http" if certificate is None else "https", *self.server_address)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer no more, and listen no more."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that break off are what tests are about."""


class Files(SimpleHTTPRequestHandler):
    """A file server that keeps no log."""

    protocol_version = "HTTP/1.1"  # the end of an answer is its length, and no connection that breaks off

    def log_message(self, *_: object) -> None:
        """Say nothing."""


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
