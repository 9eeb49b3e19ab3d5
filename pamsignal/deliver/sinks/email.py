"""Email: one message for each alert, in plain text.

The standard library's message refuses line breaks in headers, so no name can add one; here they are spelled out before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Dict, NamedTuple, Optional, Tuple

from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.fitting import fitted
from pamsignal.errors import ConfigError
from pamsignal.model import Alert
from pamsignal.render import escape, text
from pamsignal.secret import Secret
from pamsignal.terms import Severity

if TYPE_CHECKING:
    from email.message import EmailMessage

SUBJECT_LIMIT = 200  # code points; mail programs show fewer
_VALUE_LIMIT = 512
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")  # of HTML's type=email
_PORTS = {"starttls": 587, "tls": 465, "none": 25}  # RFC 8314; RFC 5321

_IMPORTANCE: Dict[Severity, str] = {Severity.INFO: "low", Severity.CRITICAL: "high"}  # RFC 2156, 5.3.4


class Settings(NamedTuple):
    """`security` is starttls, tls or none; `port` None is the usual one for it.

    One message goes to all of `to`, and has arrived as soon as the server takes it for one of them.
    """

    host: str = ""
    port: Optional[int] = None
    security: str = "starttls"
    username: Optional[str] = None
    password: Optional[Secret] = None
    sender: str = ""
    to: Tuple[str, ...] = ()
    ca_file: Optional[str] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.safety import is_loopback  # noqa: PLC0415 - urllib.parse costs memory
    from pamsignal.deliver.sinks.smtp import EmailSink, Login, Server  # noqa: PLC0415 - smtplib and ssl, likewise

    for address in (settings.sender, *settings.to):
        if _ADDRESS.fullmatch(address) is None:
            raise ConfigError(f"sinks.{name}: `sender` and `to` want addresses such as admin@example.org")
    if not settings.to:
        raise ConfigError(f"sinks.{name}.to: missing; the addresses that get the alerts")
    if settings.security == "none" and not is_loopback(settings.host):
        raise ConfigError(f"sinks.{name}.security: none is for a mail server on this very host")
    if (settings.username is None) != (settings.password is None):
        raise ConfigError(f"sinks.{name}: `username` and `password` go together")
    login = None
    if settings.username is not None and settings.password is not None:
        if not f"{settings.username}{settings.password.reveal()}".isascii():
            raise ConfigError(f"sinks.{name}.password: SMTP wants name and password in ASCII")
        login = Login(settings.username, settings.password)
    server = Server(settings.host, settings.port or _PORTS[settings.security], settings.security, settings.ca_file)
    return EmailSink(name, server, login, lambda alert, now_seconds: message_of(alert, settings, now_seconds))


def message_of(alert: Alert, settings: Settings, now_seconds: float) -> EmailMessage:
    """Return the message of an attempt at `now_seconds`. Its id is the alert's, so mail servers can tell repeats."""
    from email.headerregistry import Address  # noqa: PLC0415 - costs memory, so only if used
    from email.message import EmailMessage  # noqa: PLC0415 - likewise
    from email.policy import SMTP  # noqa: PLC0415 - likewise
    from email.utils import formatdate  # noqa: PLC0415 - likewise

    message = EmailMessage(SMTP)
    message["From"] = Address("pamsignal", addr_spec=settings.sender)
    message["To"] = ", ".join(settings.to)
    message["Subject"] = subject_of(alert)
    message["Date"] = formatdate(now_seconds)
    message["Message-ID"] = f"<{alert.id}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers
    if alert.severity in _IMPORTANCE:
        message["Importance"] = _IMPORTANCE[alert.severity]
    message.set_content(body_of(alert), cte="quoted-printable")  # 7 bit, which every server takes
    return message


def subject_of(alert: Alert) -> str:
    """Return the subject."""
    return fitted(
        lambda limit: text.title(alert, escape.for_plain_text, limit), lambda subject: len(subject) <= SUBJECT_LIMIT
    )


def body_of(alert: Alert) -> str:
    """Return the text."""
    return f"{text.message(alert, escape.for_plain_text, _VALUE_LIMIT)}\n"
