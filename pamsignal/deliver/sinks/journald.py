"""The journal, by its native protocol: one datagram per alert, its facts in fields of their own.

Written here in place of python-systemd's `journal.send`, whose import costs 3 MB. There is no SYSLOG_FACILITY in an
entry: facilities 4 and 10 are what pamsignal reads, and it must not read itself.
https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
"""

from __future__ import annotations

import _socket  # the C half of socket, which costs 0.7 MB less
from typing import Dict, Iterator, NamedTuple, Sequence, Tuple

from pamsignal.deliver.sinks.base import Preview, Sink
from pamsignal.model import Alert, Finding, Result, Sent, TryLater
from pamsignal.render import ecs, escape, text
from pamsignal.render.document import Document, Value
from pamsignal.terms import Severity

SOCKET_PATH = "/run/systemd/journal/socket"
EVENT_ALERT = "21a0a5b206184f4d8e76d9e44964ea3f"
FINDING_ALERT = "ce71a0b5aa3d426d9e1aebceea62916d"
_SEND_SECONDS = 5.0
_TEXT_LIMIT = 512  # keeps a datagram far below the socket's limit of about 200 kB

_PRIORITIES: Dict[Severity, str] = {  # syslog(3)
    Severity.INFO: "6",
    Severity.NOTICE: "5",
    Severity.WARNING: "4",
    Severity.CRITICAL: "1",
}
_FIELDS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("PAMSIGNAL_ALERT_ID", ("event", "id")),
    ("PAMSIGNAL_EVENT_ID", ("pamsignal", "event_id")),
    ("PAMSIGNAL_RULE", ("rule", "name")),
    ("PAMSIGNAL_SEVERITY", ("pamsignal", "severity")),
    ("PAMSIGNAL_TIME", ("@timestamp",)),
    ("PAMSIGNAL_ACTION", ("event", "action")),
    ("PAMSIGNAL_OUTCOME", ("event", "outcome")),
    ("PAMSIGNAL_REASON", ("event", "reason")),
    ("PAMSIGNAL_USER", ("user", "name")),
    ("PAMSIGNAL_TARGET_USER", ("user", "target", "name")),
    ("PAMSIGNAL_SOURCE_IP", ("source", "ip")),
    ("PAMSIGNAL_SOURCE_PORT", ("source", "port")),
    ("PAMSIGNAL_SOURCE_ADDRESS", ("source", "address")),
    ("PAMSIGNAL_SERVICE", ("service", "name")),
    ("PAMSIGNAL_PID", ("process", "pid")),
    ("PAMSIGNAL_HOST", ("host", "hostname")),
    ("PAMSIGNAL_METHOD", ("pamsignal", "method")),
    ("PAMSIGNAL_KEY_FINGERPRINT", ("pamsignal", "key", "fingerprint")),
    ("PAMSIGNAL_COMMAND", ("pamsignal", "command")),
    ("PAMSIGNAL_TTY", ("pamsignal", "tty")),
    ("PAMSIGNAL_SESSION", ("pamsignal", "session_id")),
    ("PAMSIGNAL_PROVENANCE", ("pamsignal", "provenance")),
    ("PAMSIGNAL_ATTEMPTS", ("pamsignal", "attempts")),
    ("PAMSIGNAL_SUPPRESSED", ("pamsignal", "suppressed")),
)


class Settings(NamedTuple):
    """The journal of this host needs none."""


def build(name: str, settings: Settings, socket_path: str = SOCKET_PATH) -> Sink:  # noqa: ARG001 - as every build
    """Return the sink `name`."""
    return Journald(name, socket_path)


def entry_of(alert: Alert) -> bytes:
    """Return `alert` as one entry of the native protocol."""
    return b"".join(_encoded(name, value) for name, value in _entry_fields(alert))


class Journald:
    """A sink that writes to the journal of this host."""

    batch = 1

    def __init__(self, name: str, socket_path: str) -> None:
        self.name = name
        self._socket_path = socket_path

    def deliver(self, alerts: Sequence[Alert]) -> Result:
        """Send one datagram for each of `alerts`; journald gone or stuck means later."""
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC)
        connection.settimeout(_SEND_SECONDS)
        try:
            for alert in alerts:
                connection.sendto(entry_of(alert), self._socket_path)
        except _socket.timeout:
            return TryLater("timeout", "journald takes nothing", pause=True)
        except OSError as error:
            return TryLater("network", f"{self._socket_path}: {(error.strerror or 'failed').lower()}", pause=True)
        finally:
            connection.close()
        return Sent()

    def preview(self, alert: Alert) -> Preview:
        """Return the fields of the entry, one a line."""
        return Preview(
            "\n".join(f"{name}={escape.for_terminal(value, _TEXT_LIMIT)}" for name, value in _entry_fields(alert))
        )


def _entry_fields(alert: Alert) -> Iterator[Tuple[str, str]]:
    yield "MESSAGE", text.headline(alert)
    yield "MESSAGE_ID", FINDING_ALERT if isinstance(alert.subject, Finding) else EVENT_ALERT
    yield "PRIORITY", _PRIORITIES[alert.severity]
    yield "SYSLOG_IDENTIFIER", "pamsignal"
    document = ecs.alert_document(alert, text_limit=_TEXT_LIMIT)
    for name, path in _FIELDS:
        value = _value_at(document, path)
        if value is not None:
            yield name, str(value)
    if alert.late:
        yield "PAMSIGNAL_LATE", "1"


def _value_at(document: Document, path: Sequence[str]) -> Value:
    value: Value = document
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _encoded(name: str, value: str) -> bytes:
    """Return one field: a plain line, or with its length where the value holds a line break."""
    octets = value.encode()
    if b"\n" not in octets:
        return name.encode() + b"=" + octets + b"\n"
    return name.encode() + b"\n" + len(octets).to_bytes(8, "little") + octets + b"\n"
