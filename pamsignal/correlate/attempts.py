"""One attempt, one count: failures, denials and connections that ended before a login.

A wrong password writes up to three lines, six of them in one connection write eleven, a key that does not fit writes
none at all (auth.c, auth_log: public-key failures of existing accounts stay below LogLevel INFO). What is counted
is the number of tries, told by whichever of sshd, PAM and the kernel's audit tells more.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Deque, Hashable, Iterable, List, Tuple

from pamsignal.correlate.event import event_of
from pamsignal.correlate.trace import Line, Trace, Traces
from pamsignal.model import AuthEvent, Observation
from pamsignal.terms import Action, Method, Outcome

# pam_unix writes its line, then sits out pam_fail_delay(3), 2 s give or take half, and only then the program writes.
PAM_WAIT_US = 5_000_000
# sudo adds up its prompts and writes one line with the sum, the command and the target.
SUDO_WAIT_US = 60_000_000
# A connection's last lines come together; the second often names the account.
END_WAIT_US = 1_000_000
# An unknown account or an offered key is an attempt when the connection ends; sshd ends it after LoginGraceTime, 120 s.
CONNECTION_WAIT_US = 150_000_000
# A module that fails while the next one lets the user in (pam_unix before pam_sss) does so at once; a person who
# mistypes has to sit out pam_fail_delay's shortest wait of 1 s.
STACKED_WITHIN_US = 900_000

# A record of the kernel's audit, whose process may have no line of its own (parse/audit_auth.py).
AUDITED_FAILURE = "audit.auth_failed"
# sshd asks PAM for keyboard-interactive in a process beside the one that writes its line (auth-pam.c), at once.
BESIDE_WITHIN_US = 5_000_000
MOST_TOLD = 1024
MOST_TOLD_AT_A_PLACE = 64

# Looked up once: before Python 3.12 each look-up of an enum's member is a search.
_PAM, _INTERACTIVE, _FAILURE = Method.PAM, Method.KEYBOARD_INTERACTIVE, Outcome.FAILURE
_DENIALS = frozenset({Action.LOGIN_DENIED, Action.ELEVATION_DENIED})
_OFFERS = frozenset({Method.PUBLICKEY, Method.HOSTBASED, Method.NONE, Method.GSSAPI})
_ENDS = {
    Action.CONNECTION_SCAN: 3,
    Action.CONNECTION_TIMEOUT: 2,
    Action.CONNECTION_CLOSED: 1,
}


class _Told:
    """Tries that a line told of, which the kernel may tell of, too, of a process beside it: `left` of them."""

    __slots__ = ("left", "time_us")

    def __init__(self, time_us: int, left: int) -> None:
        self.time_us = time_us
        self.left = left


class Attempts:
    """The rules; the memory is in `traces`, but for who told of tries at a service from an address."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._told: OrderedDict[Tuple[str, Hashable], Deque[_Told]] = OrderedDict()

    def failure(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in a line that tells of failed tries."""
        seen = line.seen
        if seen.limit:
            return []
        if _is_audited(seen):
            return self._audited(trace, line)
        if seen.method in _OFFERS:
            trace.offered = line
            self._wait_at_most(trace, line.time_us + CONNECTION_WAIT_US)
            return []
        if _told_by_pam(seen):
            refused = trace.failure is not None and _is_denial(trace.failure.seen)
            events = self._tell_earlier(trace, line) if refused else []
            _add_pam(trace, seen)
            if trace.failure is None or _is_audited(trace.failure.seen):
                trace.failure = line
            self._wait_at_most(trace, line.time_us + _pam_wait_us(seen))
            return events
        trace.failed += seen.attempts
        trace.failure = line
        return self.settle(trace)

    def _audited(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in the kernel's word for a try, and wait for a line that says more."""
        trace.audited += 1
        trace.failure = trace.failure or line
        self._wait_at_most(trace, line.time_us + _pam_wait_us(line.seen))
        return []

    def denial(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in a refusal by policy: one event, however many lines say so."""
        if _told_by_pam(line.seen):
            events = self._tell_earlier(trace, line)
            trace.failure = line
            self._wait_at_most(trace, line.time_us + PAM_WAIT_US)
            return events
        events = [] if trace.failure is None or _is_denial(trace.failure.seen) else self.settle(trace)
        if _is_refusal_told(trace, line.seen):
            return events
        return [*events, self._deny(trace, line)]

    def unknown_account(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in `Invalid user`: the try itself is a later line, or the end of the connection."""
        if not trace.counted:
            trace.offered = trace.offered or line
            self._wait_at_most(trace, line.time_us + CONNECTION_WAIT_US)
        return []

    def ended(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in the end of a connection nobody logged in on."""
        if trace.succeeded or line.seen.outcome is not _FAILURE:
            return []
        trace.ended = True
        if trace.counted:
            return []
        if trace.end is None or _tells_more(line.seen, trace.end.seen):
            trace.end = line
        self._wait_at_most(trace, line.time_us + END_WAIT_US)
        return []

    def succeeded(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Take in that the same process let somebody in: offered keys are forgotten, real failures are told first."""
        events = self._tell_earlier(trace, line)
        trace.forget_lines()
        trace.counted = trace.tries
        trace.succeeded = True
        return events

    def settle(self, trace: Trace) -> List[AuthEvent]:
        """Turn whatever `trace` still holds back into events."""
        if trace.failure is not None and _is_denial(trace.failure.seen):
            if not _is_refusal_told(trace, trace.failure.seen):
                return [self._tell_refusal(trace, trace.failure)]
        elif trace.failure is not None:
            fresh = trace.tries - trace.counted
            fresh -= self._told_beside(trace, trace.failure, fresh)
            if fresh > 0:
                return [self._tell_failure(trace, trace.failure, fresh)]
            trace.counted = trace.tries
        if trace.counted or trace.succeeded:
            trace.forget_lines()
            return []
        if trace.offered is not None:
            return [self._tell_offer(trace, trace.offered)]
        return self._tell_end(trace)

    def _tell_earlier(self, trace: Trace, line: Line) -> List[AuthEvent]:
        """Tell what failed before `line`, unless it is of the same try: PAM's modules follow each other at once."""
        failure = trace.failure
        if failure is None or line.time_us - failure.time_us <= STACKED_WITHIN_US:
            return []
        return self.settle(trace)

    def _told_beside(self, trace: Trace, line: Line, fresh: int) -> int:
        """Return how many of the `fresh` tries, of which only the kernel tells here, a line of another process told."""
        if trace.failed or trace.more or trace.pam or not _is_audited(line.seen):
            return 0
        told = 0
        for other in self._tellings(trace, line):
            if abs(other.time_us - line.time_us) <= BESIDE_WITHIN_US:
                taken = min(other.left, fresh - told)
                other.left -= taken
                told += taken
        trace.counted += told
        return told

    def _tellings(self, trace: Trace, line: Line) -> Iterable[_Told]:
        """Return who told of tries at the same place; by a name any can be it: sshd's own lines have the address."""
        place, source = _place(trace, line), trace.source
        if source is None or source.ip is not None:
            return self._told.get(place, ())
        return [told for (service, _), tellings in self._told.items() if service == place[0] for told in tellings]

    def _remember(self, trace: Trace, line: Line, fresh: int) -> None:
        """Keep that a line told of tries, for the kernel's word that may come of a process beside it."""
        place = _place(trace, line)
        told = self._told.setdefault(place, deque(maxlen=MOST_TOLD_AT_A_PLACE))
        told.append(_Told(line.time_us, fresh))
        self._told.move_to_end(place)
        if len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)

    def _tell_failure(self, trace: Trace, line: Line, fresh: int) -> AuthEvent:
        if _asks_pam_beside(line.seen):
            self._remember(trace, line, fresh)
        trace.counted += fresh
        trace.forget_lines()
        reason = "invalid user" if trace.known_account is False else None
        return event_of(line, trace, line.seen.action, _FAILURE, attempts=fresh, reason=reason)

    def _tell_offer(self, trace: Trace, line: Line) -> AuthEvent:
        trace.counted = 1
        trace.forget_lines()
        reason = "invalid user" if trace.known_account is False else "no key accepted"
        return event_of(line, trace, Action.LOGIN_FAILURE, _FAILURE, reason=reason)

    def _tell_end(self, trace: Trace) -> List[AuthEvent]:
        line = trace.end
        if line is None:
            return []
        trace.counted = 1
        trace.forget_lines()
        if trace.known_account is False:
            return [event_of(line, trace, Action.LOGIN_FAILURE, _FAILURE, reason="invalid user")]
        return [event_of(line, trace, line.seen.action, _FAILURE, attempts=line.seen.attempts)]

    def _tell_refusal(self, trace: Trace, line: Line) -> AuthEvent:
        """Tell of a refusal that PAM alone told of: one try, together with what failed at once beside it."""
        if trace.tries > trace.counted:  # a module or the kernel has told of this try, too: it is among theirs
            trace.counted = trace.tries - 1
        else:
            trace.more += 1
        return self._deny(trace, line)

    def _deny(self, trace: Trace, line: Line) -> AuthEvent:
        trace.denied, trace.refused = True, line.seen.user
        trace.counted += 1
        trace.forget_lines()
        return event_of(line, trace, line.seen.action, _FAILURE)

    def _wait_at_most(self, trace: Trace, until_us: int) -> None:
        if trace.due_us is None or trace.due_us > until_us:
            self._traces.wait(trace, until_us)


def _is_audited(seen: Observation) -> bool:
    return seen.pattern == AUDITED_FAILURE


def _asks_pam_beside(seen: Observation) -> bool:
    """Tell whether a process beside the line's can have asked PAM: it has its own word for a password, by this one."""
    return seen.method is _INTERACTIVE or (_told_by_pam(seen) and not _is_audited(seen))


def _place(trace: Trace, line: Line) -> Tuple[str, Hashable]:
    source = trace.source
    return line.seen.service, (source.ip or source.host) if source is not None else trace.key


def _told_by_pam(seen: Observation) -> bool:
    return seen.method is _PAM or seen.pattern.startswith("pam.")


def _is_denial(seen: Observation) -> bool:
    return seen.action in _DENIALS


def _is_refusal_told(trace: Trace, seen: Observation) -> bool:
    """Tell whether an event said already that the process refused this account: some processes serve many."""
    return trace.denied and (trace.refused is None or seen.user is None or seen.user == trace.refused)


def _add_pam(trace: Trace, seen: Observation) -> None:
    if seen.pattern.endswith("more_failures"):
        trace.more += seen.attempts
    else:
        teller = _teller(seen)
        trace.pam = {**trace.pam, teller: trace.pam.get(teller, 0) + seen.attempts}


def _teller(seen: Observation) -> str:
    """Return who counts: each PAM module tells of every try, and so does sshd in PAM's name."""
    return seen.submethod or seen.pattern


def _pam_wait_us(seen: Observation) -> int:
    return SUDO_WAIT_US if seen.service.startswith("sudo") else PAM_WAIT_US


def _tells_more(new: Observation, old: Observation) -> bool:
    return _rank(new) > _rank(old)


def _rank(seen: Observation) -> Tuple[int, bool]:
    return _ENDS[seen.action], seen.user is not None
