"""The command to look further, and the one to end a login: ready to paste, so made of validated parts only.

Whatever does not fit its pattern is left out of the command. No text that somebody could choose reaches a shell.
"""

from __future__ import annotations

import re
from typing import Optional, Tuple

from pamsignal.model import AuthEvent, Finding, Subject
from pamsignal.render import when
from pamsignal.terms import Action, Provenance

LOOK_FURTHER = "Look further"
END_SESSION = "End this session"
END_USER = "End all sessions of the user"
LABELS = frozenset((LOOK_FURTHER, END_SESSION, END_USER))

_MARGIN_US = 60_000_000
_SESSION_ID = re.compile(r"c?[0-9]{1,10}")  # logind numbers its sessions, and puts a `c` before its own count
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_LOOKS_LIKE_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:]{1,38}")


def to_look_further(subject: Subject) -> str:
    """Return the journalctl call that shows what stands around `subject`."""
    if isinstance(subject, Finding):
        return _journalctl(_search(subject.key), since_us=_beginning_of(subject), until_us=subject.time_us)
    if subject.pid:
        return _journalctl(f"_PID={subject.pid}", since_us=subject.time_us - (subject.duration_us or 0))
    address = subject.source.ip if subject.source else None
    return _journalctl(_search(str(address or "")), since_us=subject.time_us, until_us=subject.time_us)


def to_end_the_login(subject: Subject) -> Optional[Tuple[str, str]]:
    """Return what can be ended of `subject`'s login and the command for it, or None where no login can be open."""
    event = subject.event if isinstance(subject, Finding) else subject
    if event is None or not _is_open_login(event):
        return None
    if event.session_id and _SESSION_ID.fullmatch(event.session_id):
        return END_SESSION, f"sudo loginctl terminate-session {event.session_id}"
    if event.user and _ACCOUNT.fullmatch(event.user):
        return END_USER, f"sudo loginctl terminate-user {event.user}"
    return None


def _is_open_login(event: AuthEvent) -> bool:
    opens = event.action in (Action.LOGIN_SUCCESS, Action.SESSION_OPENED)
    return opens and event.provenance is not Provenance.SPOOFED


def _beginning_of(finding: Finding) -> int:
    return finding.first_us if finding.first_us is not None else finding.time_us - finding.window_us


def _search(key: str) -> str:
    """Return the matches for one address, or for all of authentication where `key` is something else."""
    facilities = "--facility=auth,authpriv"
    if _LOOKS_LIKE_ADDRESS.fullmatch(key) is None:
        return facilities
    # Brackets for the dots, not backslashes, which the channels double; and 203.0.113.9 is not 203.0.113.90.
    return f"{facilities} --grep='{key.replace('.', '[.]')}(?![0-9a-f])'"


def _journalctl(matches: str, *, since_us: int, until_us: Optional[int] = None) -> str:
    command = f"journalctl {matches} --since='{when.for_journalctl(since_us - _MARGIN_US)}'"
    if until_us is None:
        return command
    return f"{command} --until='{when.for_journalctl(until_us + _MARGIN_US)}'"
