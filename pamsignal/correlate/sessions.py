"""Sessions: an opening and a closing make a duration, and an opening nobody announced is a login.

PAM tells of a session by the pid of the privileged process, logind by its id; LEADER joins the two. The order of
the two differs between distributions, so each waits a moment for the other.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Collection, Dict, List, NamedTuple, Optional, Tuple, TypeVar

from pamsignal.correlate.event import event_of
from pamsignal.correlate.services import Kind, kind_of
from pamsignal.correlate.trace import IDLE_US, NEVER, Line, Process, Trace, Traces
from pamsignal.model import AuthEvent, Endpoint
from pamsignal.terms import Action, Outcome, Provenance

# login(1) of util-linux writes LOGIN ON after PAM's line, pkexec its command after polkit's, logind at once.
OPEN_WAIT_US = 1_000_000
# logind removes a session after PAM has closed it, unless the process was killed.
REMOVE_WAIT_US = 2_000_000
# A program's own word for a login that its session told of already comes at once, or speaks of another.
TOLD_WITHIN_US = 10_000_000

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class OpenSession(NamedTuple):
    """A session that has begun. `key` is boot id, pid and uid; survives restarts as a row in the store."""

    key: str
    opened_us: int
    service: str
    user: Optional[str] = None
    target_user: Optional[str] = None
    source: Optional[Endpoint] = None
    tty: Optional[str] = None
    session_id: Optional[str] = None


class Changes(NamedTuple):
    """What happened to the open sessions since it was last asked: rows to write, keys to delete; none is in both."""

    opened: Tuple[OpenSession, ...]
    closed: Tuple[str, ...]


class Sessions:
    """All open sessions, bounded; the oldest is forgotten first. `take_due` says nothing before `nearest_us`."""

    def __init__(self, traces: Traces, ignored_services: Collection[str], most: int = 4096) -> None:
        self._traces = traces
        self._ignored = frozenset(ignored_services)
        self._most = most
        self._open: OrderedDict[str, OpenSession] = OrderedDict()
        self._by_session_id: Dict[str, str] = {}
        self._removed: OrderedDict[str, Tuple[int, Line]] = OrderedDict()
        self._machinery: OrderedDict[Process, int] = OrderedDict()
        self._opened: Dict[str, OpenSession] = {}
        self._closed: OrderedDict[str, None] = OrderedDict()
        self.nearest_us = NEVER

    def restore(self, session: OpenSession) -> None:
        """Put back a session that was open when the daemon stopped."""
        self._remember(session)
        del self._opened[session.key]

    def keep_all(self) -> None:
        """Hand out all that are open with the next changes: what was written down of them is lost."""
        self._opened = dict(self._open)

    def is_open(self, boot_id: Optional[str], pid: int) -> bool:
        """Tell whether a process of root's has a session open."""
        return _text_of((boot_id, pid, 0)) in self._open

    def take_changes(self) -> Changes:
        """Return what changed since the last call."""
        changes = Changes(tuple(self._opened.values()), tuple(self._closed))
        self._opened, self._closed = {}, OrderedDict()
        return changes

    def succeeded(self, trace: Trace, line: Line, action: Action) -> List[AuthEvent]:
        """Take in the program's own word for a success; one that its session already told adds nothing."""
        told, trace.told_by_session = trace.told_by_session, None
        if told is not None and told[0] == line.seen.program and line.time_us - told[1] <= TOLD_WITHIN_US:
            return []
        trace.opened = None
        return [event_of(line, trace, action, Outcome.SUCCESS)]

    def opened(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in PAM's `session opened`."""
        kind = kind_of(line.seen.service)
        if kind is Kind.MACHINERY or line.seen.service in self._ignored:
            self._machinery[trace.key] = line.time_us
            _shrink(self._machinery, self._most)
            return []
        if line.seen.provenance is not Provenance.UNVERIFIED:  # anybody can write such a line, and would fill the table
            self._remember(_session_of(trace, line))
        if not trace.succeeded:
            trace.opened = line
            self._traces.wait(trace, line.time_us + OPEN_WAIT_US)
        return []

    def settle(self, trace: Trace) -> List[AuthEvent]:
        """Tell the login of a session that nobody else announced."""
        line = trace.opened
        if line is None:
            return []
        trace.opened = None
        if self._is_machinery(trace.key, line.time_us):
            return []
        trace.succeeded = True
        trace.told_by_session = (line.seen.program, line.time_us)
        return [event_of(line, trace, _action_of(line.seen.service), Outcome.SUCCESS)]

    def closed(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in PAM's `session closed`."""
        if kind_of(line.seen.service) is Kind.MACHINERY or line.seen.service in self._ignored:
            return []
        events = self.settle(trace)
        session = self._forget(_text_of(trace.key))
        return [*events, _closing(trace, line, session)]

    def joined(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in logind's `New session`, on the trace of its leader."""
        trace.session_id = line.seen.session_id
        session = self._open.get(_text_of(trace.key))
        if session is not None:
            self._remember(session._replace(session_id=trace.session_id))
        elif not trace.succeeded:
            trace.opened = line
            self._traces.wait(trace, line.time_us + REMOVE_WAIT_US)
        return []

    def removed(self, line: Line) -> List[AuthEvent]:
        """Take in logind's `Removed session`: an end only if PAM does not tell of it."""
        session_id = _session_key(line)
        if session_id in self._by_session_id:
            self._removed[session_id] = (line.time_us + REMOVE_WAIT_US, line)
            self.nearest_us = self.next_due_us() or NEVER
        return []

    def next_due_us(self) -> Optional[int]:
        """Return when the oldest removal by logind stops waiting for PAM."""
        for due_us, _ in self._removed.values():
            return due_us
        return None

    def take_due(self, time_us: int) -> List[AuthEvent]:
        """Close the sessions that logind removed and PAM never closed."""
        events: List[AuthEvent] = []
        while self._removed:
            session_id, (due_us, line) = next(iter(self._removed.items()))
            if due_us > time_us:
                break
            del self._removed[session_id]
            session = self._forget(self._by_session_id.get(session_id, ""))
            if session is not None:
                events.append(_closing(None, line, session))
        self.nearest_us = self.next_due_us() or NEVER
        return events

    def _is_machinery(self, key: Process, time_us: int) -> bool:
        """Tell whether the process opened a session for nobody in particular, and lately: pids are used again."""
        since_us = self._machinery.get(key)
        return since_us is not None and abs(time_us - since_us) <= IDLE_US

    def _remember(self, session: OpenSession) -> None:
        self._drop_session_id(self._open.get(session.key))
        self._open[session.key] = session
        self._opened[session.key] = session
        self._closed.pop(session.key, None)
        if session.session_id is not None:
            self._by_session_id[_boot_of(session.key) + session.session_id] = session.key
        while len(self._open) > self._most:
            self._forget(next(iter(self._open)))

    def _forget(self, key: str) -> Optional[OpenSession]:
        session = self._open.pop(key, None)
        if session is None:
            return None
        self._opened.pop(key, None)
        self._closed[key] = None
        _shrink(self._closed, self._most)  # a replay has no store that would take the changes
        self._drop_session_id(session)
        return session

    def _drop_session_id(self, session: Optional[OpenSession]) -> None:
        if session is not None and session.session_id is not None:
            self._by_session_id.pop(_boot_of(session.key) + session.session_id, None)


def _session_of(trace: Trace, line: Line) -> OpenSession:
    seen = line.seen
    return OpenSession(
        key=_text_of(trace.key),
        opened_us=line.time_us,
        service=seen.service,
        user=trace.user,
        target_user=seen.target_user,
        source=trace.source,
        tty=seen.tty,
        session_id=trace.session_id,
    )


def _closing(trace: Optional[Trace], line: Line, session: Optional[OpenSession]) -> AuthEvent:
    event = event_of(line, trace, Action.SESSION_CLOSED, Outcome.SUCCESS)
    if session is None:
        return event
    return event._replace(
        service=session.service,
        user=session.user or event.user,
        target_user=session.target_user or event.target_user,
        source=session.source or event.source,
        tty=session.tty or event.tty,
        session_id=session.session_id or event.session_id,
        duration_us=max(0, line.time_us - session.opened_us),
    )


def _action_of(service: str) -> Action:
    return Action.ELEVATION_SUCCESS if kind_of(service) is Kind.ELEVATION else Action.LOGIN_SUCCESS


def _text_of(key: Process) -> str:
    return "/".join(map(str, key))


def _boot_of(key: str) -> str:
    return key.partition("/")[0] + "/"


def _session_key(line: Line) -> str:
    return f"{line.record.boot_id}/{line.seen.session_id}"


def _shrink(mapping: OrderedDict[_Key, _Value], most: int) -> None:
    while len(mapping) > most:
        mapping.popitem(last=False)
