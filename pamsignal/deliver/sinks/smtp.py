"""The transport of email, and the only owner of `smtplib`. Import it inside a sink's `build` alone.

Like http.py it verifies certificates, takes nothing from the environment and retries nothing. What it reports holds
the server's words without our password.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Callable, NamedTuple, Optional, Sequence, Union

from pamsignal.deliver.sinks import network, tls
from pamsignal.deliver.sinks.base import Preview
from pamsignal.deliver.sinks.masking import redacted
from pamsignal.model import Alert, Refused, Result, Sent, TryLater
from pamsignal.secret import Secret

if TYPE_CHECKING:
    from email.message import EmailMessage

TIMEOUT_SECONDS = 10.0  # of each step

# What the server said no to, if it was no one message: then every other would meet the same.
_OF_THE_CHANNEL = (smtplib.SMTPSenderRefused, smtplib.SMTPConnectError, smtplib.SMTPHeloError)

_AUTHENTICATION = (530, 534, 535, 538)  # RFC 4954, 6


class Server(NamedTuple):
    """Where mail is handed in; `security` is starttls, tls or none."""

    host: str
    port: int
    security: str
    ca_file: Optional[str] = None


class Login(NamedTuple):
    """Who we are there."""

    username: str
    password: Secret


class EmailSink:
    """A sink that hands mail to a server. `message_for` takes an alert and the time in seconds since the epoch."""

    batch = 1

    def __init__(
        self,
        name: str,
        server: Server,
        login: Optional[Login],
        message_for: Callable[[Alert, float], EmailMessage],
    ) -> None:
        self.name = name
        self._server = server
        self._login = login
        self._message_for = message_for

    def deliver(self, alerts: Sequence[Alert]) -> Result:
        """Send each of `alerts`; the first one that fails decides."""
        for alert in alerts:
            result = self._deliver_one(self._message_for(alert, time.time()))
            if not isinstance(result, Sent):
                return result
        return Sent()

    def preview(self, alert: Alert) -> Preview:
        """Return the message as it would be sent now, its text as people read it."""
        message = self._message_for(alert, time.time())
        head = [f"SMTP {self._server.host} port {self._server.port} ({self._server.security})"]
        head += [f"{name}: {value}" for name, value in message.items()]
        return Preview("\n".join([*head, "", message.get_content().rstrip("\n")]))

    def _deliver_one(self, message: EmailMessage) -> Result:
        try:
            client = _connected(self._server)
            try:
                if self._login is not None:
                    client.login(self._login.username, self._login.password.reveal())
                client.send_message(message)
            finally:
                # Whether the server says goodbye in time changes nothing: it has the message, or we know already.
                with suppress(OSError):
                    client.quit()
                client.close()
        except OSError as error:
            return result_of(error, *([self._login.password] if self._login else []))
        return Sent()


def _connected(server: Server) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=_context(server))
    client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    if server.security == "starttls":
        try:
            client.starttls(context=_context(server))
        except BaseException:
            client.close()
            raise
    return client


def _context(server: Server) -> ssl.SSLContext:
    """Return what verifies the server, made anew each time: a ca_file may have been replaced."""
    return ssl.create_default_context(cafile=server.ca_file)


def result_of(error: OSError, *secrets: Secret) -> Result:
    """Return what a failure means; those of smtplib are OSErrors, too."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # nobody was accepted; one who may be later is worth waiting
        return _refusal(*min(error.recipients.values()), secrets, is_channel=True)
    if isinstance(error, smtplib.SMTPResponseException):
        is_channel = isinstance(error, _OF_THE_CHANNEL)
        return _refusal(error.smtp_code, error.smtp_error, secrets, is_channel=is_channel)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Refused(
            "client_error", "the server offers no STARTTLS, or no login; correct security or port", pause=True
        )
    return _break(error)


def _break(error: OSError) -> Result:
    """Read what is no reply of the server."""
    if isinstance(error, smtplib.SMTPException):  # its words quote what lies below it, so that is read itself
        below = error.__context__
        return _break(below) if isinstance(below, OSError) else TryLater("network", network.BROKEN, pause=True)
    if isinstance(error, ssl.SSLError):
        return TryLater("tls", tls.words_for(error), pause=True)
    return network.later(error)


def _refusal(code: int, said: Union[bytes, str], secrets: Sequence[Secret], *, is_channel: bool) -> Result:
    """Read a reply: 4xx is later, 5xx is never (RFC 5321, 4.2.1); what is neither was no SMTP."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    detail = f"SMTP {code}: {redacted(words, *secrets)}"
    if code in _AUTHENTICATION:
        return Refused("authentication", detail, pause=True)
    if not 500 <= code < 600:
        return TryLater("server_error", detail, pause=True)
    return Refused("client_error", detail, pause=is_channel)
