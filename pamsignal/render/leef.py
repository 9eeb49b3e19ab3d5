"""IBM QRadar's Log Event Extended Format, 1.0 with tabs between the pairs, or 2.0 with a delimiter of one's choice.

The format knows no escape. So what would end a value, or a line, becomes a blank: the delimiter, tabs, line breaks and
every other control character; `|` in the header becomes `_`. `=` stays in values: receivers split at the first.
"""

from __future__ import annotations

import re
from typing import Iterator, Optional, Tuple

from pamsignal import __version__
from pamsignal.model import Alert
from pamsignal.render import facts as subject
from pamsignal.render.facts import Facts

TAB = "\t"
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_EVENT_LIMIT, _NAME_LIMIT, _VALUE_LIMIT = 255, 255, 1023

Pair = Tuple[str, Optional[str]]


def line_1_of(alert: Alert) -> str:
    """Return `alert` as LEEF 1.0, one line without its end."""
    return f"{_header('1.0', alert)}{_body(alert, TAB)}"


def line_2_of(alert: Alert, delimiter: str = "^") -> str:
    """Return `alert` as LEEF 2.0, `delimiter` named in the header by its code: one character, and not of a key."""
    return f"{_header('2.0', alert)}x{ord(delimiter):02X}|{_body(alert, delimiter)}"


def in_header(text: str, limit: int = _EVENT_LIMIT) -> str:
    """Return `text` for a part of the header."""
    return _fit(text[:limit]).replace("|", "_")


def in_value(text: str, delimiter: str, limit: int = _VALUE_LIMIT) -> str:
    """Return `text` for a value between two `delimiter`s."""
    return _fit(text[:limit]).replace(delimiter, " ").strip()


def _fit(text: str) -> str:
    if text.isprintable() and text.isascii():  # nearly always, and half the time of two searches
        return text
    return _SURROGATE.sub("\ufffd", _UNFIT.sub(" ", text))


def _header(version: str, alert: Alert) -> str:
    return f"LEEF:{version}|{subject.VENDOR}|{subject.PRODUCT}|{__version__}|{in_header(alert.rule)}|"


def _body(alert: Alert, delimiter: str) -> str:
    facts = subject.facts_of(alert)
    shown = ((key, in_value(value, delimiter, _limit(key))) for key, value in _pairs(alert, facts) if value)
    return delimiter.join(f"{key}={value}" for key, value in shown if value)


def _limit(key: str) -> int:
    return _NAME_LIMIT if key == "usrName" else _VALUE_LIMIT


def _pairs(alert: Alert, facts: Facts) -> Iterator[Pair]:
    """Yield predefined keys first, then our own, which QRadar keeps for custom properties."""
    yield "devTime", str(alert.time_us // 1000)  # 13 digits need no devTimeFormat
    yield "cat", subject.category_of(facts)
    yield "sev", str(int(alert.severity))
    yield "src", facts.source
    yield "srcPort", _number(facts.source_port)
    yield "dst", facts.destination
    yield "dstPort", _number(facts.destination_port)
    yield "proto", "TCP" if facts.event is not None and subject.is_ssh(facts.event) else None
    yield "usrName", facts.account
    yield "accountName", facts.actor
    yield from _own_pairs(alert, facts)


def _own_pairs(alert: Alert, facts: Facts) -> Iterator[Pair]:
    yield "alertId", alert.id
    yield "title", facts.title
    yield "host", alert.subject.hostname
    yield "outcome", facts.outcome
    yield "reason", facts.reason
    yield "sourceHost", facts.source_host
    yield "attempts", _number(alert.suppressed or facts.attempts)
    yield "countedBy", facts.finding.key if facts.finding is not None else None
    yield "country", facts.context.country
    yield "asn", _number(facts.context.asn)
    yield "asOrg", facts.context.org
    event = facts.event
    if event is None:
        return
    yield "service", event.service
    yield "method", event.method.value if event.method is not None else None
    yield "keyFingerprint", event.key.fingerprint if event.key is not None else None
    yield "command", event.command
    yield "group", event.group
    if event.typed is not None:
        yield "program", event.typed.program
        yield "typedBytes", str(event.typed.size_bytes)
        yield "typed", event.typed.text
    yield "provenance", event.provenance.value if event.provenance is not None else None


def _number(number: Optional[int]) -> Optional[str]:
    return str(number) if number else None
