"""A collector of logs or a SIEM: CEF, LEEF, ECS, OCSF or text in syslog messages, over UDP, TCP or TLS.

RFC 5424, 5425, 5426, 6587, 3164. A stream that breaks inside a load is used again from the load's beginning, so a
receiver can see a message twice, under the same `sequenceId` and with the same id.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Callable, Dict, NamedTuple, Optional, Sequence

from pamsignal.deliver.sinks.base import Preview, Sink
from pamsignal.deliver.sinks.fitting import fitted
from pamsignal.errors import ConfigError
from pamsignal.model import Alert, Result, Sent
from pamsignal.render import escape, siem, syslog
from pamsignal.render.clipped import bare, clipped
from pamsignal.secret import Secret

if TYPE_CHECKING:
    from pamsignal.deliver.sinks.wire import Wire

PORTS: Dict[str, int] = {"tls": 6514, "udp": 514}  # RFC 5425, RFC 5426; plain TCP has none of its own (RFC 6587, 4)
BYTES: Dict[str, int] = {"tls": 8192, "tcp": 8192, "udp": 2048}  # what receivers should take, by the same
_BATCHES: Dict[str, int] = {"tls": 256, "tcp": 256, "udp": 32}
_VALUE_LIMITS = (8192, 1024, 256, 64, 16, 0)  # code points; at last without all that can be left out


class Settings(NamedTuple):
    """`transport` is tls, tcp or udp; `framing`, on streams, octet-counting or newline; `format` one of siem.FORMATS.

    `header` is rfc5424, rfc3164 or none. `port` and `max_bytes` None are the usual ones of the
    transport; plain TCP has no usual port.
    """

    host: str = ""
    port: Optional[int] = None
    transport: str = "tls"
    format: str = "cef"
    header: str = "rfc5424"
    framing: str = "octet-counting"
    facility: str = "authpriv"
    max_bytes: Optional[int] = None
    ca_file: Optional[str] = None
    server_name: Optional[str] = None
    client_certificate: Optional[str] = None
    client_key: Optional[Secret] = None


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    sender = syslog.Sender(os.uname().nodename, os.getpid(), syslog.FACILITIES[settings.facility])
    return SyslogSink(name, settings, sender, _wire_of(name, settings))


def _wire_of(name: str, settings: Settings) -> Wire:
    from pamsignal.deliver.sinks import wire  # noqa: PLC0415 - ssl costs memory, so only if used

    place = wire.Place(settings.host, _port_of(name, settings))
    if settings.transport == "udp":
        return wire.Datagrams(place)
    if settings.transport == "tcp":
        return wire.Stream(place)
    identity = wire.Identity(
        settings.server_name or settings.host, settings.ca_file, settings.client_certificate, settings.client_key
    )
    try:
        wire.context_of(identity)
    except OSError as error:
        said = (error.strerror or "they cannot be used").lower()
        raise ConfigError(
            f"sinks.{name}: TLS does not take ca_file, client_certificate or client_key: {said}; "
            "each is PEM, and the key that of the certificate, without a passphrase"
        ) from error
    return wire.TlsStream(place, identity)


def _port_of(name: str, settings: Settings) -> int:
    port = settings.port or PORTS.get(settings.transport)
    if port is None:
        raise ConfigError(f"sinks.{name}.port: missing; plain TCP has no usual one")
    return port


class SyslogSink:
    """A sink that keeps one wire, and counts what went over it."""

    def __init__(self, name: str, settings: Settings, sender: syslog.Sender, wire: Wire) -> None:
        self.name = name
        self.batch = _BATCHES[settings.transport]
        self._settings = settings
        self._sender = sender
        self._wire = wire
        self._frame = _framing_of(settings)
        self._sequence = 1

    def deliver(self, alerts: Sequence[Alert]) -> Result:
        """Send one message for each of `alerts`. One that is sent again keeps its number."""
        sequence = self._sequence
        frames = []
        for alert in alerts:
            frames.append(self._frame(message_of(alert, self._settings, self._sender, sequence)))
            sequence = syslog.next_sequence(sequence)
        try:
            self._wire.send(frames)
        except OSError as error:
            from pamsignal.deliver.sinks import wire  # noqa: PLC0415 - `build` has paid for it

            return wire.later(error)
        self._sequence = sequence
        return Sent()

    def preview(self, alert: Alert) -> Preview:
        """Return the message as it would be sent next, without its framing."""
        settings = self._settings
        message = message_of(alert, settings, self._sender, self._sequence).decode()
        where = f"{settings.transport} {settings.host} port {_port_of(self.name, settings)}"
        return Preview(f"{where}\n\n{escape.visible(message)}")


def message_of(alert: Alert, settings: Settings, sender: syslog.Sender, sequence: int) -> bytes:
    """Return the message without its framing: if it would be too long its free texts shrink, and its shape stays."""
    limit_bytes = settings.max_bytes or BYTES[settings.transport]

    def made(limit: int) -> bytes:
        shown = alert if limit == _VALUE_LIMITS[0] else clipped(alert, limit) if limit else bare(alert)
        return (_header(shown, settings, sender, sequence) + _payload(shown, settings)).encode()

    return syslog.cut(fitted(made, lambda message: len(message) <= limit_bytes, _VALUE_LIMITS), limit_bytes)


def _header(alert: Alert, settings: Settings, sender: syslog.Sender, sequence: int) -> str:
    if settings.header == "rfc5424":
        return syslog.header_5424(alert, sender, sequence)
    if settings.header == "rfc3164":
        return syslog.header_3164(alert, sender, time.localtime(alert.time_us // 1_000_000)[1:6])
    return ""


def _payload(alert: Alert, settings: Settings) -> str:
    line = siem.FORMATS[settings.format](alert)
    # RFC 5424, 6.4, wants it before text that is UTF-8; before a format of its own it would be taken for a part of it.
    needs_bom = settings.format == "text" and settings.header == "rfc5424" and not line.isascii()
    return syslog.BOM + line if needs_bom else line


def _framing_of(settings: Settings) -> Callable[[bytes], bytes]:
    if settings.transport == "udp":
        return bytes
    return syslog.ended if settings.framing == "newline" else syslog.counted
