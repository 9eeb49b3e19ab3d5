"""The making of one AuthEvent from a line and what its process said before."""

from __future__ import annotations

from typing import Optional

from pamsignal.correlate.trace import Line, Trace
from pamsignal.digest import digest
from pamsignal.model import AuthEvent, Endpoint, JournalRecord
from pamsignal.terms import Action, Outcome

# Longer names exist only to hurt: Linux account names end at 32 characters, sshd prints at most 100.
MOST_TEXT = 1024
_NAMES = {action: action.value for action in Action}
_SUCCESS = Outcome.SUCCESS
_new = tuple.__new__  # half the time of AuthEvent(…)


def event_id(record: JournalRecord, part: str) -> str:
    """Derive 32 hexadecimal digits from machine id, cursor and `part`: the same line always gives the same id."""
    # Without the cursor's first two parts: journald numbers anew when it moves the journal from /run to /var.
    place = record.cursor.partition(";b=")[2] if record.cursor else ""
    return digest(f"{record.machine_id}\n{place or (record.time_us, record.message)}\n{part}")


def event_of(
    line: Line,
    trace: Optional[Trace],
    action: Action,
    outcome: Optional[Outcome],
    *,
    attempts: int = 1,
    reason: Optional[str] = None,
) -> AuthEvent:
    """Put `line` and what `trace` already knew into one event."""
    record, seen, _ = line
    values = (
        event_id(record, _NAMES[action]),
        record.time_us,
        record.hostname,
        seen.service,
        action,
        outcome,
        _user(seen.user, trace),
        seen.target_user,
        seen.user_id,
        _source(seen.source, trace),
        seen.destination or (trace.destination if trace else None),
        seen.method,
        seen.key or (trace.partial_key if trace and outcome is _SUCCESS else None),
        reason or seen.reason,
        attempts,
        trace.known_account if trace else seen.known_account,
        seen.tty,
        seen.cwd,
        seen.command,
        seen.group,
        record.pid if record.pid is not None else record.syslog_pid,
        seen.session_id or (trace.session_id if trace else None),
        None,
        seen.provenance,
        seen.typed,
    )
    event: AuthEvent = _new(AuthEvent, values)
    return event


# A line and what is read from it are bounded before; a name can come from a field beside it, as logind's does.
def _user(told: Optional[str], trace: Optional[Trace]) -> Optional[str]:
    user = told if told is not None or trace is None else trace.user
    return user if user is None or len(user) <= MOST_TEXT else user[: MOST_TEXT - 1] + "…"


def _source(told: Optional[Endpoint], trace: Optional[Trace]) -> Optional[Endpoint]:
    known = trace.source if trace is not None else None
    if told is known or known is None:
        return told
    if told is None or (known.port is not None and known.ip == told.ip):
        return known
    return told
