"""What passes between the stages of the engine, and what comes out of it."""

from __future__ import annotations

from typing import Any, Callable, Collection, Iterable, List, NamedTuple, Optional, Tuple, TypeVar, Union

from pamsignal.model import Alert, AuditedLogin, AuthEvent, Context, Finding, JournalRecord, Observation, Unparsed

_Made = TypeVar("_Made")


class Judged(NamedTuple):
    """An event with what was looked up about it."""

    event: AuthEvent
    context: Context


class Fault(NamedTuple):
    """A record that raised, and what."""

    record: Optional[JournalRecord]
    error: Exception


class Produced(NamedTuple):
    """What some records gave: events to write down, alerts to deliver, both oldest first, and what went wrong."""

    events: Tuple[Judged, ...] = ()
    alerts: Tuple[Alert, ...] = ()
    faults: Tuple[Fault, ...] = ()


NOTHING = Produced()


class Heard(NamedTuple):
    """A record, and what it means."""

    record: JournalRecord
    seen: Observation


class Odd(NamedTuple):
    """A line of a program that we know in a shape that we do not; with `seen` None one of a program of a like name.

    Or the kernel's word for a login that sshd has a line about, or should have.
    """

    record: JournalRecord
    seen: Union[Unparsed, AuditedLogin, None]


class Step(NamedTuple):
    """What is to be judged at one time, in this order: events that waited until now, a forged line, and fresh events.

    `record` is the one that was read, `dropped` journald's word that it dropped messages.
    """

    time_us: int
    record: Optional[JournalRecord] = None
    due: Collection[AuthEvent] = ()
    forgery: Optional[Finding] = None
    events: Collection[AuthEvent] = ()
    dropped: Optional[Observation] = None


def each(work: Callable[[Any], Optional[_Made]], items: Iterable[Any], faults: List[Fault]) -> List[_Made]:
    """Return what `work` makes of `items`, without those of which it makes nothing."""
    made = []
    for item in items:
        try:
            one = work(item)
        except Exception as error:  # noqa: BLE001 - one record must never end the watch
            faults.append(Fault(item if isinstance(item, JournalRecord) else item.record, error))
        else:
            if one is not None:
                made.append(one)
    return made
