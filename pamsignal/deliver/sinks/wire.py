"""The wires of syslog: datagrams, and a stream, plain or with TLS, that stays open from one load to the next.

A stream knows more than that the system took the octets: `send` returns when the receiver's system has acknowledged
them all (TCP's own acknowledgement), and looks for a goodbye before it begins. What the receiving program does with
them then, no syslog transport tells. Import it inside a sink's `build` alone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import ssl
import sys
import termios
import time
from typing import Iterator, NamedTuple, Optional, Protocol, Sequence

from pamsignal.deliver.sinks import network, tls
from pamsignal.model import TryLater
from pamsignal.secret import Secret

TIMEOUT_SECONDS = 10.0  # of each step, and of a line on which nothing moves
LOAD_SECONDS = 120.0  # of a whole load, however it moves; the daemon gives up a courier that is silent for longer
VERDICT_SECONDS = 1.0
REFUSAL_SECONDS = 0.005
_IDLE_ROUNDS = 16
_PIECE_BYTES = 16_384
_FIRST_LOOK_SECONDS, _LAST_LOOK_SECONDS = 0.001, 0.05
_QUIET = (BlockingIOError, ssl.SSLWantReadError)  # nothing came, and nothing ended


class Wire(Protocol):
    """A way to a receiver."""

    def send(self, messages: Sequence[bytes]) -> None:
        """Hand over all `messages`, or raise OSError, after which they are to be sent again."""
        ...


class Place(NamedTuple):
    """Where the receiver is."""

    host: str
    port: int


class Identity(NamedTuple):
    """How both ends prove who they are; `server_name` is what the receiver's certificate is for."""

    server_name: str
    ca_file: Optional[str] = None
    certificate: Optional[str] = None
    key: Optional[Secret] = None


class Datagrams:
    """One datagram for each message; the name is looked up again for each load."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def send(self, messages: Sequence[bytes]) -> None:
        """Send `messages`. A receiver that is not there shows where its system is near, and says so."""
        family, kind, protocol, _, address = socket.getaddrinfo(*self._place, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as connection:
            connection.settimeout(TIMEOUT_SECONDS)
            connection.connect(address)
            for message in messages:
                connection.send(message)
            # A system that is near and has nobody at the port says so at once; one that is far has no time to.
            select.select([connection], [], [], REFUSAL_SECONDS)
            _raise_error_of(connection)


class Stream:
    """A TCP connection."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._connection: Optional[socket.socket] = None

    def send(self, messages: Sequence[bytes]) -> None:
        """Send `messages`, which bring their framing along, and wait until they are acknowledged."""
        if self._connection is not None and not _is_open(self._connection):
            self.close()
        try:
            if self._connection is None:
                self._connection = self._connected()
            end = time.monotonic() + LOAD_SECONDS
            for piece in _pieces(b"".join(messages)):
                self._connection.sendall(piece)
                if time.monotonic() > end:
                    raise socket.timeout
            _await_acknowledgement(self._connection, end)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(self._place, TIMEOUT_SECONDS)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return connection


class TlsStream(Stream):
    """A TCP connection with TLS 1.2 or later, whose other end has proved its name."""

    def __init__(self, place: Place, identity: Identity) -> None:
        super().__init__(place)
        self._identity = identity

    def _connected(self) -> socket.socket:
        plain = super()._connected()
        try:
            # Made anew each time: certificates are replaced while we run.
            connection = context_of(self._identity).wrap_socket(plain, server_hostname=self._identity.server_name)
            _await_verdict(connection)
        except BaseException:
            plain.close()
            raise
        return connection


def context_of(identity: Identity) -> ssl.SSLContext:
    """Return what verifies the receiver and proves us to it. OSError (ssl.SSLError, too) for files that cannot do."""
    context = ssl.create_default_context(cafile=identity.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if identity.certificate is not None and identity.key is not None:
        load_pair(context, identity.certificate, identity.key)
    return context


def later(error: OSError) -> TryLater:
    """Return why nothing arrived for certain."""
    return (
        TryLater("tls", tls.words_for(error), pause=True) if isinstance(error, ssl.SSLError) else network.later(error)
    )


def load_pair(context: ssl.SSLContext, certificate: str, key: Secret) -> None:
    """Show OpenSSL the key in a file of memory: it takes files alone, and a secret may come from elsewhere."""
    descriptor = os.memfd_create("pamsignal-key", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(key.reveal().encode())
        context.load_cert_chain(certificate, f"/proc/self/fd/{descriptor}", password=_no_password)
    finally:
        os.close(descriptor)


def _no_password() -> str:
    """Answer in OpenSSL's place, which would ask at a terminal."""
    return ""


def _is_open(connection: socket.socket) -> bool:
    """Tell whether the other end has said nothing that ends it. What else it says is nobody's business."""
    connection.settimeout(0)
    try:
        for _ in range(_IDLE_ROUNDS):
            if not connection.recv(4096):
                return False
    except _QUIET:
        pass
    except OSError:
        return False
    connection.settimeout(TIMEOUT_SECONDS)
    return True


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut a load for `sendall`, whose time-out is for all that it is given: on a thin line each piece has its own."""
    return (data[begin : begin + _PIECE_BYTES] for begin in range(0, len(data), _PIECE_BYTES))


def _await_acknowledgement(connection: socket.socket, end: float) -> None:
    """Return when the other end's system has every octet; raise what the connection died of, or socket.timeout.

    As long as it acknowledges some, it has more time, until `end` on the monotonic clock.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    pause = _FIRST_LOOK_SECONDS
    least = _unacknowledged(connection)
    while (missing := _unacknowledged(connection)) > 0:
        _raise_error_of(connection)
        if missing < least:
            least, deadline = missing, time.monotonic() + TIMEOUT_SECONDS
        if time.monotonic() > min(deadline, end):
            raise socket.timeout
        time.sleep(pause)
        pause = min(pause * 2, _LAST_LOOK_SECONDS)
    _raise_error_of(connection)


def _unacknowledged(connection: socket.socket) -> int:
    """Return how many octets the other end has not acknowledged: SIOCOUTQ of tcp(7), here under the name of TTYs."""
    answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    return int.from_bytes(answer, sys.byteorder)


def _raise_error_of(connection: socket.socket) -> None:
    code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _await_verdict(connection: ssl.SSLSocket) -> None:
    """Let a receiver that does not want our certificate say so: under TLS 1.3 it does after our handshake is over.

    A session ticket is proof that it does want it. Who sends neither in a second gets what we have.
    """
    if connection.version() != "TLSv1.3":
        return
    connection.settimeout(0)
    deadline = time.monotonic() + VERDICT_SECONDS
    # Its own deadline in each round: a receiver that keeps talking would hold us here.
    while (left := deadline - time.monotonic()) > 0 and select.select([connection], [], [], left)[0]:
        try:
            if not connection.recv(4096):
                raise ConnectionResetError(errno.ECONNRESET, "closed by the receiver right after the handshake")
        except _QUIET:  # a ticket, or a part of one
            break
    connection.settimeout(TIMEOUT_SECONDS)
