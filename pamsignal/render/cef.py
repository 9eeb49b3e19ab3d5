r"""ArcSight's Common Event Format, `CEF:0`, after its implementation standard (document version 27).

One line, UTF-8, no byte order mark. No value can make a field: in values the backslash, `=` and line breaks are
escaped, in the header the backslash and `|`. Control characters, which no escape exists for, become U+FFFD, a tab a
blank, and blanks at either end of a value go. Lengths are code points, counted before escaping, as the standard does.
"""

from __future__ import annotations

import re
from typing import Dict, List, Match, Optional

from pamsignal import __version__
from pamsignal.model import Alert, Typed
from pamsignal.render import facts as subject
from pamsignal.render.facts import Facts

# What a line cannot hold: ends of lines in anybody's eyes, controls, and halves of characters, which UTF-8 lacks.
_UNFIT = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_IN_VALUE = re.compile(f"[\\\\={_UNFIT}]")
_IN_HEADER = re.compile(f"[\\\\|{_UNFIT}]")
_VALUE_ESCAPES = {"\\": "\\\\", "=": "\\=", "\n": "\\n", "\r": "\\r", "\t": " "}
_HEADER_ESCAPES = {"\\": "\\\\", "|": "\\|", "\n": " ", "\r": " ", "\t": " "}

# Code points of the dictionary's keys; all others here are numbers and addresses, or short by nature.
LIMITS: Dict[str, int] = {
    "duser": 1023,
    "suser": 1023,
    "shost": 1023,
    "dvchost": 100,
    "dproc": 1023,
    "destinationServiceName": 1023,
    "reason": 1023,
    "cs1": 4000,
    "cs2": 4000,
    "cs3": 4000,
    "cs4": 4000,
    "cs5": 4000,
    "cs6": 4000,
    "flexString1": 1023,
    "flexString2": 1023,
    "externalId": 40,
}
_PREFIX = f"CEF:0|{subject.VENDOR}|{subject.PRODUCT}|{__version__}|"
_CLASS_LIMIT, _NAME_LIMIT = 1023, 512


def line_of(alert: Alert) -> str:
    """Return `alert` as one line without its end, always fit for UTF-8."""
    facts = subject.facts_of(alert)
    return (
        f"{_PREFIX}{in_header(alert.rule, _CLASS_LIMIT)}|{in_header(facts.title, _NAME_LIMIT)}|{int(alert.severity)}|"
        f"{' '.join(_pairs(alert, facts))}"
    )


def in_header(text: str, limit: int) -> str:
    """Return `text` for a part of the header."""
    return _IN_HEADER.sub(_header_escape, text[:limit])


def in_value(text: str, limit: int) -> str:
    """Return `text` for a value of the extension."""
    text = text[:limit].strip()
    return _IN_VALUE.sub(_value_escape, text).strip() if _IN_VALUE.search(text) else text


def _header_escape(match: Match[str]) -> str:
    return _HEADER_ESCAPES.get(match[0], "\ufffd")


def _value_escape(match: Match[str]) -> str:
    return _VALUE_ESCAPES.get(match[0], "\ufffd")


def _pairs(alert: Alert, facts: Facts) -> List[str]:
    pairs = [f"rt={alert.time_us // 1000}"]
    if facts.first_us is not None:
        pairs.append(f"start={facts.first_us // 1000}")
    if facts.last_us is not None:
        pairs.append(f"end={facts.last_us // 1000}")
    if facts.outcome is not None:
        pairs.append(f"outcome={facts.outcome}")
    _add_addresses(pairs, facts)
    _add_names(pairs, facts)
    _add_program(pairs, facts)
    _add(pairs, "dvchost", alert.subject.hostname)
    category = subject.category_of(facts)
    if category is not None:
        pairs.append(f"cat={category}")
    if facts.finding is not None:
        count = alert.suppressed or facts.attempts
        pairs.append(f"type=2 cnt={count}" if count else "type=2")
    elif facts.attempts > 1:
        pairs.append(f"type=1 cnt={facts.attempts}")
    _add(pairs, "reason", facts.reason)
    pairs.append(f"externalId={alert.id[:40]}")
    _add_own(pairs, facts)
    return pairs


def _add(pairs: List[str], key: str, value: Optional[str]) -> None:
    if value:
        shown = in_value(value, LIMITS[key])
        if shown:
            pairs.append(f"{key}={shown}")


def _add_labelled(pairs: List[str], key: str, label: str, value: Optional[str]) -> None:
    if value:
        shown = in_value(value, LIMITS[key])
        if shown:
            pairs.append(f"{key}Label={label} {key}={shown}")


def _add_addresses(pairs: List[str], facts: Facts) -> None:
    """Add both ends: `src` and `dst` hold nothing but IPv4."""
    if facts.source is not None:
        is_v6 = ":" in facts.source
        pairs.append(f"c6a2Label=Source IPv6 Address c6a2={facts.source}" if is_v6 else f"src={facts.source}")
    if facts.source_port is not None:
        pairs.append(f"spt={facts.source_port}")
    _add(pairs, "shost", facts.source_host)
    if facts.destination is not None:
        is_v6 = ":" in facts.destination
        there = facts.destination
        pairs.append(f"c6a3Label=Destination IPv6 Address c6a3={there}" if is_v6 else f"dst={there}")
    if facts.destination_port is not None:
        pairs.append(f"dpt={facts.destination_port}")


def _add_names(pairs: List[str], facts: Facts) -> None:
    event = facts.event
    _add(pairs, "suser", facts.actor)
    if facts.actor is not None and event is not None and event.user_id is not None:
        pairs.append(f"suid={event.user_id}")
    _add(pairs, "duser", facts.account)
    if facts.account_id is not None:
        pairs.append(f"duid={facts.account_id}")
    if facts.account_id == 0 or facts.account == "root":
        pairs.append("dpriv=Administrator")


def _add_program(pairs: List[str], facts: Facts) -> None:
    event = facts.event
    if event is None:
        return
    if subject.is_ssh(event):
        pairs.append("app=SSHv2 proto=TCP")
    _add(pairs, "dproc", event.typed.program if event.typed is not None else event.service)
    if event.pid:
        pairs.append(f"dpid={event.pid}")
    _add(pairs, "destinationServiceName", event.service)


def _add_own(pairs: List[str], facts: Facts) -> None:
    """Add what the dictionary has no key for."""
    context, event = facts.context, facts.event
    if context.asn is not None:
        _add_labelled(pairs, "cs1", "Source AS", f"AS{context.asn} {context.org or ''}")
    else:
        _add_labelled(pairs, "cs1", "Source AS", context.org)
    _add_labelled(pairs, "cs2", "Source Country", context.country)
    _add_labelled(pairs, "cs3", "Cloud Provider", context.provider)
    if event is not None:
        if event.method is not None:
            pairs.append(f"cs4Label=Authentication Method cs4={event.method.value}")
        if event.key is not None:
            _add_labelled(pairs, "cs5", "Key Fingerprint", event.key.fingerprint)
        _add_labelled(pairs, "cs6", "Command", event.command)
        if event.provenance is not None:
            pairs.append(f"flexString1Label=Provenance flexString1={event.provenance.value}")
        _add_labelled(pairs, "flexString2", "Group", event.group)
        _add_typed(pairs, event.typed)
    elif facts.finding is not None:
        _add_labelled(pairs, "flexString2", "Counted By", facts.finding.key)
    if facts.window_us:
        pairs.append(f"cn1Label=Window Seconds cn1={facts.window_us // 1_000_000}")


def _add_typed(pairs: List[str], typed: Optional[Typed]) -> None:
    """Add input at a terminal: its text stands where others have a command, which such an event has none of."""
    if typed is None:
        return
    pairs.append(f"cn2Label=Typed Bytes cn2={typed.size_bytes}")
    _add_labelled(pairs, "cs6", "Typed", typed.text)
