"""The human side of `explain`: what a line means, whether it counts, whether anybody would hear of it, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterator, List, Mapping, Optional, Tuple

from pamsignal.cli import output
from pamsignal.deliver.routes import RouteSettings
from pamsignal.detect import notable
from pamsignal.model import AuthEvent, Endpoint, JournalRecord, Observation, Unparsed
from pamsignal.parse.provenance import Trust, trust
from pamsignal.pipeline import DEFAULTS
from pamsignal.render.escape import for_terminal
from pamsignal.terms import Action, Outcome, Severity

if TYPE_CHECKING:
    import argparse

    from pamsignal.cli.explain import Explained

# Longer lines exist, and are shown whole with --json.
_SHOWN = 2000

# These programs are behind every line that names them as its writer, so where one was not found, the line is cut oddly.
_OURS_SOMEWHERE = re.compile(r"(?:^|\s)(?:sshd|sshd-session|sshd-auth|sudo|su)(?:\[\d+\])?: ", re.ASCII)

_COUNTED: Mapping[Action, str] = {
    Action.LOGIN_SUCCESS: "yes: one login; it forgives the keys offered before it on the same connection",
    Action.LOGIN_PARTIAL: "no: the first of several factors; the login is a later line",
    Action.LOGIN_FAILURE: "yes: an attempt, together with the other lines of the same try",
    Action.LOGIN_DENIED: "yes: an attempt that policy refused",
    Action.INVALID_USER: "not by itself: the attempt is the Failed line that follows, or the end of the connection",
    Action.CONNECTION_CLOSED: "only if the connection ended before a login and told nothing else",
    Action.CONNECTION_SCAN: "as weak evidence: several weigh as much as one attempt",
    Action.CONNECTION_TIMEOUT: "as weak evidence: several weigh as much as one attempt",
    Action.CONNECTION_DROPPED: "as weak evidence: several weigh as much as one attempt",
    Action.ACCOUNT_LOCKED: "yes: once per process",
    Action.SESSION_OPENED: "as the beginning of a session; with its login line it is one login",
    Action.SESSION_CLOSED: "as the end of a session, with its duration",
    Action.ELEVATION_SUCCESS: "yes: one use of privilege",
    Action.ELEVATION_FAILURE: "yes: an attempt, together with the other lines of the same try",
    Action.ELEVATION_DENIED: "yes: one refusal",
    Action.TTY_INPUT: "as an event, if audit.enabled is true: how much was typed, and with audit.keystrokes what",
    Action.JOURNAL_SUPPRESSED: "no: it is about the journal itself",
    Action.DETAIL: "no: it only completes another line of the same process, or is known to mean nothing",
}

_INFO_TOO = "min_severity: info"
_SUMS_UP = "not by itself: a finding alerts when they add up (brute_force, user_enumeration and the others)"
_ALERTED: Mapping[Action, str] = {
    Action.LOGIN_FAILURE: _SUMS_UP,
    Action.INVALID_USER: _SUMS_UP,
    Action.CONNECTION_CLOSED: _SUMS_UP,
    Action.CONNECTION_SCAN: _SUMS_UP,
    Action.CONNECTION_TIMEOUT: _SUMS_UP,
    Action.CONNECTION_DROPPED: _SUMS_UP,
    Action.ELEVATION_FAILURE: (
        "not by itself: local_brute_force alerts when they add up; "
        f"each one only if alerts.actions names elevation_failure, and a sink has {_INFO_TOO}"
    ),
    Action.SESSION_OPENED: "only if no login line came before it",
    Action.TTY_INPUT: "no: it is written into the trail, and goes to sinks that collect events",
    Action.JOURNAL_SUPPRESSED: "yes: lines about logins may be among those that were dropped",
    Action.DETAIL: "no",
}


def for_people(explained: Explained, arguments: argparse.Namespace) -> str:
    """Return a paragraph about one line, safe for a terminal; with --verbose, also who wrote it."""
    rows = [*_rows(explained), *(_sender(explained.record) if getattr(arguments, "verbose", False) else ())]
    head = output.painted(for_terminal(explained.line, _SHOWN), output.BOLD, colored=output.is_colored(arguments))
    return "".join((f"{head}\n", *(f"  {label:<11} {value}\n" for label, value in rows), "\n"))


def _rows(explained: Explained) -> Iterator[Tuple[str, str]]:
    seen = explained.meaning
    if seen is None:
        yield "matched", _unmatched(explained.line)
    elif isinstance(seen, Unparsed):
        yield "matched", f"no: a line of {seen.program} in a shape pamsignal does not know; `status` counts them"
    else:
        yield from _facts(seen)
        yield from _verdict(explained, seen)


def _unmatched(line: str) -> str:
    if _OURS_SOMEWHERE.search(line) and not line.startswith("{"):
        return "no: not understood; give the bare message, or a full syslog line (see: pamsignal explain --help)"
    return "no: not a line about logins, sudo, su or accounts"


def _facts(seen: Observation) -> Iterator[Tuple[str, str]]:
    outcome = f" ({seen.outcome.value})" if seen.outcome else ""
    yield "pattern", seen.pattern
    yield "action", f"{seen.action.value}{outcome}"
    hostile: List[Tuple[str, Optional[str]]] = [
        ("user", seen.user),
        ("target", seen.target_user),
        ("from", _place(seen.source)),
        ("to", _place(seen.destination)),
        ("how", seen.method.value if seen.method else None),
        ("key", " ".join(seen.key[:2]) if seen.key else None),
        ("terminal", seen.tty),
        ("program", seen.typed.program if seen.typed else None),
        ("typed", f"{seen.typed.size_bytes} bytes" if seen.typed else None),
        ("directory", seen.cwd),
        ("command", seen.command),
        ("reason", seen.reason),
        ("times", str(seen.attempts) if seen.attempts > 1 else None),
    ]
    for label, value in hostile:
        if value:
            yield label, for_terminal(value)
    if seen.provenance:
        yield "provenance", seen.provenance.value


def _verdict(explained: Explained, seen: Observation) -> Iterator[Tuple[str, str]]:
    verdict = Trust.ACCEPT if explained.record is None else trust(seen, explained.record)
    if verdict is Trust.SPOOF:
        yield "counted", "no: the fields that nobody can forge say that another program wrote this line"
        yield "alerted", "as spoofed_line, which names the account that wrote it; never as what the line claims"
        return
    why_not = _why_not(seen)
    if verdict is Trust.IGNORE:
        why_not = "it cannot be told who wrote it, and it would mean nothing anyway"
    if why_not is not None:
        yield "counted", f"no: {why_not}"
        yield "alerted", "no"
        return
    yield "counted", _COUNTED.get(seen.action, "yes: one event")
    if verdict in (Trust.CLAIM, Trust.DOUBT):
        yield "claimed", "nothing proves who wrote it: it speaks for the account that wrote it alone, marked unverified"
    if verdict is Trust.DOUBT:
        yield "doubted", "journald saw another program: spoofed_line is told as well"
    yield "alerted", _ALERTED.get(seen.action) or _by_itself(seen)


def _why_not(seen: Observation) -> Optional[str]:
    """Return why a line that means something counts for nothing, None if it may count."""
    if seen.limit:
        return "it repeats tries that other lines of the same connection tell"
    if seen.action is Action.CONNECTION_CLOSED and not (seen.preauth or seen.outcome is Outcome.FAILURE):
        return "the end of a connection after its login"
    is_session = seen.action in (Action.SESSION_OPENED, Action.SESSION_CLOSED)
    if is_session and seen.service in DEFAULTS.ignored_services:
        return f"sessions of {seen.service} are service noise, with the default settings (ignore_services)"
    return None


def _sender(record: Optional[JournalRecord]) -> Iterator[Tuple[str, str]]:
    """Return what the kernel and journald say about who wrote the line; a bare line has none of it."""
    if record is None:
        return
    named = (("exe", record.exe), ("uid", record.uid), ("pid", record.pid), ("unit", record.unit))
    words = ", ".join(f"{name} {for_terminal(str(value))}" for name, value in named if value is not None)
    yield "written by", words or "unknown"


def _by_itself(seen: Observation) -> str:
    """Return what the default settings make of an event that can alert alone, and which keys decide."""
    is_quiet = _severity_of(seen) < RouteSettings().min_severity
    if seen.action.value not in notable.DEFAULT_ACTIONS:
        and_loud = f", and a sink has {_INFO_TOO}" if is_quiet else ""
        return f"no, unless alerts.actions names {seen.action.value}{and_loud}"
    if is_quiet:
        return f"yes, as info: only sinks with {_INFO_TOO} hear of it"
    return "yes, with the default settings (alerts.actions)"


def _severity_of(seen: Observation) -> Severity:
    event = AuthEvent("", 0, None, "", seen.action, reason=seen.reason, group=seen.group, provenance=seen.provenance)
    return notable.severity_of(event) or Severity.INFO


def _place(endpoint: Optional[Endpoint]) -> Optional[str]:
    if endpoint is None:
        return None
    place = str(endpoint.ip) if endpoint.ip else endpoint.host
    return f"{place} port {endpoint.port}" if place and endpoint.port else place
