"""Write the JSON Schemas (Draft-07) of what `--json` prints: pamsignal/cli/schemas/*.schema.json.

The closed sets (actions, outcomes, methods, provenances) come from terms.py, so they cannot drift. `--check` fails if a
file is not what this writes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Dict

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from event_schemas import event, explain, history  # noqa: E402 - stands beside this one
from json_shapes import (  # noqa: E402 - likewise
    COUNT,
    DAY,
    TEXT,
    TIME,
    Schema,
    closed,
    counts,
    one_of,
    or_null,
)

from pamsignal.audit.verification import KINDS  # noqa: E402 - found through the line above
from pamsignal.config.problem import ERROR, WARNING  # noqa: E402 - likewise
from pamsignal.detect import familiar  # noqa: E402 - likewise
from pamsignal.render import words  # noqa: E402 - likewise
from pamsignal.summary.counting import CHANGES  # noqa: E402 - likewise
from pamsignal.terms import REASONS, Method, Severity  # noqa: E402 - likewise

TARGET = ROOT / "pamsignal" / "cli" / "schemas"


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


def status() -> Schema:
    """Return the schema of what `pamsignal status --json` prints."""
    journal = {"last_record": or_null(TIME), "seconds_since": or_null(COUNT), "skipped": COUNT, "reopened": COUNT}
    condition = closed({"rule": TEXT, "about": TEXT, "since": TIME, "times": COUNT})
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
            "sinks": {"type": "object", "additionalProperties": status_of_sink()},
            "store": closed({"trouble": {"type": "boolean"}, "lost": counts("reason")}),
            "trail": status_of_trail(),
            "context": status_of_context(),
            "config": closed({"fingerprint": or_null(TEXT), "reload_rejected": {"type": "boolean"}}),
            "faults": COUNT,
            "conditions": {"type": "array", "items": condition},
            "problems": {"type": "array", "items": TEXT},
        }
    )


def status_of_sink() -> Schema:
    """Return the schema of how it stands with one sink."""
    return closed(
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


def status_of_trail() -> Schema:
    """Return the schema of how it stands with the trail."""
    head = {"type": "string", "pattern": "^[1-9][0-9]*:[0-9a-f]{64}$"}
    is_so = {"type": "boolean"}
    return closed({"enabled": is_so, "head": or_null(head), "trouble": is_so, "lost": COUNT})


def status_of_context() -> Schema:
    """Return the schema of what events are looked up in, and of the cloud that the host runs in."""
    database = or_null(closed({"path": TEXT, "edition": TEXT, "built": TIME, "age_days": COUNT}))
    return closed(
        {
            "geoip": closed({"city": database, "asn": database}),
            "cloud": closed({name: or_null(TEXT) for name in ("provider", "region", "instance_id")}),
            "destinations_not_looked_up": COUNT,
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
