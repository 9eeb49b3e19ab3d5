"""Alert and open session ↔ JSON text, for the store: lossless, versioned, and readable by an older or newer pamsignal.

A named tuple becomes an object without the Nones that are defaults, an enum its value, an address its text. Only
fields that are more than text, number or truth need a line in `_CONVERTERS`. Keys that nobody knows are skipped. The
text is pure ASCII, so a lone surrogate survives; a high one directly before a low one comes back as the character
that the pair means.
"""

from __future__ import annotations

import enum
import json
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Callable, Dict

from pamsignal.correlate import OpenSession
from pamsignal.model import Alert, AuthEvent, Context, Endpoint, Finding, Key, Subject, Typed
from pamsignal.terms import Action, Method, Origin, Outcome, Provenance, Severity

VERSION = 1

_Convert = Callable[[Any], Any]

_PLAIN = frozenset({str, int, bool, type(None)})  # what JSON has itself


def dump(alert: Alert) -> str:
    """Return `alert` as one line of ASCII JSON."""
    document = {"v": VERSION, "is": type(alert.subject).__name__, **_packed_noun(alert)}
    del document["wording"]  # belongs to the configuration at the moment of sending
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


def load(text: str) -> Alert:
    """Return the alert that `dump` wrote. Anything else is a ValueError that names what is wrong, not the text."""
    try:
        document = json.loads(text)
        if document["v"] > VERSION:
            raise ValueError(f"alert of format {document['v']}, this version reads up to {VERSION}")
        subject: Subject = _restored({"AuthEvent": AuthEvent, "Finding": Finding}[document["is"]], document["subject"])
        alert: Alert = _restored(Alert, {**document, "subject": subject})
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not an alert: {type(error).__name__}") from None
    return alert


def dump_session(session: OpenSession) -> str:
    """Return `session` as one line of ASCII JSON."""
    return json.dumps({"v": VERSION, **_packed(session)}, separators=(",", ":"), allow_nan=False)


def load_session(text: str) -> OpenSession:
    """Return the session that `dump_session` wrote; ValueError for anything else."""
    try:
        session: OpenSession = _restored(OpenSession, json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a session: {type(error).__name__}") from None
    return session


def _packed(value: Any) -> Any:
    if value.__class__ in _PLAIN:
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (IPv4Address, IPv6Address)):
        return str(value)
    if hasattr(value, "_field_defaults"):
        return _packed_noun(value)
    return [_packed(item) for item in value] if isinstance(value, tuple) else value


def _packed_noun(noun: Any) -> Dict[str, Any]:
    defaults = noun._field_defaults
    return {
        name: item if item.__class__ in _PLAIN else _packed(item)
        for name, item in zip(noun._fields, noun)
        if item is not None or name not in defaults
    }


def _restored(kind: Any, document: Any) -> Any:
    if not isinstance(document, dict):
        raise TypeError
    fields = _FIELDS[kind]
    values = {name: value for name, value in document.items() if name in fields}
    for name, convert in _CONVERTERS[kind].items():
        if name in values:
            values[name] = convert(values[name])
    return kind(**values)


def _noun(kind: Any) -> _Convert:
    return lambda document: _restored(kind, document)


_EVENT: Dict[str, _Convert] = {
    "action": Action,
    "outcome": Outcome,
    "source": _noun(Endpoint),
    "destination": _noun(Endpoint),
    "method": Method,
    "key": _noun(Key),
    "provenance": Provenance,
    "typed": _noun(Typed),
}

_CONVERTERS: Dict[Any, Dict[str, _Convert]] = {
    Endpoint: {"ip": ip_address},
    Key: {},
    Typed: {},
    AuthEvent: _EVENT,
    Finding: {"users": tuple, "sources": tuple, "event": _noun(AuthEvent)},
    Context: {"destination": _noun(Endpoint), "origin": Origin},
    OpenSession: {"source": _noun(Endpoint)},
    Alert: {"severity": Severity, "context": _noun(Context), "reasons": tuple},
}

_FIELDS = {kind: frozenset(kind._fields) for kind in _CONVERTERS}
