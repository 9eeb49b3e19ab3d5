"""Connections of urllib3 with two rules more: an answer has a deadline, and no name may lead to the link."""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any, Optional

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pamsignal.deliver.sinks.safety import is_link_local

READ_SECONDS = 10.0
ANSWER_SECONDS = 20.0


class LinkLocalError(Exception):
    """The host's name led to an address of the link."""


class _DeadlineReader(io.RawIOBase):
    """A socket's bytes until the deadline: a server that sends one byte every nine seconds keeps nobody for ever."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self._raw = connection.makefile("rb", buffering=0)
        self._deadline_seconds = time.monotonic() + ANSWER_SECONDS

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        left_seconds = self._deadline_seconds - time.monotonic()
        if left_seconds <= 0:
            raise socket.timeout("deadline")
        self._connection.settimeout(min(left_seconds, READ_SECONDS))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Deadlined:
    """Just so much of a socket as an HTTPResponse asks for."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._connection))


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(_Deadlined(sock), *arguments, **options)  # type: ignore[arg-type]


class _GuardedConnection(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        _refuse_link_local(self)


class _GuardedTlsConnection(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        _refuse_link_local(self)


class Pool(HTTPConnectionPool):
    """Guarded connections in the clear."""

    ConnectionCls = _GuardedConnection


class TlsPool(HTTPSConnectionPool):
    """Guarded connections with TLS."""

    ConnectionCls = _GuardedTlsConnection


def _refuse_link_local(connection: HTTPConnection) -> None:
    """Look at the address that the name led to, before anything is sent to it."""
    peer = connection.sock.getpeername()[0] if connection.sock else ""
    if is_link_local(peer):
        connection.close()
        raise LinkLocalError
