"""login of util-linux (login.c: `FAILED LOGIN 1 FROM tty1 FOR root, …`) and of shadow (`FAILED LOGIN (1) on 'tty1' …`).

FROM holds a terminal or a host. The name that was typed is written as it is; shadow writes UNKNOWN for one that does
not exist.
"""

from __future__ import annotations

import re
from typing import Optional

from pamsignal.model import Action, Observation, Outcome, Provenance
from pamsignal.parse.address import endpoint
from pamsignal.parse.pam import terminal
from pamsignal.parse.reason import refusal
from pamsignal.parse.table import Table, pattern, row

_IN = (Action.LOGIN_SUCCESS, Outcome.SUCCESS)
_UNKNOWN = "UNKNOWN"


def _failed(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
    parts = match.groupdict()
    place, name, reason = parts["place"], parts["user"], refusal(parts.get("reason") or "")
    lost = name == _UNKNOWN and "host" in parts  # the name of that pattern which is shadow's alone
    unknown = lost or reason == "invalid user"
    limit = match.lastgroup == "limit"
    return Observation(
        "login.too_many" if limit else f"login.{match.lastgroup}",
        program,
        program,
        Action.LOGIN_FAILURE,
        Outcome.FAILURE,
        user=None if lost else name or None,
        source=endpoint(parts.get("host") or "") if terminal(place) else endpoint(place),
        tty=terminal(place),
        reason="max attempts" if limit else "invalid user" if unknown else reason,
        limit=limit,
        known_account=False if unknown else None,
        provenance=provenance,
    )


LOGIN = Table(
    "login",
    (
        # PAM's phrase comes last and holds no comma; the last one ends the name.
        pattern(
            "login.failed",
            "FAILED",
            r"FAILED LOGIN (?:\d+|SESSION) FROM (?P<place>\S+) FOR (?P<user>.*), (?P<reason>[^,]*)(?P<failed>)",
            _failed,
        ),
        pattern(
            "login.failed_shadow",
            "FAILED",
            r"FAILED LOGIN \(\d+\) on '(?P<place>[^']*)'(?: from '(?P<host>[^']*)')? FOR '(?P<user>.*)', "
            r"(?P<reason>[^,]*)(?P<failed_shadow>)",
            _failed,
        ),
        pattern(
            "login.too_many",
            "TOO",
            r"TOO MANY LOGIN TRIES \(\d+\) FROM (?P<place>\S+) FOR (?P<user>.*), (?P<reason>[^,]*)(?P<limit>)",
            _failed,
        ),
        pattern(
            "login.too_many_shadow",
            "TOO",
            r"TOO MANY LOGIN TRIES \(\d+\) on '(?P<place>[^']*)'(?: from '(?P<host>[^']*)')? FOR '(?P<user>.*)'"
            r"(?P<limit>)",
            _failed,
        ),
        row("login.root", "ROOT", r"ROOT LOGIN ON (?P<tty>\S+)(?: FROM (?P<ip>\S+))?", *_IN, user="root"),
        row(
            "login.root_shadow", "ROOT", r"ROOT LOGIN  on '(?P<tty>[^']*)'(?: from '(?P<ip>[^']*)')?", *_IN, user="root"
        ),
        row("login.in", "LOGIN", r"LOGIN ON (?P<tty>\S+) BY (?P<user>\S+)(?: FROM (?P<ip>\S+))?", *_IN),
        row("login.dialup", "DIALUP", r"DIALUP AT (?P<tty>\S+) BY (?P<user>\S+)", *_IN),
    ),
)
