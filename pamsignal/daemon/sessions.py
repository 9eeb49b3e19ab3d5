"""Open sessions as rows of the store: they outlive the daemon, and their ends get their durations."""

from __future__ import annotations

from typing import Iterable, List

from pamsignal.correlate import OpenSession
from pamsignal.deliver import codec
from pamsignal.deliver.turn import OpenSession as Row

# Names are cut long before; a row beyond this was not written by this version.
LONGEST_DOCUMENT = 16_384


def rows(sessions: Iterable[OpenSession]) -> List[Row]:
    """Return the rows of `sessions`."""
    return [Row(session.key, session.opened_us, codec.dump_session(session)) for session in sessions]


def restored(stored: Iterable[Row]) -> List[OpenSession]:
    """Return the sessions of `stored` rows; one that cannot be read is an end without a duration, and no more."""
    sessions: List[OpenSession] = []
    for row in stored:
        if len(row.document) > LONGEST_DOCUMENT:
            continue
        try:
            sessions.append(codec.load_session(row.document))
        except ValueError:
            continue
    return sessions
