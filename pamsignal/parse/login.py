"""login of util-linux (login.c: `FAILED LOGIN 1 FROM tty1 FOR root, …`) and of shadow (`FAILED LOGIN (1) on 'tty1' …`).

FROM holds a terminal or a host. The name that was typed is written as it is; shadow writes UNKNOWN for one that does
not exist.
"""

from __future__ import annotations

import re
from typing import Optional

from pamsignal.model import Observation
from pamsignal.parse.address import endpoint
from pamsignal.parse.pam import terminal
from pamsignal.parse.reason import refusal
from pamsignal.parse.table import Pattern, Table, pattern, row
from pamsignal.terms import Action, Outcome, Provenance

_IN = (Action.LOGIN_SUCCESS, Outcome.SUCCESS)
_UNKNOWN = "UNKNOWN"
# PAM's phrase comes last and holds no comma; the last comma ends the name.
_WHO = r"FROM (?P<place>\S+) FOR (?P<user>.*), (?P<phrase>[^,]*)"
_WHO_SHADOW = r"on '(?P<place>[^']*)'(?: from '(?P<host>[^']*)')? FOR '(?P<user>.*)'(?:, (?P<phrase>[^,']*))?"


def _failed(name: str, word: str, expression: str, *, limit: bool = False) -> Pattern:
    """Return the pattern of a refused login; `limit` marks the line that ends a series of them."""

    def build(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
        parts = match.groupdict()
        place, user, reason = parts["place"], parts["user"], refusal(parts["phrase"] or "")
        name_lost = user == _UNKNOWN and "host" in parts  # the group that only shadow's patterns have
        unknown = name_lost or reason == "invalid user"
        return Observation(
            name,
            program,
            program,
            Action.LOGIN_FAILURE,
            Outcome.FAILURE,
            user=None if name_lost else user or None,
            source=endpoint(parts.get("host") or "") if terminal(place) else endpoint(place),
            tty=terminal(place),
            reason="max attempts" if limit else "invalid user" if unknown else reason,
            limit=limit,
            known_account=False if unknown else None,
            provenance=provenance,
        )

    return pattern(name, word, expression, build)


LOGIN = Table(
    "login",
    (
        _failed("login.failed", "FAILED", rf"FAILED LOGIN (?:\d+|SESSION) {_WHO}"),
        _failed("login.failed_shadow", "FAILED", rf"FAILED LOGIN \(\d+\) {_WHO_SHADOW}"),
        _failed("login.too_many", "TOO", rf"TOO MANY LOGIN TRIES \(\d+\) {_WHO}", limit=True),
        _failed("login.too_many_shadow", "TOO", rf"TOO MANY LOGIN TRIES \(\d+\) {_WHO_SHADOW}", limit=True),
        row("login.root", "ROOT", r"ROOT LOGIN ON (?P<tty>\S+)(?: FROM (?P<ip>\S+))?", *_IN, user="root"),
        row(
            "login.root_shadow",
            "ROOT",
            r"ROOT LOGIN  on '(?P<tty>[^']*)'(?: from '(?P<ip>[^']*)')?",
            *_IN,
            user="root",
        ),
        row("login.in", "LOGIN", r"LOGIN ON (?P<tty>\S+) BY (?P<user>\S+)(?: FROM (?P<ip>\S+))?", *_IN),
        row("login.dialup", "DIALUP", r"DIALUP AT (?P<tty>\S+) BY (?P<user>\S+)", *_IN),
    ),
)
