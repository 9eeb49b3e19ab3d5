"""What the store does on a small file system of its own: run by test_store_trouble in a private mount namespace."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pamsignal.deliver.store import open_store
from pamsignal.deliver.turn import Settlement, State, Turn
from pamsignal.model import Position
from tests.builders import NOON_US, an_alert
from tests.edge.small_disk import fill_disk, remount

SECOND_US = 1_000_000


def commit(store, seconds, *ids, cursor=None, sent=()):
    position = Position(cursor, NOON_US) if cursor else None
    settled = [Settlement("team", alert_id, State.SENT) for alert_id in sent]
    alerts = [(an_alert(id=alert_id), ("team",)) for alert_id in ids]
    return store.commit(Turn(NOON_US + seconds * SECOND_US, position, alerts, settled=settled))


def due_ids(store):
    return [pending.alert.id for pending in store.due("team", NOON_US + 3600 * SECOND_US, 5_000)]


def after_restart(store, path):
    store.close()
    return {"after_restart": due_ids(open_store(path)), "position": open_store(path).position().cursor}


def fill(directory, path):
    """Full while running: nothing is lost, and what was sent meanwhile is not sent again."""
    store = open_store(path)
    ids = [str(number) for number in range(20)]
    for alert_id in ids[:10]:
        commit(store, 0, alert_id)
    fill_disk(directory)
    number = 10
    while commit(store, 0, str(number)):  # what is left in the log's last page
        number += 1
    expected = [str(n) for n in range(number + 6)]
    for alert_id in expected[number + 1 :]:
        commit(store, 0, alert_id)
    told = {"trouble": store.trouble, "while_full": due_ids(store), "expected": expected}
    commit(store, 0, sent=expected[:5])
    told["after_sent"] = due_ids(store)
    Path(directory, "ballast").unlink()
    commit(store, 1, "last", cursor="last", sent=[expected[-1]])
    commit(store, 20, cursor="last")
    return {
        **told,
        "trouble_after": store.trouble,
        "expected_after": [*expected[5:-1], "last"],
        **after_restart(store, path),
    }


def start_in_trouble(directory, path, begin, end):
    store = open_store(path)
    commit(store, 0, "old", cursor="before")
    store.close()
    begin(directory)
    store = open_store(path)
    told = {"trouble": store.trouble, "position": store.position().cursor}
    commit(store, 1, "new")
    told["due"] = due_ids(store)
    commit(store, 2, sent=["old"])
    told["due_after_sent"] = due_ids(store)
    end(directory)
    commit(store, 60, cursor="after")
    return {**after_restart(store, path), **told, "trouble_after": store.trouble}


def start(directory, path):
    """Full at the start."""
    return start_in_trouble(directory, path, fill_disk, lambda _: Path(directory, "ballast").unlink())


def read_only(directory, path):
    """Read-only at the start."""
    return start_in_trouble(directory, path, lambda _: remount(directory, "ro"), lambda _: remount(directory, "rw"))


SCENARIOS = {scenario.__name__: scenario for scenario in (fill, start, read_only)}

if __name__ == "__main__":
    name, place = sys.argv[1:]
    print(json.dumps(SCENARIOS[name](place, f"{place}/state.db")))
