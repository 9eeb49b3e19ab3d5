"""kill -9 at any moment: what the store says was read, and the alerts in it, always agree."""

from __future__ import annotations

import random
import sqlite3

from pamsignal.deliver.store import open_store
from pamsignal.deliver.turn import OpenSession, Settlement, State, Turn
from pamsignal.model import Position
from tests.builders import NOON_US, an_alert
from tests.edge.killed import killed_after

ROUNDS = 60


def alert_ids(turn):
    """Turn 3 has two alerts, turn 4 none, and so on; a second sink wants every other one."""
    return [f"{turn}-{part}" for part in range((0, 1, 1, 2)[turn % 4])]


def settled(turn):
    """Every alert is sent three turns after it came."""
    return [Settlement("team", alert_id, State.SENT) for alert_id in alert_ids(turn - 3)] if turn > 3 else []


def live(path, rewind):
    """What the daemon does, for ever: a few turns are read again, then it goes on where the last one was killed."""
    store = open_store(path)
    position = store.position()
    turn = 1 + int(position.cursor if position else 0)
    for again in range(max(1, turn - rewind), turn):
        store.commit(Turn(NOON_US, alerts=[(an_alert(id=alert_id), ("team", "siem")) for alert_id in alert_ids(again)]))
    while True:
        alerts = [(an_alert(id=alert_id), ("team", "siem")) for alert_id in alert_ids(turn)]
        store.commit(
            Turn(
                NOON_US + turn,
                Position(str(turn), NOON_US + turn),
                alerts,
                sessions_opened=[OpenSession(str(turn), NOON_US, "{}")],
                sessions_closed=[str(turn - 1)],
                settled=settled(turn),
                counted={"turns": 1},
            )
        )
        turn += 1


def test_position_and_alerts_agree_after_every_kill_and_nothing_is_there_twice(tmp_path):
    path = str(tmp_path / "state.db")
    dice = random.Random(20261123)
    turns = [0]
    rounds = 0
    while rounds < ROUNDS or turns[-1] <= ROUNDS:
        # Longer and longer: on a busy machine a child may not have begun by then, and the test would never end.
        killed_after(dice.uniform(0.001, 0.03 * (1 + rounds // ROUNDS)), live, path, dice.randrange(5))
        rounds += 1
        store = open_store(path)
        assert store.trouble is None
        position = store.position()
        last = int(position.cursor) if position else 0
        came = [alert_id for turn in range(1, last + 1) for alert_id in alert_ids(turn)]
        gone = {s.alert_id for turn in range(1, last + 1) for s in settled(turn)}
        with sqlite3.connect(path) as reader:
            assert [row[0] for row in reader.execute("SELECT alert_id FROM known ORDER BY sequence")] == came
        pending = store.due("team", NOON_US + 10**9, 10**6)
        assert [p.alert.id for p in pending] == [alert_id for alert_id in came if alert_id not in gone]
        assert [session.key for session in store.sessions()] == ([str(last)] if last else [])
        store.close()
        assert last >= turns[-1]
        turns.append(last)
