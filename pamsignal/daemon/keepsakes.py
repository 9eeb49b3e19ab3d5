"""What the store keeps for the engine and for the daemon: sessions, accounts, conditions, what is held back."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from pamsignal.daemon import conditions, familiarity, held, sessions
from pamsignal.daemon.outgoing import Outgoing
from pamsignal.daemon.own_sight import OwnSight
from pamsignal.deliver.store import Store
from pamsignal.deliver.turn import Memory, OpenSession
from pamsignal.pipeline import Engine

SIGHT, OWN_SIGHT = "sight", "own sight"


class Changes(NamedTuple):
    """What is new since the last turn, as rows."""

    opened: Sequence[OpenSession]
    closed: Sequence[str]
    remembered: Sequence[Memory]


def put_back(engine: Engine, store: Store) -> None:
    """Give a new engine the sessions that were open."""
    engine.restore(sessions.restored(store.sessions()))


def recall(engine: Engine, outgoing: Outgoing, store: Store) -> None:
    """Let the engine know of accounts, and the budgets of what they hold back, just what is written down.

    What was written down is complete, and what somebody deleted from it must not come back with the next rewind.
    """
    engine.take_session_changes()
    engine.familiar.restore(familiarity.restored(store.memory(familiarity.AREA)))
    engine.sight.restore(conditions.restored(store.memory(SIGHT)))
    outgoing.restore(held.restored(store.memory(held.AREA)))


def recall_own(own_sight: OwnSight, store: Store) -> None:
    """Let the daemon know what it told of itself."""
    own_sight.restore(conditions.restored(store.memory(OWN_SIGHT)))


def keep_all(engine: Engine, own_sight: OwnSight, outgoing: Outgoing) -> None:
    """Give all of it with the next changes: the file that it was in is lost."""
    engine.keep_all()
    own_sight.conditions.keep_all()
    outgoing.keep_all()


def take(engine: Engine, own_sight: OwnSight, outgoing: Outgoing) -> Changes:
    """Return what is to be written down."""
    changes = engine.take_session_changes()
    remembered = familiarity.rows(engine.familiar.take_changes())
    remembered += conditions.rows(SIGHT, engine.sight.conditions.take_changes())
    remembered += conditions.rows(OWN_SIGHT, own_sight.conditions.take_changes())
    remembered += held.rows(outgoing.take_held())
    return Changes(sessions.rows(changes.opened), changes.closed, remembered)
