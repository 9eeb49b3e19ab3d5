"""What a record of the trail says: nouns ↔ canonical JSON (RFC 8785). Pure.

A noun is an object of its own fields without those that are None, an enum its value, an address its text; there are no
floats. Texts are the true ones, but for bytes that were no UTF-8 (a lone surrogate here): each becomes U+FFFD.
An event is written for every try of an attacker, so `event_body` spells out what is new with each, and has json write
the rest once.
"""

from __future__ import annotations

import enum
import json
import re
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import chain
from json.encoder import encode_basestring as _quoted
from operator import itemgetter
from typing import Any, Callable, Dict, Mapping, NamedTuple, Tuple, Union, get_args, get_origin, get_type_hints

from pamsignal.model import NO_CONTEXT, Alert, AuthEvent, Context, Endpoint, Finding

_SURROGATE = re.compile("[\ud800-\udfff]")
# Those of an event's fields, or of their names, that an attack repeats with every try; and the others, in order.
_repeated = itemgetter(slice(2, 6), slice(7, 9), slice(10, 20), slice(23, 25))
_NEW = ("context", "duration_us", "id", "pid", "session_id", "source", "time_us", "user")


class Seen(NamedTuple):
    """An event of the trail, and what was looked up about it."""

    event: AuthEvent
    context: Context


def event_body(event: AuthEvent, context: Context = NO_CONTEXT) -> str:
    """Return the body of the record of `event`: an object that its place in the chain still has to close."""
    pid, session_id, source, user, duration_us = event[20], event[21], event[9], event[6], event[22]
    to_context, to_duration, to_id, to_pid, to_session, to_source, to_time, to_user, end = _frame(_repeated(event))
    known = "" if context is NO_CONTEXT or context == NO_CONTEXT else f'"context":{_context_text(context)},'
    lasted = "" if duration_us is None else f'"duration_us":{duration_us},'
    process = "" if pid is None else f'"pid":{pid},'
    session = "" if session_id is None else f'"session_id":{_quoted(session_id)},'
    origin = "" if source is None else f'"source":{_endpoint_text(source)},'
    who = "" if user is None else f',"user":{_quoted(user)}'
    text = (
        f'{{"event":{{{to_context}{known}{to_duration}{lasted}{to_id}"id":"{event.id}",{to_pid}{process}{to_session}'
        f'{session}{to_source}{origin}{to_time}"time_us":{event.time_us}{to_user}{who}{end}}},'
    )
    return text if text.isascii() else _fit(text)


@lru_cache(maxsize=256)
def _frame(repeated: Tuple[Tuple[Any, ...], ...]) -> Tuple[str, ...]:
    """Return the members that stand before each of those in `_NEW`, and behind the last, with their commas."""
    names, values = chain.from_iterable(_repeated(AuthEvent._fields)), chain.from_iterable(repeated)
    defaults = AuthEvent._field_defaults
    said = {name: _packed(value) for name, value in zip(names, values) if value != defaults.get(name)}
    texts = [
        _canonical({name: said[name] for name in said if first < name < last})[1:-1]
        for first, last in zip(("", *_NEW), (*_NEW, "~"))
    ]
    behind_time = len(_NEW) - 1
    return tuple(text and (f"{text}," if place < behind_time else f",{text}") for place, text in enumerate(texts))


def alert_body(alert: Alert) -> str:
    """Return the body of the record of `alert`."""
    document = _packed_noun(alert)
    kind = "event" if isinstance(alert.subject, AuthEvent) else "finding"
    document[kind] = document.pop("subject")
    return body("alert", document)


def body(kind: str, document: Mapping[str, Any]) -> str:
    """Return the body of a record that the trail writes about itself. `kind` sorts before `hash`."""
    return _fit(f'{{"{kind}":{_canonical(document)},')


def _fit(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=1024)
def _ipv4_text(number: int) -> str:
    """Return the address as JSON. By its number: the hash of an address object is Python, and costs more than this."""
    return f'"{IPv4Address(number)}"'


@lru_cache(maxsize=1024)
def _ipv6_text(address: IPv6Address) -> str:
    return _quoted(str(address))


@lru_cache(maxsize=256)
def _context_text(context: Context) -> str:
    return _canonical(_packed_noun(context))


def _endpoint_text(endpoint: Endpoint) -> str:
    ip, port, host = endpoint
    if host is not None or port is None or ip is None:
        return _canonical(_packed_noun(endpoint))
    text = _ipv4_text(int(ip)) if isinstance(ip, IPv4Address) else _ipv6_text(ip)
    return f'{{"ip":{text},"port":{port}}}'


def _packed(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (IPv4Address, IPv6Address)):
        return str(value)
    if hasattr(value, "_field_defaults"):
        return _packed_noun(value)
    return [_packed(item) for item in value] if isinstance(value, tuple) else value


def _packed_noun(noun: Any) -> Dict[str, Any]:
    """Return the fields that say something: a default says nothing that its absence does not."""
    defaults, fields = noun._field_defaults, zip(noun._fields, noun)
    return {name: _packed(value) for name, value in fields if value is not None and value != defaults.get(name)}


def subject_of(document: Mapping[str, Any]) -> Union[Seen, Alert, None]:
    """Return the event or alert of a record, None for one about the trail itself. ValueError for anything else."""
    try:
        if "event" in document:
            fields = document["event"]
            return Seen(_noun(AuthEvent, fields), _noun(Context, fields.get("context", {})))
        if "alert" not in document:
            return None
        fields = document["alert"]
        kind, name = (Finding, "finding") if "finding" in fields else (AuthEvent, "event")
        alert: Alert = _noun(Alert, {**fields, "subject": _noun(kind, fields[name])})
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no record of pamsignal: {type(error).__name__}") from None
    return alert


def _noun(kind: Any, fields: Mapping[str, Any]) -> Any:
    known = {"hostname": None, **fields}  # the one field without a default that can be unknown
    return kind(**{name: reader(known[name]) for name, reader in _readers(kind).items() if name in known})


@lru_cache(maxsize=16)
def _readers(kind: Any) -> Dict[str, Callable[[Any], Any]]:
    """Return how each field of a noun is read, by what model.py says that it is."""
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> Callable[[Any], Any]:
    parts = [part for part in get_args(hint) if part is not type(None)] or [hint]
    if IPv4Address in parts:
        return ip_address
    if get_origin(hint) is tuple:
        return _texts
    one = parts[0]
    if one in {bool, int, str}:
        return partial(_plain, one)
    if isinstance(one, type) and issubclass(one, enum.Enum):
        return one
    return partial(_noun, one) if hasattr(one, "_fields") and len(parts) == 1 else _same


def _plain(kind: type, value: Any) -> Any:
    """Return `value`, if it is of the kind that model.py says. TypeError for anything else."""
    if value is not None and type(value) is not kind:
        raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
    return value


def _texts(value: Any) -> Tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} instead of list")
    return tuple(_plain(str, one) for one in value)


def _same(value: Any) -> Any:
    return value
