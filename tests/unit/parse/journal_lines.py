"""The records of tests/data/journal, each with what it means and why it is there."""

import json
from pathlib import Path
from typing import NamedTuple, Optional

from pamsignal.model import Endpoint, JournalRecord, Key, Observation

FOLDER = Path(__file__).parents[2] / "data" / "journal"
STRUCTURED = ("MESSAGE_ID", "SESSION_ID", "USER_ID", "LEADER", "N_DROPPED", "OBJECT_SYSTEMD_UNIT", "OBJECT_COMM")
DEFAULTS = Observation(pattern="", program="", service="", action=None)


class Line(NamedTuple):
    place: str
    record: JournalRecord
    expect: Optional[dict]
    why: str


def _number(text):
    return None if text is None else int(text)


def record_of(fields):
    return JournalRecord(
        cursor=None,
        time_us=int(fields["__REALTIME_TIMESTAMP"]),
        boot_id=None,
        machine_id=None,
        hostname=fields["_HOSTNAME"],
        transport=fields.get("_TRANSPORT"),
        pid=_number(fields.get("_PID")),
        uid=_number(fields.get("_UID")),
        exe=fields.get("_EXE"),
        comm=fields.get("_COMM"),
        unit=fields.get("_SYSTEMD_UNIT"),
        identifier=fields.get("SYSLOG_IDENTIFIER"),
        message=fields["MESSAGE"],
        cap_effective=fields.get("_CAP_EFFECTIVE"),
        structured={name: fields[name] for name in STRUCTURED if name in fields},
    )


def _load():
    for path in sorted(FOLDER.rglob("*.jsonl")):
        for number, text in enumerate(path.read_text().splitlines(), 1):
            line = json.loads(text)
            place = f"{path.relative_to(FOLDER)}:{number}"
            yield Line(place, record_of(line["record"]), line["expect"], line["why"])


LINES = tuple(_load())


def _plain(value):
    if isinstance(value, Endpoint):
        host = value.host or (f"[{value.ip}]" if value.ip.version == 6 else str(value.ip))
        return f"{host}:{value.port}" if value.port else host
    if isinstance(value, Key):
        return {name: text for name, text in value._asdict().items() if text is not None}
    return getattr(value, "value", value)


def as_expected(seen):
    """What `parse` saw, in the words of the data lines: only what is known."""
    if seen is None:
        return None
    if not isinstance(seen, Observation):
        return {"unparsed": seen.program}
    pairs = zip(seen._fields, seen, DEFAULTS)
    return {name: _plain(value) for name, value, default in pairs if value != default}
