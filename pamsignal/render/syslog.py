"""Frames of syslog: headers after RFC 5424 and RFC 3164, and what keeps messages apart on a stream. Pure.

The structured data are of the registered kinds alone (RFC 5424, 7): who counts `sequenceId` notices a gap.
"""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Tuple

from pamsignal import __version__
from pamsignal.model import Alert
from pamsignal.render import when
from pamsignal.terms import Severity

APP_NAME = "pamsignal"
LAST_SEQUENCE = 2**31 - 1  # after it comes 1 again (RFC 5424, 7.3.1)
BOM = "\ufeff"

FACILITIES: Dict[str, int] = {
    "user": 1,
    "daemon": 3,
    "auth": 4,
    "authpriv": 10,
    **{f"local{number}": 16 + number for number in range(8)},
}
_SEVERITIES: Dict[Severity, int] = {Severity.INFO: 6, Severity.NOTICE: 5, Severity.WARNING: 4, Severity.CRITICAL: 1}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NOT_PRINTABLE = re.compile("[^!-~]")
_HOSTNAME_LIMIT, _MESSAGE_ID_LIMIT = 255, 32

# Month, day, hour, minute and second of the clock on the wall, as time.struct_time counts them.
LocalTime = Tuple[int, int, int, int, int]


class Sender(NamedTuple):
    """Who speaks: `hostname` where an alert names none, `process_id` of this run, a number of `FACILITIES`."""

    hostname: str
    process_id: int
    facility: int


def header_5424(alert: Alert, sender: Sender, sequence: int) -> str:
    """Return what stands before the message, with the blank between."""
    return (
        f"<{_priority(alert, sender)}>1 {_milliseconds(alert.time_us)} {_hostname(alert, sender)} {APP_NAME} "
        f"{sender.process_id} {_word(alert.rule, _MESSAGE_ID_LIMIT)} "
        f'[timeQuality tzKnown="1"][origin software="{APP_NAME}" swVersion="{__version__}"]'
        f'[meta sequenceId="{sequence}"] '
    )


def header_3164(alert: Alert, sender: Sender, local: LocalTime) -> str:
    """Return the older header, whose time is of the clock on the wall and says neither year nor zone."""
    month, day, hour, minute, second = local
    stamp = f"{_MONTHS[month - 1]} {day:2d} {hour:02d}:{minute:02d}:{second:02d}"
    return f"<{_priority(alert, sender)}>{stamp} {_hostname(alert, sender)} {APP_NAME}[{sender.process_id}]: "


def counted(message: bytes) -> bytes:
    """Return `message` framed by its length in octets (RFC 6587, 3.4.1; RFC 5425, 4.3)."""
    return b"%d %b" % (len(message), message)


def ended(message: bytes) -> bytes:
    """Return `message` framed by a line feed at its end (RFC 6587, 3.4.2): there must be none in it."""
    return message.replace(b"\n", b" ") + b"\n"


def cut(message: bytes, limit: int) -> bytes:
    """Return the first `limit` octets, without half a character at the end."""
    return message if len(message) <= limit else message[:limit].decode("utf-8", "ignore").encode()


def next_sequence(sequence: int) -> int:
    """Return the number after `sequence`."""
    return sequence + 1 if sequence < LAST_SEQUENCE else 1


def _priority(alert: Alert, sender: Sender) -> int:
    return sender.facility * 8 + _SEVERITIES[alert.severity]


def _hostname(alert: Alert, sender: Sender) -> str:
    name = alert.subject.hostname or sender.hostname
    # QRadar takes no IPv6 address here, and a colon is of no host's name.
    return "-" if ":" in name else _word(name, _HOSTNAME_LIMIT)


def _word(text: str, limit: int) -> str:
    return _NOT_PRINTABLE.sub("?", text[:limit]) or "-"


def _milliseconds(time_us: int) -> str:
    """Return RFC 3339 with three digits: more are allowed by RFC 5424, and misread by QRadar."""
    return f"{when.timestamp(time_us)[:23]}Z"
