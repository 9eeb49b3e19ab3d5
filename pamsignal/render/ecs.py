"""Events and alerts as documents of the Elastic Common Schema, for webhooks and `replay`.

Unknown is left out: no null, no empty text, no port 0, no empty object. Values are the true text, cut at
`text_limit` code points, because 1024 is as much as ECS indexes of a keyword; only `message` is made for eyes.
Own extras stand under `pamsignal`.
"""

from __future__ import annotations

import json
import re
from typing import List, Mapping, Optional, Sequence

from pamsignal import __version__
from pamsignal.model import NO_CONTEXT, Alert, AuthEvent, Context, Endpoint, Finding, Key, Typed
from pamsignal.render import ecs_classes, facts, text, when
from pamsignal.render.document import Document, Value, known, merged

VERSION = "9.4.0"
TEXT_LIMIT = 1024
_RELATED = 20  # names and addresses that one alert lists
_ADDRESS = re.compile(r"[0-9a-f:]*:[0-9a-f:.]*|[0-9]+(?:\.[0-9]+){3}")


_BY_NETWORK = "brute_force_network"  # its key is one; those of other rules can be names that look like one


def event_document(
    event: AuthEvent, context: Context = NO_CONTEXT, *, host_id: Optional[str] = None, text_limit: int = TEXT_LIMIT
) -> Document:
    """Return `event` and what was looked up about it; `host_id` is the machine's."""
    return known(_event_parts(event, context, host_id), text_limit)


def alert_document(alert: Alert, *, host_id: Optional[str] = None, text_limit: int = TEXT_LIMIT) -> Document:
    """Return `alert` with all that is known about its subject."""
    subject = alert.subject
    if isinstance(subject, Finding):
        parts = _finding_parts(subject, alert.context, host_id)
    else:
        parts = _event_parts(subject, alert.context, host_id)
    about_event = subject if isinstance(subject, AuthEvent) else subject.event
    mark: Document = {
        "@timestamp": when.timestamp(alert.time_us),
        "message": text.headline(alert),
        "event": {"id": alert.id, "kind": "alert", "severity": int(alert.severity)},
        "rule": {"name": alert.rule},
        "pamsignal": {
            "severity": alert.severity.word,
            "event_id": about_event.id if about_event else None,
            "suppressed": alert.suppressed or None,
            "digest": alert.digest or None,
            "late": alert.late or None,
            "trail_head": alert.anchor or None,
            "reasons": _distinct(alert.reasons),
            "failures_before": alert.failures_before or None,
        },
    }
    return known(merged(parts, mark), text_limit)


def to_json_line(document: Mapping[str, Value]) -> str:
    """Return `document` as compact JSON, keys sorted, in ASCII.

    ASCII, because nothing in it then ends a line, moves a cursor or turns text around, whoever reads it.
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _event_parts(event: AuthEvent, context: Context, host_id: Optional[str]) -> Document:
    source_host = event.source.host if event.source else None
    return {
        "@timestamp": when.timestamp(event.time_us),
        "ecs": {"version": VERSION},
        "event": _event_block(event),
        "user": {
            "name": event.user,
            "id": str(event.user_id) if event.user_id is not None else None,
            "target": {"name": event.target_user},
            "effective": {"name": event.target_user},
        },
        "group": {"name": event.group},
        "source": {**_endpoint(event.source), **_origin(context)},
        "destination": _endpoint(event.destination or context.destination),
        "service": {"name": event.service},
        "process": {"pid": event.pid or None, **_typed(event.typed)},
        "host": _host(event.hostname, host_id),
        "cloud": _cloud(context),
        "related": _related([_ip(event.source)], [event.user, event.target_user], [event.hostname, source_host]),
        "observer": _observer(),
        "pamsignal": _event_extras(event, context),
    }


def _event_block(event: AuthEvent) -> Document:
    classes = ecs_classes.ACTIONS[event.action]
    length_us = event.duration_us
    return {
        "id": event.id,
        "kind": "event",
        "module": "pamsignal",
        "dataset": "pamsignal.events",
        "action": event.action.value,
        "category": classes.category,
        "type": classes.type,
        "outcome": event.outcome.value if event.outcome else None,
        "reason": event.reason,
        "start": when.timestamp(event.time_us - length_us) if length_us is not None else None,
        "duration": length_us * 1000 if length_us is not None else None,  # ECS counts nanoseconds
    }


def _event_extras(event: AuthEvent, context: Context) -> Document:
    return {
        "method": event.method.value if event.method else None,
        "provenance": event.provenance.value if event.provenance else None,
        "attempts": event.attempts,
        "known_account": event.known_account,
        "key": _key(event.key),
        "tty": event.tty,
        "cwd": event.cwd,
        "command": event.command,
        "session_id": event.session_id,
        "origin": context.origin.value if context.origin else None,
    }


def _typed(typed: Optional[Typed]) -> Document:
    if typed is None:
        return {}
    return {
        "name": typed.program,
        "io": {"type": "tty", "total_bytes_captured": typed.size_bytes, "text": typed.text},
    }


def _finding_parts(finding: Finding, context: Context, host_id: Optional[str]) -> Document:
    event = finding.event
    base: Document = (
        _event_parts(event, context, host_id) if event else {"source": _origin(context), "cloud": _cloud(context)}
    )
    own: Document = {
        "ecs": {"version": VERSION},
        "event": _finding_block(finding),
        "user": {"name": finding.users[0] if finding.user_total <= 1 and finding.users else None},
        "source": _counted_source(finding),
        "host": _host(finding.hostname, host_id),
        "related": _related(
            [*finding.sources, _ip(event.source) if event else None],
            [*finding.users, event.user if event else None],
            [finding.hostname],
        ),
        "observer": _observer(),
        "threat": {
            "framework": "MITRE ATT&CK" if finding.technique else None,
            "technique": {"id": [finding.technique] if finding.technique else None},
        },
        "pamsignal": {
            "counted_by": finding.key,
            "attempts": finding.attempts or None,
            "weak": finding.weak or None,
            "window_seconds": finding.window_us // 1_000_000 or None,
            "user_total": finding.user_total or None,
            "source_total": finding.source_total or None,
            "over": finding.over or None,
        },
    }
    return merged(base, own)


def _finding_block(finding: Finding) -> Document:
    classes = ecs_classes.RULES.get(finding.rule, ecs_classes.OWN_SIGHT)
    first_us, last_us = finding.first_us, finding.last_us
    return {
        "module": "pamsignal",
        "dataset": "pamsignal.events",
        "action": finding.rule,
        "category": classes.category,
        "type": classes.type,
        "outcome": _outcome(finding),
        "reason": finding.note,
        "start": when.timestamp(first_us) if first_us is not None else None,
        "end": when.timestamp(last_us) if last_us is not None else None,
        "duration": max(last_us - first_us, 0) * 1000 if first_us is not None and last_us is not None else None,
    }


def _outcome(finding: Finding) -> Optional[str]:
    """Return how the attack ended: it failed, but for the one rule that says it did not."""
    if ecs_classes.RULES.get(finding.rule) is not ecs_classes.ATTACK:
        return None
    return "success" if finding.rule == "success_after_failures" else "failure"


def _counted_source(finding: Finding) -> Document:
    """Return the one address behind a finding, or the network it was counted by."""
    if finding.event and finding.event.source:
        return {}
    only = facts.only_source(finding)
    if only is not None:
        return {"ip": only, "address": only}
    network = finding.key.partition("/")[0]
    is_network = finding.rule == _BY_NETWORK and network != finding.key and _ADDRESS.fullmatch(network)
    return {"address": finding.key} if is_network else {}


def _endpoint(endpoint: Optional[Endpoint]) -> Document:
    if endpoint is None:
        return {}
    return {
        "ip": _ip(endpoint),
        "port": endpoint.port or None,
        "address": str(endpoint.ip) if endpoint.ip else endpoint.host,
        "domain": endpoint.host,
    }


def _ip(endpoint: Optional[Endpoint]) -> Optional[str]:
    """Return the address without its zone, which the `ip` type of Elasticsearch rejects."""
    return str(endpoint.ip).partition("%")[0] if endpoint and endpoint.ip else None


def _origin(context: Context) -> Document:
    country = context.country or ""
    is_code = len(country) == 2  # ISO 3166-1 alpha-2
    return {
        "geo": {
            "country_iso_code": country if is_code else None,
            "country_name": None if is_code else country,
            "city_name": context.city,
            "continent_code": context.continent,
            "location": _location(context),
        },
        "as": {"number": context.asn, "organization": {"name": context.org}},
    }


def _location(context: Context) -> Document:
    latitude, longitude = context.latitude_microdegrees, context.longitude_microdegrees
    if latitude is None or longitude is None:
        return {}
    return {"lat": latitude / 1_000_000, "lon": longitude / 1_000_000}


def _cloud(context: Context) -> Document:
    return {"provider": context.provider, "region": context.region, "instance": {"id": context.instance_id}}


def _key(key: Optional[Key]) -> Document:
    return dict(key._asdict()) if key else {}


def _host(hostname: Optional[str], host_id: Optional[str]) -> Document:
    return {"hostname": hostname, "name": hostname, "id": host_id}


def _observer() -> Document:
    return {"vendor": "PAMSignal", "product": "pamsignal", "version": __version__}


def _related(ips: Sequence[Optional[str]], users: Sequence[Optional[str]], hosts: Sequence[Optional[str]]) -> Document:
    return {"ip": _distinct(ips), "user": _distinct(users), "hosts": _distinct(hosts)}


def _distinct(values: Sequence[Optional[str]]) -> List[str]:
    return list(dict.fromkeys(value for value in values if value))[:_RELATED]
