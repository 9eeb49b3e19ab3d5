"""What a record of the trail says: nouns ↔ canonical JSON (RFC 8785). Pure.

A noun is an object of its own fields without those that are None, an enum its value, an address its text; there are no
floats. Texts are the true ones, but for bytes that were no UTF-8 (a lone surrogate here): each becomes U+FFFD.
An event is written for every try of an attacker, so `event_body` spells it out by hand: a fifth of what json takes.
"""

from __future__ import annotations

import enum
import json
import re
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from json.encoder import encode_basestring as _quoted
from typing import Any, Callable, Dict, Mapping, NamedTuple, Union, get_args, get_origin, get_type_hints

from pamsignal.model import (
    NO_CONTEXT,
    Action,
    Address,
    Alert,
    AuthEvent,
    Context,
    Endpoint,
    Finding,
    Method,
    Outcome,
    Provenance,
)

_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = {member: f'"{member.value}"' for closed in (Action, Outcome, Method, Provenance) for member in closed}


class Seen(NamedTuple):
    """An event of the trail, and what was looked up about it."""

    event: AuthEvent
    context: Context


def event_body(event: AuthEvent, context: Context = NO_CONTEXT) -> str:
    """Return the body of the record of `event`: an object that its place in the chain still has to close."""
    who, how = event[:12], event[12:]
    id_, time_us, hostname, service, action, outcome, user, target_user, user_id, source, destination, method = who
    key, reason, attempts, known_account, tty, cwd, command, group, pid, session_id, duration_us, provenance, typed = (
        how
    )
    parts = (
        f'"action":{_WORD[action]}',
        "" if attempts == 1 else f'"attempts":{attempts}',
        "" if command is None else f'"command":{_quoted(command)}',
        "" if context is NO_CONTEXT or context == NO_CONTEXT else f'"context":{_context_text(context)}',
        "" if cwd is None else f'"cwd":{_quoted(cwd)}',
        "" if destination is None else f'"destination":{_endpoint_text(destination)}',
        "" if duration_us is None else f'"duration_us":{duration_us}',
        "" if group is None else f'"group":{_quoted(group)}',
        "" if hostname is None else f'"hostname":{_quoted(hostname)}',
        f'"id":{_quoted(id_)}',
        "" if key is None else f'"key":{_canonical(_packed_noun(key))}',
        "" if known_account is None else f'"known_account":{"true" if known_account else "false"}',
        "" if method is None else f'"method":{_WORD[method]}',
        "" if outcome is None else f'"outcome":{_WORD[outcome]}',
        "" if pid is None else f'"pid":{pid}',
        "" if provenance is None else f'"provenance":{_WORD[provenance]}',
        "" if reason is None else f'"reason":{_quoted(reason)}',
        f'"service":{_quoted(service)}',
        "" if session_id is None else f'"session_id":{_quoted(session_id)}',
        "" if source is None else f'"source":{_endpoint_text(source)}',
        "" if target_user is None else f'"target_user":{_quoted(target_user)}',
        f'"time_us":{time_us}',
        "" if tty is None else f'"tty":{_quoted(tty)}',
        "" if typed is None else f'"typed":{_canonical(_packed_noun(typed))}',
        "" if user is None else f'"user":{_quoted(user)}',
        "" if user_id is None else f'"user_id":{user_id}',
    )
    text = f'{{"event":{{{",".join(filter(None, parts))}}},'
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


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
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=1024)
def _address_text(address: Address) -> str:
    return _quoted(str(address))


@lru_cache(maxsize=256)
def _context_text(context: Context) -> str:
    return _canonical(_packed_noun(context))


def _endpoint_text(endpoint: Endpoint) -> str:
    ip, port, host = endpoint
    if host is not None or port is None or ip is None:
        return _canonical(_packed_noun(endpoint))
    return f'{{"ip":{_address_text(ip)},"port":{port}}}'


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
        return tuple
    one = parts[0]
    if isinstance(one, type) and issubclass(one, enum.Enum):
        return one
    return partial(_noun, one) if hasattr(one, "_fields") and len(parts) == 1 else _same


def _same(value: Any) -> Any:
    return value
