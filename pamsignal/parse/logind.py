"""systemd-logind's sessions: its fields say more than its text, and surely (logind-session.c; man sd-login).

Session ids are numbers, or `cN` where the kernel has no audit sessions. LEADER is the pid that `Accepted` came from.
"""

from __future__ import annotations

from typing import Optional

from pamsignal.model import JournalRecord, Observation
from pamsignal.parse.table import Table, row
from pamsignal.terms import Action, Outcome, Provenance

NEW_SESSION = "8d45620c1a4348dbb17410da57c60c66"  # SD_MESSAGE_SESSION_START
REMOVED_SESSION = "3354939424b4456d9802ca8333ed424a"  # SD_MESSAGE_SESSION_STOP

_OPENED, _CLOSED = (Action.SESSION_OPENED, Outcome.SUCCESS), (Action.SESSION_CLOSED, Outcome.SUCCESS)

LOGIND = Table(
    "systemd-logind",
    (
        row("logind.new", "New", r"New session '?(?P<session_id>\w+)'? of user '?(?P<user>[^']+?)'?\.", *_OPENED),
        # systemd 257 and later name the class; the session of a user manager is not a login.
        row(
            "logind.new_with_class",
            "New",
            r"New session '(?P<session_id>\w+)' of user '(?P<user>.*)' with class '(?!manager|background)[\w-]+' "
            r"and type '\w+'\.",
            *_OPENED,
        ),
        row("logind.new_manager", "New", r"New session .* with class '(?:manager|background)[\w-]*' .*", Action.DETAIL),
        row("logind.removed", "Removed", r"Removed session (?P<session_id>\w+)\.", *_CLOSED),
        row(
            "logind.logged_out",
            "Session",
            r"Session (?P<session_id>\w+) logged out\. Waiting for processes to exit\.",
            Action.DETAIL,
        ),
        row(
            "logind.noise",
            "",
            r"(?:New seat |Removed seat |Watching system buttons |(?:Power|Suspend|Hibernate|Reboot) key |Lid |"
            r"System is |The system will |Operation |Delay lock |Failed to |Suspending|Hibernating|Powering |"
            r"Rebooting|Existing logind ).*",
            Action.DETAIL,
        ),
    ),
)


def from_fields(record: JournalRecord, provenance: Optional[Provenance]) -> Optional[Observation]:
    """Return what the record's own fields say of a session's start or end, whatever its text; None if they do not."""
    message_id, session_id = record.structured.get("MESSAGE_ID"), record.structured.get("SESSION_ID")
    if not session_id or message_id not in (NEW_SESSION, REMOVED_SESSION):
        return None
    seen = LOGIND.observe(record.message, LOGIND.program, provenance)
    if seen is not None and seen.pattern == "logind.new_manager":
        return seen
    opened = message_id == NEW_SESSION
    action, outcome = _OPENED if opened else _CLOSED
    leader = record.structured.get("LEADER", "")
    return Observation(
        "logind.new" if opened else "logind.removed",
        LOGIND.program,
        LOGIND.program,
        action,
        outcome,
        user=record.structured.get("USER_ID") or None,
        session_id=session_id,
        connection_pid=int(leader) if leader.isdecimal() and leader.isascii() and len(leader) < 11 else None,
        provenance=provenance,
    )
