"""Why something was refused: programs' phrases become ours, which are short, lower-case and stable.

Rules and alerts compare and show these; a phrase that is not in the list gives None, never the text of the line.
"""

from __future__ import annotations

from typing import Optional

# By the beginning of the phrase; the first that fits counts.
_REFUSALS = (
    # OpenSSH auth.c, allowed_user()
    ("not listed in AllowUsers", "not in AllowUsers"),
    ("listed in DenyUsers", "in DenyUsers"),
    ("not in any group", "not in any group"),
    ("a group is listed in DenyGroups", "in DenyGroups"),
    ("none of user's groups", "not in AllowGroups"),
    ("account is locked", "account locked"),
    ("account has expired", "account expired"),
    ("shell", "shell missing"),
    # OpenSSH srclimit.c and sshd.c
    ("past Max", "MaxStartups"),
    ("Max", "MaxStartups"),
    ("penalty: failed authentication", "penalty: failed authentication"),
    ("penalty: attempted authentication by invalid user", "penalty: invalid user"),
    ("penalty: connections without attempting authentication", "penalty: no authentication"),
    ("penalty: exceeded LoginGraceTime", "penalty: exceeded LoginGraceTime"),
    ("penalty: caused crash", "penalty: caused crash"),
    ("penalty: connection prohibited by RefuseConnection", "penalty: refused connection"),
    ("penalty:", "penalty"),
    # The phrases of pam_strerror(3)
    ("User not known", "invalid user"),
    ("User account has expired", "account expired"),
    ("Authentication token expired", "password expired"),
    ("Authentication token is no longer valid", "password expired"),
    ("Have exhausted maximum", "max attempts"),
    ("Permission denied", "permission denied"),
    # sudo plugins/sudoers/logging.c
    ("user NOT in sudoers", "not in sudoers"),
    ("user NOT authorized on host", "not allowed on host"),
    ("command not allowed", "command not allowed"),
    ("a password is required", "password required"),
    ("PAM account management error", "PAM account"),
    ("account validation failure", "account locked"),
    ("Account expired", "account expired"),
    ("sorry, you must have a tty", "tty required"),
    ("no tty present", "password required"),
    # polkit pkexec.c
    ("Not authorized", "not authorized"),
    ("Request dismissed", "request dismissed"),
    ("The value for", "suspicious environment"),
)


def refusal(phrase: str) -> Optional[str]:
    """Return our word for `phrase`, or None."""
    for beginning, reason in _REFUSALS:
        if phrase.startswith(beginning):
            return reason
    return None
