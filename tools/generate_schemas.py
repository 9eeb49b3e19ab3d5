"""Write the JSON Schemas (Draft-07) of what `--json` prints: pamsignal/cli/schemas/*.schema.json.

The closed sets (actions, outcomes, methods, provenances) come from model.py, so they cannot drift. `--check` fails if a
file is not what this writes.
"""

from __future__ import annotations

import enum
import json
import sys
from pathlib import Path
from typing import Any, Dict, Sequence, Type

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pamsignal.audit.verification import KINDS  # noqa: E402 - found through the line above
from pamsignal.config.problem import ERROR, WARNING  # noqa: E402 - likewise
from pamsignal.detect import familiar  # noqa: E402 - likewise
from pamsignal.model import REASONS, Action, Method, Origin, Outcome, Provenance, Severity  # noqa: E402 - likewise
from pamsignal.render import words  # noqa: E402 - likewise
from pamsignal.summary.counting import CHANGES  # noqa: E402 - likewise

TARGET = ROOT / "pamsignal" / "cli" / "schemas"
Schema = Dict[str, Any]

HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
NAMES: Schema = {"type": "array", "items": TEXT, "minItems": 1}


def one_of(members: Type[enum.Enum], *more: str) -> Schema:
    """Return the schema of one member of a closed set."""
    return {"type": "string", "enum": [str(member.value) for member in members] + list(more)}


def or_null(schema: Schema) -> Schema:
    """Return `schema` with null for what is unknown."""
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def closed(properties: Dict[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return an object of exactly these keys, those in `optional` being there or not."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def known(properties: Dict[str, Schema], required: Sequence[str] = ()) -> Schema:
    """Return an object that has at least one of these keys and no other: what is unknown is left out."""
    shape = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": properties}
    return {**shape, "required": list(required)} if required else shape


def counts(of: str) -> Schema:
    """Return an object of numbers by name."""
    return {"type": "object", "description": f"How many, by {of}.", "additionalProperties": COUNT}


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
    origin = {
        "geo": known(
            {
                "country_iso_code": {"type": "string", "pattern": "^[A-Z]{2}$"},
                "country_name": TEXT,
                "city_name": TEXT,
                "continent_code": {"type": "string", "pattern": "^[A-Z]{2}$"},
                "location": closed({"lat": {"type": "number"}, "lon": {"type": "number"}}),
            }
        ),
        "as": known({"number": COUNT, "organization": known({"name": TEXT})}),
    }
    typed = known({"type": {"const": "tty"}, "total_bytes_captured": COUNT, "text": TEXT})
    top = {
        "@timestamp": TIME,
        "message": TEXT,
        "ecs": closed({"version": TEXT}),
        "event": event_block(),
        "user": known({"name": TEXT, "id": TEXT, "target": known({"name": TEXT}), "effective": known({"name": TEXT})}),
        "group": known({"name": TEXT}),
        "cloud": known({"provider": TEXT, "region": TEXT, "instance": known({"id": TEXT})}),
        "source": known({**endpoint, **origin}),
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


def verify() -> Schema:
    """Return the schema of what `pamsignal verify --json` prints."""
    head = {"type": "string", "pattern": "^[0-9]+:[0-9a-f]{64}$", "description": "NUMBER:HASH: an anchor."}
    damage = {
        "kind": {"enum": list(KINDS)},
        "file": TEXT,
        "line": COUNT,
        "seq": or_null(COUNT),
        "message": TEXT,
    }
    return closed(
        {
            "ok": {"type": "boolean"},
            "files": COUNT,
            "records": COUNT,
            "first_seq": COUNT,
            "head": head,
            "sealed_from": or_null(COUNT),
            "anchors": closed({"checked": COUNT, "not_found": {"type": "array", "items": head}}),
            "damage": {"type": "array", "items": closed(damage)},
        }
    )


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


def status() -> Schema:
    """Return the schema of what `pamsignal status --json` prints."""
    database = or_null(closed({"path": TEXT, "edition": TEXT, "built": TIME, "age_days": COUNT}))
    sink = closed(
        {
            "queued": COUNT,
            "oldest_seconds": or_null(COUNT),
            "sent": COUNT,
            "given_up": COUNT,
            "failures_in_a_row": COUNT,
            "last_sent": or_null(TIME),
            "last_error": or_null({"type": "string", "enum": list(REASONS)}),
            "held_until": or_null(TIME),
        }
    )
    journal = {"last_record": or_null(TIME), "seconds_since": or_null(COUNT), "skipped": COUNT, "reopened": COUNT}
    return closed(
        {
            "version": TEXT,
            "pid": COUNT,
            "state": TEXT,
            "started": TIME,
            "written": TIME,
            "uptime_seconds": {"type": "integer"},
            "journal": closed(journal),
            "records": COUNT,
            "understood": COUNT,
            "events": counts("action"),
            "not_understood": counts("program"),
            "spoofed": counts("program they claim"),
            "provenance": counts("grade"),
            "sinks": {"type": "object", "additionalProperties": sink},
            "store": closed({"trouble": {"type": "boolean"}, "lost": counts("reason")}),
            "trail": closed(
                {
                    "enabled": {"type": "boolean"},
                    "head": or_null({"type": "string", "pattern": "^[1-9][0-9]*:[0-9a-f]{64}$"}),
                    "trouble": {"type": "boolean"},
                    "lost": COUNT,
                }
            ),
            "context": closed(
                {
                    "geoip": closed({"city": database, "asn": database}),
                    "cloud": closed({name: or_null(TEXT) for name in ("provider", "region", "instance_id")}),
                    "destinations_not_looked_up": COUNT,
                }
            ),
            "config": closed({"fingerprint": or_null(TEXT), "reload_rejected": {"type": "boolean"}}),
            "faults": COUNT,
            "conditions": {
                "type": "array",
                "items": closed({"rule": TEXT, "about": TEXT, "since": TIME, "times": COUNT}),
            },
            "problems": {"type": "array", "items": TEXT},
        }
    )


def memory() -> Schema:
    """Return the schema of one line of `pamsignal memory --json`."""
    kinds = {"type": "string", "enum": [*familiar.KINDS, familiar.LEARNING.kind]}
    return closed({"user": {"type": "string"}, "kind": kinds, "value": {"type": "string"}, "last_seen": TIME})


def report() -> Schema:
    """Return the schema of what `pamsignal report --json` and `pamsignal top --json` print."""
    country = or_null({"type": "string", "pattern": "^[A-Z]{2}$"})
    network = {"asn": or_null(COUNT), "org": or_null(TEXT)}
    user, address = or_null(TEXT), or_null({"type": "string", "description": "Of IPv6 the /64; null is the host."})
    totals = ("logins", "failures", "connections", "forged", "new", "findings")
    what = {"enum": [*words.REASONS, *(action.value for action in sorted(CHANGES, key=lambda action: action.value))]}
    new = {"time": TIME, "what": {"type": "array", "items": what}, "user": user, "address": address, "country": country}
    severity = {"enum": [severity.word for severity in Severity]}
    login = {"user": user, "address": address, "country": country, "method": or_null(one_of(Method)), "service": TEXT}
    return closed(
        {
            "records": COUNT,
            "first": or_null(TIME),
            "last": or_null(TIME),
            "hosts": {"type": "array", "items": TEXT},
            "totals": closed(dict.fromkeys(totals, COUNT)),
            "logins": counted(login),
            "elevations": counted({"user": user, "target_user": user, "service": TEXT}),
            "new": {"type": "array", "items": closed(new)},
            "findings": counted({"rule": TEXT, "severity": severity}),
            "addresses": counted({"address": TEXT, "country": country, **network}),
            "networks": counted(network),
            "countries": counted({"country": country}),
            "accounts": counted({"user": TEXT, "known": {"type": ["boolean", "null"]}}),
            "days": {"type": "array", "items": closed({"day": DAY, "logins": COUNT, "failures": COUNT})},
        }
    )


def counted(about: Dict[str, Schema]) -> Schema:
    """Return a list of what was counted by `about`, those with most first, and what it leaves out."""
    numbers = {"successes": COUNT, "failures": COUNT}
    row = closed({**about, **numbers, "first": TIME, "last": TIME})
    exact = {"type": "boolean", "description": "Whether all were counted from their beginning."}
    more = closed({"entries": COUNT, **numbers})
    return closed({"rows": {"type": "array", "items": row}, "more": more, "exact": exact})


def geoip() -> Schema:
    """Return the schema of what `pamsignal geoip status --json` prints."""
    database = {
        "path": TEXT,
        "edition": TEXT,
        "built": TIME,
        "age_days": COUNT,
        "notice": or_null({"type": "string", "description": "What its licence wants to be said beside its data."}),
        "used_by_daemon": or_null({"type": "boolean", "description": "Null where no daemon runs."}),
    }
    purpose = {
        "setting": or_null(TEXT),
        "database": or_null(closed(database)),
        "unused": {"type": "array", "items": TEXT},
    }
    return closed(
        {"city": closed(purpose), "asn": closed(purpose), "problems": {"type": "array", "items": TEXT}},
    )


def support_dump() -> Schema:
    """Return the schema of what `pamsignal support-dump --json` prints; what is in a section is for people."""
    section = {"found": {}, "trouble": or_null(TEXT)}
    names = ("versions", "installation", "configuration", "unit", "status", "store", "trail", "journal", "clock", "log")
    return closed({"version": TEXT, "made": TIME, "sections": closed({name: closed(section) for name in names})})


def check_config() -> Schema:
    """Return the schema of what `pamsignal check-config --json` prints."""
    problem = {
        "line": COUNT,
        "column": COUNT,
        "key": {"type": "string"},
        "message": TEXT,
        "level": {"enum": [ERROR, WARNING]},
    }
    return closed(
        {
            "file": TEXT,
            "ok": {"type": "boolean"},
            "problems": {"type": "array", "items": closed(problem)},
            "fingerprint": {"type": ["string", "null"]},
            "effective": {"type": "object"},
        },
        optional=("effective",),
    )


def main() -> int:
    """Write the files, or with --check compare them."""
    drifted = False
    for make in (explain, event, history, memory, report, status, geoip, verify, check_config, support_dump):
        name = make.__name__.replace("_", "-")
        head = {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": name,
            "description": str(make.__doc__).replace("Return the schema of", "Schema of"),
        }
        text = json.dumps({**head, **make()}, indent=2) + "\n"
        path = TARGET / f"{name}.schema.json"
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.is_file() or path.read_text() != text:
            print(f"{path.name} is not what {Path(__file__).name} writes: run it, review the diff", file=sys.stderr)
            drifted = True
    return int(drifted)


if __name__ == "__main__":
    sys.exit(main())
