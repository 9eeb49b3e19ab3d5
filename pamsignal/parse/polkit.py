"""polkit: what polkitd says of asked-for rights, and what pkexec ran (polkitbackendinteractiveauthority.c, pkexec.c).

`command` of a polkitd line is the action that was asked for. The caller's command line, in `[ ]`, is the caller's text.
"""

from __future__ import annotations

from pamsignal.parse.table import Table, row
from pamsignal.terms import Action, Outcome

_ASKED = r"authorization for action (?P<command>\S+) for \S+ \[.*\] \(owned by unix-user:(?P<user>[^()]*)\)"
# The directory is the caller's text, too, and comes before the command: up to the first that looks like its end.
_ASIDE = (
    r"\[USER=(?P<target_user>[^\]]*)\] \[TTY=(?:unknown|(?P<tty>[^\]]*))\] "
    r"\[CWD=(?P<cwd>(?:(?!\] \[COMMAND=).)*)\] \[COMMAND=(?P<command>.*)\]"
)

POLKITD = Table(
    "polkitd",
    (
        row(
            "polkit.failed",
            "Operator",
            rf"Operator of \S+ FAILED to authenticate to gain {_ASKED}",
            Action.ELEVATION_FAILURE,
            Outcome.FAILURE,
        ),
        row(
            "polkit.authenticated",
            "Operator",
            rf"Operator of \S+ successfully authenticated as unix-user:(?P<target_user>\S+) to gain [\w-]+ {_ASKED}",
            Action.ELEVATION_SUCCESS,
            Outcome.SUCCESS,
        ),
        row(
            "polkit.noise",
            "",
            r"(?:Registered Authentication Agent |Unregistered Authentication Agent |Started polkitd |Loading rules |"
            r"Reloading rules|Finished loading|Acquired the name |Lost the name |Collecting garbage |Error getting ).*",
            Action.DETAIL,
        ),
    ),
)

PKEXEC = Table(
    "pkexec",
    (
        row(
            "pkexec.command",
            "",
            rf"(?P<user>[^:]+): Executing command {_ASIDE}",
            Action.ELEVATION_SUCCESS,
            Outcome.SUCCESS,
        ),
        row(
            "pkexec.refused",
            "",
            r"(?P<user>[^:]+): (?:Error executing command as another user: )?"
            r"(?P<reason>Not authorized|Request dismissed|The value for [^\[\]]*) "
            rf"{_ASIDE}",
            Action.ELEVATION_DENIED,
            Outcome.FAILURE,
        ),
    ),
)
