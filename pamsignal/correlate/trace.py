"""What one process has said so far: the memory that makes one event of many lines.

A process is known by boot id, pid and uid; another program, address or port under these begins a new trace. Traces
are bounded in number; the oldest is settled and forgotten first.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from typing import Iterator, List, Mapping, NamedTuple, Optional, Tuple

from pamsignal.model import Address, Endpoint, JournalRecord, Key, Observation

# A silent process is over after this long: its pid may belong to somebody else by now. sshd itself gives a client
# 120 s (sshd_config(5), LoginGraceTime), sudo five minutes a prompt (sudoers(5), passwd_timeout).
IDLE_US = 900_000_000
NEVER = 2**63
_SWEEP_AT = 512
_NONE: Mapping[str, int] = {}

# Boot id, pid and uid, or what stands in their place.
Process = Tuple[object, ...]


class Line(NamedTuple):
    """A record together with what it means. `time_us` is the record's time without the steps of the host's clock."""

    record: JournalRecord
    seen: Observation
    time_us: int


class Trace:
    """One process. `failed` counts tries told by the program itself, `pam` by each PAM module, `audited` by the kernel.

    The number of tries is the largest of these tellings, since each alone is enough and all are one
    (`tries`); `counted` are those that already became events. `failure` is the line that tells most about the
    failure so far, `end` the one that says how the connection ended, `opened` a session whose login is not
    yet told. `is_heard_of` is a process of which nothing but the kernel's audit says who and from where it is.
    `partial_key` was right, and is the first of several factors. `refused` is the account that `denied` is about.
    `due_us` is when to stop waiting for a better line.
    """

    __slots__ = (
        *("audited", "counted", "denied", "destination", "due_us", "end", "ended", "failed", "failure", "is_heard_of"),
        *("key", "known_account", "last_us", "more", "offered", "opened", "pam", "partial_key", "program", "refused"),
        *("session_id", "source", "succeeded", "told_by_session", "user"),
    )

    def __init__(self, key: Process, time_us: int) -> None:
        self.key = key
        self.last_us = time_us
        self.due_us: Optional[int] = None
        self.program: Optional[str] = None
        self.user: Optional[str] = None
        self.known_account: Optional[bool] = None
        self.source: Optional[Endpoint] = None
        self.destination: Optional[Endpoint] = None
        self.session_id: Optional[str] = None
        self.told_by_session: Optional[Tuple[str, int]] = None
        self.failed = self.more = self.audited = self.counted = 0
        self.pam: Mapping[str, int] = _NONE
        self.denied = self.succeeded = self.ended = self.is_heard_of = False
        self.partial_key: Optional[Key] = None
        self.refused: Optional[str] = None
        self.failure: Optional[Line] = None
        self.offered: Optional[Line] = None
        self.end: Optional[Line] = None
        self.opened: Optional[Line] = None

    @property
    def holds_lines(self) -> bool:
        """Tell whether something is kept that no event has told of yet."""
        return not (self.failure is self.offered is self.end is self.opened is None)

    @property
    def tries(self) -> int:
        """How many tries the lines so far stand for."""
        by_pam = max(self.pam.values()) + self.more if self.pam else self.more
        return max(self.failed, by_pam, self.audited)

    def forget_lines(self) -> None:
        """Let go of the lines that were kept for an event, as it is told, and of the moment they waited for."""
        self.failure = self.offered = self.end = None
        if self.opened is None:
            self.due_us = None

    def learn(self, seen: Observation) -> None:
        """Keep what `seen` says about who and from where; what is already known in more detail stays."""
        user, known_account, destination, new = seen.user, seen.known_account, seen.destination, seen.source
        if user is not None:
            self.user = user
        if known_account is not None:
            self.known_account = known_account
        if destination is not None:
            self.destination = destination
        if new is not None and new is not self.source and _says_more(new, self.source):
            self.source = new

    def hear(self, seen: Observation) -> None:
        """Keep what a record of the kernel's audit says about who and from where, as far as nothing is known."""
        if self.program is None:
            self.program, self.is_heard_of = seen.program, True
        self.user = self.user or seen.user
        self.source = self.source or seen.source


def _says_more(new: Endpoint, old: Optional[Endpoint]) -> bool:
    return old is None or (new.ip is not None and (new.port is not None or new.ip != old.ip))


class Traces:
    """All traces, by key, with the moments at which they want to be looked at again.

    None of these comes before `nearest_us`.
    """

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._by_key: OrderedDict[Process, Trace] = OrderedDict()
        self._due: List[Tuple[int, int, Trace]] = []
        self._sweep_at = _SWEEP_AT
        self._sequence = 0
        self.nearest_us = NEVER

    def __len__(self) -> int:
        return len(self._by_key)

    def take(self, key: Process) -> Optional[Trace]:
        """Return the trace of `key`, which is the newest from now on, or None."""
        trace = self._by_key.get(key)
        if trace is not None:
            self._by_key.move_to_end(key)
        return trace

    def begin(self, key: Process, time_us: int) -> Trace:
        """Return a new trace of `key`, in the place of any other."""
        trace = self._by_key[key] = Trace(key, time_us)
        return trace

    def take_surplus(self) -> Optional[Trace]:
        """Take out and return the oldest trace if there are more than the limit."""
        if len(self._by_key) <= self._most:
            return None
        trace = self._by_key.popitem(last=False)[1]
        trace.due_us = None
        return trace

    def wait(self, trace: Trace, until_us: int) -> None:
        """Look at `trace` again at `until_us`, and not before."""
        trace.due_us = until_us
        self._sequence += 1
        heapq.heappush(self._due, (until_us, self._sequence, trace))
        self.nearest_us = min(self.nearest_us, until_us)
        if len(self._due) > self._sweep_at:
            self._sweep()

    def _sweep(self) -> None:
        """Drop the waits that are over, and with them the traces that only they still hold."""
        self._due = [entry for entry in self._due if entry[2].due_us == entry[0]]
        heapq.heapify(self._due)
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._due))

    def next_due_us(self) -> Optional[int]:
        """Return the nearest moment a trace waits for."""
        while self._due and self._due[0][2].due_us != self._due[0][0]:
            heapq.heappop(self._due)
        self.nearest_us = self._due[0][0] if self._due else NEVER
        return self._due[0][0] if self._due else None

    def ended_from(self, ip: Address) -> List[Trace]:
        """Return the traces of connections from `ip` that have ended and still wait for a better line, in order."""
        waiting = [
            entry
            for entry in self._due
            if entry[2].ended and entry[2].due_us == entry[0] and entry[2].source and entry[2].source.ip == ip
        ]
        return [trace for _, _, trace in sorted(waiting)]

    def is_due(self, time_us: int) -> bool:
        """Tell whether the moment of a trace has come. Most waits are over before: their line is told already."""
        return time_us >= self.nearest_us and (self.next_due_us() or NEVER) <= time_us

    def take_due(self, time_us: int) -> Iterator[Trace]:
        """Take out and yield the traces whose moment has come, in order."""
        while self.is_due(time_us):
            trace = heapq.heappop(self._due)[2]
            trace.due_us = None
            yield trace
