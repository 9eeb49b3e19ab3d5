"""Observations into events: which lines are one attempt, one session. It never judges, and time is handed in."""

from __future__ import annotations

from typing import Callable, Collection, Dict, List, Optional

from pamsignal.correlate.attempts import AUDITED_FAILURE, Attempts
from pamsignal.correlate.event import event_of
from pamsignal.correlate.sessions import Changes, OpenSession, Sessions
from pamsignal.correlate.trace import IDLE_US, Line, Process, Trace, Traces
from pamsignal.model import AuthEvent, Endpoint, JournalRecord, Observation
from pamsignal.terms import Action, Outcome

__all__ = ["Changes", "Correlator", "Line", "OpenSession"]

_new = tuple.__new__  # half the time of Line(…), for every line
_Step = Callable[[Trace, Line], List[AuthEvent]]

# Lines that only the beginning of a process can write: after an end they mean that the pid is somebody else's now.
_BEGINNINGS = frozenset({Action.INVALID_USER, Action.LOGIN_SUCCESS, Action.LOGIN_FAILURE, Action.SESSION_OPENED})

_SESSION_ACTIONS = frozenset({Action.SESSION_OPENED, Action.SESSION_CLOSED})
_ELEVATION_FAILURE = Action.ELEVATION_FAILURE

# One line says it all. sshd's listener writes the drops of every address under one pid.
_ALONE = frozenset(
    {
        Action.CONNECTION_DROPPED,
        Action.ACCOUNT_CREATED,
        Action.ACCOUNT_DELETED,
        Action.ACCOUNT_GROUP_ADDED,
        Action.PASSWORD_CHANGED,
        Action.TTY_INPUT,
    }
)


class Correlator:
    """Feed it lines in order; it answers with the events that are complete."""

    def __init__(self, ignored_services: Collection[str] = ()) -> None:
        self._traces = Traces()
        self._ignored = frozenset(ignored_services)
        self._attempts = Attempts(self._traces)
        self.sessions = Sessions(self._traces, ignored_services)
        attempts = self._attempts
        self._steps: Dict[Action, _Step] = {
            Action.LOGIN_SUCCESS: self._succeeded,
            Action.ELEVATION_SUCCESS: self._succeeded,
            Action.LOGIN_PARTIAL: _first_factor,
            Action.LOGIN_FAILURE: attempts.failure,
            Action.ELEVATION_FAILURE: attempts.failure,
            Action.LOGIN_DENIED: attempts.denial,
            Action.ELEVATION_DENIED: attempts.denial,
            Action.INVALID_USER: attempts.unknown_account,
            Action.CONNECTION_CLOSED: attempts.ended,
            Action.CONNECTION_SCAN: attempts.ended,
            Action.CONNECTION_TIMEOUT: attempts.ended,
            Action.SESSION_OPENED: self._opened,
            Action.SESSION_CLOSED: self._closed,
            Action.ACCOUNT_LOCKED: _once,
        }

    def feed(self, record: JournalRecord, seen: Observation, time_us: int) -> List[AuthEvent]:
        """Take in one understood line and return the events it completes, oldest first.

        `time_us` is the record's time without the steps of the host's clock.
        """
        action = seen.action
        if seen.service in self._ignored and action not in _SESSION_ACTIONS:
            return []
        line = _new(Line, (record, seen, time_us))
        if action in _ALONE:
            return [event_of(line, None, action, seen.outcome, attempts=seen.attempts)]
        key = _key_of(record, seen)
        trace = self._traces.take(key)
        if trace is None:
            return self._follow(self._traces.begin(key, time_us), line) + self._settle_surplus()
        if _is_another(trace, line):
            events = self._settle(trace)
            return events + self._follow(self._traces.begin(key, time_us), line)
        trace.last_us = time_us
        return self._follow(trace, line)

    def is_due(self, time_us: int) -> bool:
        """Tell whether `tick` has something to look at by `time_us`; cheap."""
        if time_us >= self._traces.nearest_us and self._traces.is_due(time_us):
            return True
        return time_us >= self.sessions.nearest_us

    def tick(self, time_us: int) -> List[AuthEvent]:
        """Return the events that waited for a better line until `time_us`."""
        events: List[AuthEvent] = []
        for trace in self._traces.take_due(time_us):
            events += self._settle(trace)
        return events + self.sessions.take_due(time_us)

    def next_due_us(self) -> Optional[int]:
        """Return the nearest moment at which `tick` has something to say."""
        moments = (self._traces.next_due_us(), self.sessions.next_due_us())
        return min((moment for moment in moments if moment is not None), default=None)

    def _follow(self, trace: Trace, line: Line) -> List[AuthEvent]:
        if line.seen.pattern == AUDITED_FAILURE:
            trace.hear(line.seen)
        else:
            trace.learn(line.seen)
            if (trace.program is None or trace.is_heard_of) and not _is_logind(line.seen):
                trace.program, trace.is_heard_of = line.seen.program, False
        step = self._steps.get(line.seen.action)
        return step(trace, line) if step is not None else []

    def _settle_surplus(self) -> List[AuthEvent]:
        surplus = self._traces.take_surplus()
        return self._settle(surplus) if surplus is not None else []

    def _settle(self, trace: Trace) -> List[AuthEvent]:
        return self._attempts.settle(trace) + self.sessions.settle(trace) if trace.holds_lines else []

    def _succeeded(self, trace: Trace, line: Line) -> List[AuthEvent]:
        events = self._failures_before(line) + self._attempts.succeeded(trace, line)
        return events + self.sessions.succeeded(trace, line, line.seen.action)

    def _failures_before(self, line: Line) -> List[AuthEvent]:
        """Tell what failed from the same address and is over, so that whoever judges this success knows of it."""
        source = line.seen.source
        if source is None or source.ip is None:
            return []
        return [event for trace in self._traces.ended_from(source.ip) for event in self._settle(trace)]

    def _opened(self, trace: Trace, line: Line) -> List[AuthEvent]:
        if _is_logind(line.seen):
            return self.sessions.joined(trace, line)
        return self.sessions.opened(trace, line) if _is_pam(line.seen) else []

    def _closed(self, trace: Trace, line: Line) -> List[AuthEvent]:
        if _is_logind(line.seen):
            return self.sessions.removed(line)
        return self.sessions.closed(trace, line) if _is_pam(line.seen) else []


def _key_of(record: JournalRecord, seen: Observation) -> Process:
    """One process, or what comes nearest to it: polkit's agent and daemon share the account they speak of.

    The writer's uid is part of it, which the kernel vouches for: what an ordinary user wrote under a pid says nothing
    about the process of root that gets the same pid later.
    """
    if seen.action is _ELEVATION_FAILURE and seen.program == "polkitd":
        return (record.boot_id, seen.program, seen.user)
    pid = seen.connection_pid or record.pid or record.syslog_pid
    # logind speaks of another process, which is root's where it is a login.
    return (record.boot_id, pid if pid is not None else str(seen.source or seen.user), record.uid)


def _is_another(trace: Trace, line: Line) -> bool:
    """Tell whether the line belongs to a later process with the same pid.

    What a record of the kernel's audit says of program and address is the process's word, and for the pid the kernel
    vouches: so a difference to a line means nothing, as long as either can wait for the other.
    """
    _, seen, time_us = line
    if time_us - trace.last_us > IDLE_US:
        return True
    if seen.pattern == AUDITED_FAILURE or (trace.is_heard_of and trace.failure is not None):
        return False
    return (
        (trace.program is not None and trace.program != seen.program and not _is_logind(seen))
        or (trace.ended and _is_beginning(seen))
        or (seen.source is not trace.source and _is_elsewhere(seen.source, trace.source))
    )


def _is_beginning(seen: Observation) -> bool:
    return seen.action in _BEGINNINGS and not seen.limit and not seen.pattern.endswith("more_failures")


def _is_elsewhere(new: Optional[Endpoint], old: Optional[Endpoint]) -> bool:
    if new is None or old is None or new.ip is None or old.ip is None:
        return False
    if new.ip is not old.ip and new.ip != old.ip:
        return True
    return bool(new.port and old.port and new.port != old.port)


def _is_pam(seen: Observation) -> bool:
    return seen.pattern.startswith("pam.")


def _is_logind(seen: Observation) -> bool:
    return seen.program == "systemd-logind"


def _first_factor(trace: Trace, line: Line) -> List[AuthEvent]:
    """Keep the key of a login by several factors: the line that lets somebody in speaks of the last one alone."""
    trace.partial_key = line.seen.key or trace.partial_key
    return []


def _once(trace: Trace, line: Line) -> List[AuthEvent]:
    if trace.denied:
        return []
    trace.denied = True
    return [event_of(line, trace, line.seen.action, Outcome.FAILURE)]
