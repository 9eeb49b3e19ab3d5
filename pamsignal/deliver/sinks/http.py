"""The one transport of all HTTP sinks, and the only owner of `requests`. Import it inside a sink's `build` alone.

Nothing in the environment steers it: no proxy, no CA bundle, no netrc. It follows no redirect, retries nothing, reads
64 kB of an answer at most, and no exchange outlives its deadline. What it reports never holds a URL.
"""

from __future__ import annotations

import http.cookiejar
import logging
import socket
import ssl
import time
from typing import Any, Iterator, Optional, Sequence, Union

import urllib3

from pamsignal import __version__
from pamsignal.deliver.sinks import tls
from pamsignal.deliver.sinks.base import Preview
from pamsignal.deliver.sinks.exchange import Answer, Channel, Request, described
from pamsignal.deliver.sinks.guard import READ_SECONDS, LinkLocalError, Pool, TlsPool
from pamsignal.deliver.sinks.lean_requests import requests
from pamsignal.model import Alert, Refused, Result, Sent, TryLater
from pamsignal.secret import Secret

CONNECT_SECONDS = 3.0
ANSWER_BYTES = 64 * 1024

# urllib3 logs every URL, and warns about malformed headers with the whole of it, token and all. Nothing of that leaves.
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)


class HttpSink:
    """A sink that speaks HTTP: asks its channel what to send and what the answer means."""

    batch = 1

    def __init__(self, name: str, channel: Channel, ca_file: Optional[str] = None) -> None:
        self.name = name
        self._channel = channel
        self._transport = Transport(ca_file)

    def deliver(self, alerts: Sequence[Alert]) -> Result:
        """Send each of `alerts`; the first one that fails decides."""
        for alert in alerts:
            result = self._deliver_one(alert)
            if not isinstance(result, Sent):
                return result
        return Sent()

    def preview(self, alert: Alert) -> Preview:
        """Return the request as it would be sent now; of the URL, which may be the key, the scheme and host alone."""
        request = self._channel.request_for(alert, int(time.time()))
        return Preview(described(request), tuple(run for run in self._channel.look_of(request) if run.text))

    def _deliver_one(self, alert: Alert) -> Result:
        answer = self._transport.exchange(self._channel.request_for(alert, int(time.time())))
        if isinstance(answer, Answer):
            second = self._channel.second_request_for(alert, answer)
            if second is not None:
                answer = self._transport.exchange(second)
        return self._channel.result_of(answer) if isinstance(answer, Answer) else answer


class Transport:
    """One session with one service."""

    def __init__(self, ca_file: Optional[str] = None) -> None:
        self._verify: Union[bool, str] = ca_file or True
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers.update({"User-Agent": f"pamsignal/{__version__}", "Accept-Encoding": "identity"})
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter())

    def exchange(self, request: Request) -> Union[Answer, TryLater, Refused]:
        """Send `request` and return the answer, or why there is none. A failure here is the channel's: it pauses."""
        try:
            with self._session.request(
                request.method,
                request.url.reveal(),
                data=request.body or None,
                headers={name: _revealed(value) for name, value in request.headers.items()},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, _body_of(response), time.time())
        except LinkLocalError:
            return Refused("client_error", "the host name leads to a link-local address", pause=True)
        except requests.exceptions.SSLError as error:
            return TryLater("tls", _tls_detail(error), pause=True)
        except requests.exceptions.Timeout:
            return TryLater("timeout", "no answer in time", pause=True)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return TryLater("network", _network_detail(error), pause=True)


class _Adapter(requests.adapters.HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}


def _revealed(value: Union[str, Secret]) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _body_of(response: requests.Response) -> bytes:
    """Return the first 64 kB. The status has come by now, so a body that breaks off changes nothing."""
    try:
        return bytes(response.raw.read(ANSWER_BYTES, decode_content=False))
    except (urllib3.exceptions.HTTPError, OSError):
        return b""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk through what lies below an exception of `requests`: arguments, reasons and contexts, each once."""
    seen, waiting = set(), [error]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        below = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        waiting.extend(each for each in below if isinstance(each, BaseException))


def _tls_detail(error: BaseException) -> str:
    """Return the words for the first cause that has a reason; a certificate goes before a handshake."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return tls.words_for(cause)
        if type(cause).__name__ == "CertificateError":  # urllib3 1.26 compares names itself; the class moved about
            return tls.OTHER_NAME
    reasoned = (cause for cause in causes if isinstance(cause, ssl.SSLError) and cause.reason)
    return tls.words_for(next(reasoned, ssl.SSLError()))


def _network_detail(error: BaseException) -> str:
    """Return the system's words for the failure. Never the exception's own: they quote the URL."""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "the host name cannot be resolved"
        if isinstance(cause, OSError) and cause.errno is not None and cause.strerror:
            return cause.strerror.lower()
    return "the connection broke off, or the answer was not HTTP"
