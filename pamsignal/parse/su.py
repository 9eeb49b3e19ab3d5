"""su of util-linux (`(to TARGET) ACTOR on TTY`, su-common.c) and of shadow (`+ TTY ACTOR:TARGET`, su.c)."""

from __future__ import annotations

from pamsignal.parse.table import Table, row
from pamsignal.terms import Action, Outcome

_RAN, _FAILED = (Action.ELEVATION_SUCCESS, Outcome.SUCCESS), (Action.ELEVATION_FAILURE, Outcome.FAILURE)
# No account has a colon in its name (passwd(5)): what has one is a tag that imitates a line, and a line.
# Without a terminal util-linux writes `none` and shadow `???`.
_TO = r"\(to (?P<target_user>[^:]*)\) (?P<user>\S+) on (?:none|(?P<tty>\S+))"
_PAIR = r"(?:\?\?\?|(?P<tty>\S+)) (?P<user>[^\s:]+):(?P<target_user>\S+)"
_BY = r"(?P<target_user>[^:]*) by (?P<user>\S+)"

SU = Table(
    "su",
    (
        row("su.to", "(to", _TO, *_RAN),
        row("su.failed_to", "FAILED", rf"FAILED SU {_TO}", *_FAILED),
        row("su.successful", "Successful", rf"Successful su for {_BY}", *_RAN),
        row("su.failed", "FAILED", rf"FAILED su for {_BY}", *_FAILED),
        row("su.plus", "+", rf"\+ {_PAIR}", *_RAN),
        row("su.minus", "-", rf"- {_PAIR}", *_FAILED),
        row("su.noise", "pam_authenticate: pam_acct_mgmt: pam_open_session:", r"pam_\w+: .*", Action.DETAIL),
    ),
)
