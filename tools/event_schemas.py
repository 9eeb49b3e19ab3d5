"""The JSON Schemas of a line that `explain` tells of, and of events and alerts as ECS documents."""

from __future__ import annotations

from typing import Dict

from json_shapes import COUNT, HASH, NAMES, PORT, TEXT, TIME, Schema, closed, known, one_of, or_null

from pamsignal.render import words
from pamsignal.terms import Action, Method, Origin, Outcome, Provenance, Severity


def explain() -> Schema:
    """Return the schema of one line of `pamsignal explain --json`."""
    return closed(
        {
            "line": {"type": "string"},
            "pid": or_null(COUNT),
            "matched": {"type": "boolean"},
            "pattern": or_null({"type": "string", "pattern": r"^[a-z_]+\.[a-z0-9_]+$"}),
            "action": or_null(one_of(Action)),
            "outcome": or_null(one_of(Outcome)),
            "user": or_null(TEXT),
            "target_user": or_null(TEXT),
            "source_ip": or_null(TEXT),
            "source_port": or_null(PORT),
            "method": or_null(one_of(Method)),
            "service": or_null(TEXT),
            "provenance": or_null(one_of(Provenance)),
        }
    )


def event() -> Schema:
    """Return the schema of one document of `pamsignal replay --format ecs`, `run --json` and the webhook sink."""
    endpoint = {"ip": TEXT, "port": PORT, "address": TEXT, "domain": TEXT}
    typed = known({"type": {"const": "tty"}, "total_bytes_captured": COUNT, "text": TEXT})
    top = {
        "@timestamp": TIME,
        "message": TEXT,
        "ecs": closed({"version": TEXT}),
        "event": event_block(),
        "user": known({"name": TEXT, "id": TEXT, "target": known({"name": TEXT}), "effective": known({"name": TEXT})}),
        "group": known({"name": TEXT}),
        "cloud": known({"provider": TEXT, "region": TEXT, "instance": known({"id": TEXT})}),
        "source": known({**endpoint, **origin()}),
        "destination": known(endpoint),
        "service": known({"name": TEXT}),
        "process": known({"pid": COUNT, "name": TEXT, "io": typed}),
        "host": known({"hostname": TEXT, "name": TEXT, "id": TEXT}),
        "related": known({"ip": NAMES, "user": NAMES, "hosts": NAMES}),
        "observer": closed({"vendor": TEXT, "product": TEXT, "version": TEXT}),
        "rule": known({"name": TEXT}),
        "threat": known({"framework": TEXT, "technique": known({"id": NAMES})}),
        "pamsignal": extras(),
    }
    is_alert = {"properties": {"event": {"properties": {"kind": {"const": "alert"}}}}}
    return {
        **known(top, ("@timestamp", "ecs", "event", "observer", "pamsignal")),
        "if": is_alert,
        "then": {"required": ["message", "rule"]},
        "else": {"required": ["service"], "not": {"required": ["rule"]}},
    }


def origin() -> Dict[str, Schema]:
    """Return the schemas of where an address is, and of its network."""
    code = {"type": "string", "pattern": "^[A-Z]{2}$"}
    number = {"type": "number"}
    place = {
        "country_iso_code": code,
        "country_name": TEXT,
        "city_name": TEXT,
        "continent_code": code,
        "location": closed({"lat": number, "lon": number}),
    }
    return {"geo": known(place), "as": known({"number": COUNT, "organization": known({"name": TEXT})})}


def event_block() -> Schema:
    """Return the schema of the fields below `event`; categories and types are those of ECS."""
    categories = ("authentication", "session", "iam", "network", "host", "intrusion_detection", "process")
    types = (
        "start",
        "end",
        "info",
        "allowed",
        "denied",
        "creation",
        "deletion",
        "change",
        "user",
        "group",
        "connection",
    )
    return known(
        {
            "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "kind": {"type": "string", "enum": ["event", "alert"]},
            "module": {"const": "pamsignal"},
            "dataset": {"const": "pamsignal.events"},
            "action": {"type": "string", "pattern": "^[a-z_]+$"},
            "category": {"type": "array", "items": {"enum": list(categories)}, "minItems": 1},
            "type": {"type": "array", "items": {"enum": list(types)}, "minItems": 1},
            "outcome": one_of(Outcome),
            "reason": TEXT,
            "start": TIME,
            "end": TIME,
            "duration": {**COUNT, "description": "Nanoseconds."},
            "severity": {"enum": [int(severity) for severity in Severity]},
        },
        ("id", "kind", "module", "dataset", "action", "category", "type"),
    )


def history() -> Schema:
    """Return the schema of one document of `pamsignal history --json`: that of an event, and its place in the trail."""
    schema = event()
    block = schema["properties"]["event"]
    block["properties"].update({"hash": HASH, "sequence": COUNT})
    block["required"] = [*block["required"], "hash", "sequence"]
    return schema


def extras() -> Schema:
    """Return the schema of the fields that ECS has no name for."""
    key = known({"type": TEXT, "fingerprint": TEXT, "certificate_id": TEXT, "serial": TEXT, "ca": TEXT})
    return known(
        {
            "method": one_of(Method),
            "provenance": one_of(Provenance),
            "attempts": COUNT,
            "known_account": {"type": "boolean"},
            "key": key,
            "tty": TEXT,
            "cwd": TEXT,
            "command": TEXT,
            "session_id": TEXT,
            "origin": one_of(Origin),
            "severity": {"enum": [severity.word for severity in Severity]},
            "event_id": TEXT,
            "suppressed": COUNT,
            "digest": {"const": True},
            "late": {"const": True},
            "reasons": {"type": "array", "items": {"enum": list(words.REASONS)}, "minItems": 1},
            "over": {"const": True},
            "failures_before": COUNT,
            "counted_by": TEXT,
            "weak": COUNT,
            "window_seconds": COUNT,
            "user_total": COUNT,
            "source_total": COUNT,
        }
    )
