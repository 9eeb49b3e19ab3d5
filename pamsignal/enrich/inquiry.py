"""Asking the metadata service of the cloud: beside the loop, within seconds, and nobody waits for the answer.

One connection for each question, to an address and not a name, without proxies, redirects or TLS, which these services
do not have. Whatever comes back is cut, and never raises.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from typing import Callable, Mapping, Optional, Tuple

from pamsignal import __version__
from pamsignal.enrich.metadata import SERVICES, Service, Told, told_by
from pamsignal.enrich.provider import Cloud

ANSWER_SECONDS = 1.0
ANSWER_BYTES = 64 * 1024
# As long as there is no answer. A host that has just started may have no address yet.
AGAIN_US = 3_600_000_000
_PORT = 80
_CHUNK_BYTES = 16_384

AddressOf = Callable[[str], Tuple[str, int]]


def address_of(host: str) -> Tuple[str, int]:
    """Return where the service of `host` listens."""
    return host, _PORT


class Inquiry:
    """What the metadata service tells of this host, once it has told it.

    `has_news` from the moment that an answer is there until it is put to use.
    """

    def __init__(self, address_of: AddressOf = address_of) -> None:
        self.has_news = False
        self._address_of = address_of
        self._asked_us: Optional[int] = None
        self._told = Told()

    def completed(self, cloud: Cloud, whose: Optional[str], now_us: int, *, wants_region: bool) -> Cloud:
        """Return `cloud` with what it lacks, as far as it is known by now. Asks `whose` service, and never waits.

        At a time of 0, which is before the first turn of the loop, nobody is asked.
        """
        self.has_news = False
        told = self._told
        if (cloud.region is not None or not wants_region) and cloud.instance_id is not None:
            return cloud
        service = SERVICES.get(whose or "")
        if service is not None and told == Told() and self._is_time(now_us):
            self._asked_us = now_us
            threading.Thread(target=self._ask, args=(service,), name="metadata", daemon=True).start()
        region = cloud.region or (told.region if wants_region else None)
        return cloud._replace(region=region, instance_id=cloud.instance_id or told.instance_id)

    def _is_time(self, now_us: int) -> bool:
        return now_us > 0 and (self._asked_us is None or abs(now_us - self._asked_us) >= AGAIN_US)

    def _ask(self, service: Service) -> None:
        told = told_by(service, self._fetch)
        if told != Told():
            self._told = told
            self.has_news = True

    def _fetch(self, host: str, method: str, path: str, headers: Mapping[str, str]) -> Optional[bytes]:
        """Return the body of the answer, None where there is none in time, it is too long, or its status is not 200."""
        deadline_seconds = time.monotonic() + ANSWER_SECONDS
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"User-Agent: pamsignal/{__version__}"]
        lines += ["Connection: close", "Content-Length: 0", *(f"{name}: {value}" for name, value in headers.items())]
        try:
            with socket.create_connection(self._address_of(host), ANSWER_SECONDS) as connection:
                connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
                answer = _received(connection, deadline_seconds)
        except OSError:
            return None
        return None if answer is None else _body_of(answer)


def _received(connection: socket.socket, deadline_seconds: float) -> Optional[bytes]:
    """Return all that comes until the other side closes; None if that is too much. OSError when it is too late."""
    answer = bytearray()
    while len(answer) <= ANSWER_BYTES:
        left_seconds = deadline_seconds - time.monotonic()
        if left_seconds <= 0:
            raise socket.timeout("deadline")
        connection.settimeout(left_seconds)
        chunk = connection.recv(_CHUNK_BYTES)
        if not chunk:
            return bytes(answer)
        answer += chunk
    return None


def _body_of(answer: bytes) -> Optional[bytes]:
    import http.client  # noqa: PLC0415 - only where somebody asks

    response = http.client.HTTPResponse(_Received(answer))  # type: ignore[arg-type]  # makefile is all that it uses
    try:
        response.begin()
        return response.read() if response.status == http.client.OK else None
    except (http.client.HTTPException, OSError, ValueError, OverflowError):  # a length that is no number, or a huge one
        return None


class _Received:
    """Just so much of a socket as an HTTPResponse asks for."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._answer)
