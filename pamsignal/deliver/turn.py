"""What the daemon's turn, the store and the couriers say to each other: values only.

A delivery is one alert for one sink. It is *queued* until the sink has it (then only the alert's id is remembered)
or until it is given up (*dead*, kept for people to read). Times are µs since the epoch, passed in by the caller.
"""

from __future__ import annotations

import enum
from typing import Mapping, NamedTuple, Optional, Sequence, Tuple

from pamsignal.deliver.classes import LOGIN_RULES
from pamsignal.model import Alert, Position

# What the queue gives up last when it is full, after everything else, however severe.
LAST_TO_GO = LOGIN_RULES
LAST_RANK = 100
EVENT_RANK = 0
# Why a delivery was given up that waited too long behind others; every other reason is of `terms.REASONS`.
EXPIRED = "expired"


def rank_of(alert: Alert) -> int:
    """Return how dear `alert` is: of a full queue the lowest goes first, and of those the oldest.

    A forwarded event goes before every alert: anybody can make thousands of their own logins, and those are events.
    """
    if alert.is_event:
        return EVENT_RANK
    return LAST_RANK if alert.rule in LAST_TO_GO else int(alert.severity)


class OpenSession(NamedTuple):
    """A session that has not ended. `document` is its owner's JSON."""

    key: str
    opened_us: int
    document: str


class Memory(NamedTuple):
    """One thing to remember in an `area` of the caller's; `value` None forgets it.

    For facts that no rewind of the journal brings back, such as addresses seen before.
    """

    area: str
    key: str
    value: Optional[str]


class State(enum.Enum):
    """How one delivery stands after an attempt; the values are those of the database."""

    SENT = "sent"
    QUEUED = "queued"
    DEAD = "dead"


class Settlement(NamedTuple):
    """The end of one attempt at one delivery; `attempts` as in `Pending`."""

    sink: str
    alert_id: str
    state: State
    attempts: int = 0
    wait_until_us: int = 0
    reason: str = ""
    detail: str = ""


class Channel(NamedTuple):
    """What is known about a sink as a whole. `failures` is the number in a row since its last success.

    Until `held_until_us` nothing is sent to it. `last_error` is a reason with its detail, free of secrets.
    """

    sent: int = 0
    failures: int = 0
    held_until_us: int = 0
    last_sent_us: Optional[int] = None
    last_error: Optional[str] = None


NEW_CHANNEL = Channel()


class Turn(NamedTuple):
    """All that one turn of the loop changes, for one transaction.

    `alerts` pairs each alert with the sinks that want it; an alert whose id is known already is left out.
    `channels` are new values by sink. `expired` gives up what was queued at a sink before a time. Deliveries and
    channels of the `released` sinks wait no longer. `counted` are increments by name.
    """

    now_us: int
    position: Optional[Position] = None
    alerts: Sequence[Tuple[Alert, Tuple[str, ...]]] = ()
    sessions_opened: Sequence[OpenSession] = ()
    sessions_closed: Sequence[str] = ()
    settled: Sequence[Settlement] = ()
    channels: Mapping[str, Channel] = {}
    expired: Mapping[str, int] = {}
    released: Sequence[str] = ()
    remembered: Sequence[Memory] = ()
    counted: Mapping[str, int] = {}


class Pending(NamedTuple):
    """A delivery that is due; it was written down at `queued_us`.

    `attempts` counts the failed ones that may have been its own fault: not those of the network.
    """

    alert: Alert
    attempts: int
    queued_us: int


class Health(NamedTuple):
    """One sink's state for `status`. `queued` and `dead` are numbers of deliveries, `oldest_us` the longest waiting."""

    queued: int
    oldest_us: Optional[int]
    dead: int
    channel: Channel


class DeadLetter(NamedTuple):
    """A delivery that was given up. `alert` is None where it cannot be read any more."""

    sink: str
    alert_id: str
    alert: Optional[Alert]
    reason: str
    detail: str
    attempts: int
    dead_us: int
