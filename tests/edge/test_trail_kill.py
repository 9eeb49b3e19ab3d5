"""kill -9 at any moment: every event is in the trail once, in order, and no later than the store has passed it."""

from __future__ import annotations

import random

from pamsignal.audit.files import files_in
from pamsignal.audit.verification import verify
from pamsignal.deliver.store import open_store
from pamsignal.deliver.turn import Memory, Turn
from pamsignal.model import Position
from tests.edge.killed import killed_after
from tests.harness.trails import NOON_US, a_trail, damage_in, events, kinds_in, pids_in

ROUNDS = 60
BATCH = 7
SECOND_US = 1_000_000


def live(state, logs):
    """What the daemon does, for ever: read on from the saved place, write the trail, then save the place."""
    store = open_store(state)
    position = store.position()
    done = int(position.cursor) if position else 0
    now_us = NOON_US + done * SECOND_US
    trail = a_trail(logs, now_us=now_us, since_us=now_us, rotate_bytes=20_000, compress=True)
    while True:
        trail.append(NOON_US + done * SECOND_US, events(done, BATCH), ())
        done += BATCH
        now_us = NOON_US + done * SECOND_US
        store.commit(Turn(now_us, Position(str(done), now_us), remembered=[Memory("trail", "head", str(trail.head))]))
        trail.tend(now_us)


def saved(state):
    store = open_store(state)
    position = store.position()
    head = store.memory("trail").get("head")
    store.close()
    return int(position.cursor) if position else 0, head


def test_every_event_is_there_once_after_every_kill(tmp_path):
    state, logs = str(tmp_path / "state.db"), tmp_path / "logs"
    logs.mkdir()
    dice = random.Random(20261123)
    rounds, pids = 0, []
    while rounds < ROUNDS or len(pids) < ROUNDS * BATCH:
        # Longer and longer: on a busy machine a child may not have begun by then, and the test would never end.
        killed_after(dice.uniform(0.001, 0.05 * (1 + rounds // ROUNDS)), live, state, logs)
        rounds += 1
        done, _ = saved(state)
        pids = pids_in(logs)
        assert pids == list(range(len(pids)))
        assert done <= len(pids) <= done + BATCH
        assert {kind for kind, _, _ in damage_in(logs)} <= {"torn"}
    trail = a_trail(logs, known=None)
    trail.close()
    verdict = verify(files_in(str(logs)))
    assert (verdict.damage, trail.trouble) == ([], None)
    assert len(files_in(str(logs))) > 3
    assert int(saved(state)[1].partition(":")[0]) <= verdict.head.seq
    assert kinds_in(logs).count("genesis") == 1
