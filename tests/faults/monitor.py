"""The daemon as the harness runs it, and what it left behind when it is dead."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Optional

from pamsignal.audit.chain import heads_in
from pamsignal.audit.files import files_in
from pamsignal.audit.verification import verify
from tests.harness.daemon import Service
from tests.harness.trails import records_in

# The product's own code, with other numbers: waits between attempts are a hundredth, an answer is waited for 2 s
# instead of 10 (less, and on a busy machine answers that were on their way would be repeats), no budget holds back what has to be counted, and a trouble of the disk is looked at again after half a second.
STAGED = """
import sys
from pamsignal.audit import trail
from pamsignal.deliver import budget, judge, store
from pamsignal.deliver.sinks import guard, http
guard.READ_SECONDS = http.READ_SECONDS = 2
next_delay_seconds = judge.next_delay_seconds
judge.next_delay_seconds = lambda *given: next_delay_seconds(*given) / 100
budget.Bucket.has_room = lambda *_given: True
trail.RETRY_US = store.REOPEN_US = 500_000
from pamsignal.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Found(NamedTuple):
    """What lies on the disk: how far the store read, the trail's head that it knows, what it has still to send."""

    until_us: int
    cursor: Optional[str]
    head: Optional[object]
    queued: dict
    damage: list
    trail_head: object


def a_service(folder, journal, endpoints, extra=""):
    """A daemon in `folder` on the journal in `journal`, with a webhook for each of `endpoints`, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    service = Service(folder)
    service.program = ["-c", STAGED]
    sinks = "".join(
        f"  {name}: {{type: webhook, url: '{one.url()}', signing: none}}\n" for name, one in endpoints.items()
    )
    service.configure(f"journal: {{directory: {journal}}}\ntrail: {{rotate_bytes: 262144}}\n{extra}sinks:\n{sinks}")
    return service


def is_anything_queued(folder):
    """Ask the database of a daemon that runs whether it has still something to send; no copy of it would be whole."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/state/state.db?mode=ro", uri=True)) as database:
            return database.execute("SELECT 1 FROM deliveries LIMIT 1").fetchone() is not None
    except sqlite3.OperationalError:  # it is not there yet, or has no table yet
        return True


def found_in(folder):
    """Look at what a dead daemon left, at copies: opening a database mends it."""
    with tempfile.TemporaryDirectory() as place:
        for path in (folder / "state").glob("state.db*"):
            shutil.copy(path, place)
        rows = _rows(Path(place) / "state.db")
    heads = heads_in(rows["head"])
    verdict = verify(files_in(str(folder / "logs")), heads)
    damage = sorted({one.kind for one in verdict.damage})
    cursor, until_us = rows["position"] or (None, 0)
    return Found(until_us, cursor, heads[0] if heads else None, rows["queued"], damage, verdict.head)


def _rows(path):
    """A killed start may have made no table yet."""
    with closing(sqlite3.connect(path)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'position'").fetchone():
            return {"position": None, "head": "", "queued": {}}
        head = database.execute("SELECT value FROM memory WHERE area = 'trail' AND memory_key = 'head'").fetchone()
        queued = {}
        for sink, alert_id in database.execute("SELECT sink, alert_id FROM deliveries"):
            queued.setdefault(sink, set()).add(alert_id)
        position = database.execute("SELECT cursor, time_us FROM position").fetchone()
        return {"position": position, "head": head[0] if head else "", "queued": queued}


def in_trail(folder):
    """The ports of the logins, and the ids of the alerts that the trail in `folder` has, in its order."""
    ports, alerts = [], []
    for record in records_in(folder / "logs"):
        alert = record.get("alert", {})
        event = record.get("event", {})
        if alert:
            alerts.append(alert["id"])
        if event.get("action") == "login_success":
            ports.append(event["source"]["port"])
    return ports, alerts
