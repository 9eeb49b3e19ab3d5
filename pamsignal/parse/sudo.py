"""sudo's and sudo-rs' own lines: `USER : [REASON ; ]FIELD=… ; … ; COMMAND=…` (sudo lib/eventlog/eventlog.c).

USER is padded to eight columns. COMMAND comes last and may hold anything, and so may the directory: fields count only
where nothing in them imitates another. No reason means that the command ran; a reason in an unknown language is still
a refusal.
"""

from __future__ import annotations

import re
from typing import Dict, Optional

from pamsignal.model import Observation
from pamsignal.parse.reason import refusal
from pamsignal.parse.table import Table, pattern, row
from pamsignal.terms import Action, Outcome, Provenance

_ACTOR = r" *(?P<user>[^: ][^:]*) : "
_FIELDS = r"(?P<fields>(?:HOST|TTY|CHROOT|PWD|USER|GROUP|TSID|ENV)=.*? ; )?COMMAND=(?P<command>.*)"
# Refusals that quote the caller's own text (-u, -g, -D and -R), which could spell fields, or another line.
_QUOTES = r"(?:unknown (?:user|group)|you are not permitted to use the -[DR] option with)\b"
_NOISE = r"(?:problem with defaults|unable to |parse error )"
_REASON = rf"(?P<reason>(?!{_NOISE}|{_QUOTES}|\(command continued\))[^;=]{{1,200}}) ; "
_INCORRECT = re.compile(r"(\d{1,9}) incorrect password attempts?")
# In the order in which sudo writes them (new_logline in eventlog.c); sudo-rs has the same.
_ORDER = {name: place for place, name in enumerate(["HOST", "TTY", "CHROOT", "PWD", "USER", "GROUP", "TSID", "ENV"], 1)}
_DENIED = (Action.ELEVATION_DENIED, Outcome.FAILURE)
_NOTHING = frozenset({"", "unknown"})


def _fields(text: Optional[str], command: str) -> Dict[str, str]:
    """Return the fields by name; all are unknown if a directory, a variable or the command imitates one.

    That is if one comes twice or out of sudo's order, or if the line has a second COMMAND.
    """
    pairs = [field.partition("=") for field in (text or "").split(" ; ") if field]
    places = [_ORDER.get(name, 0) for name, _, _ in pairs]
    if " ; COMMAND=" in command or any(place <= before for before, place in zip([0, *places], places)):
        return {}
    return {name: value for name, _, value in pairs if value not in _NOTHING}


def _ran(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
    fields = _fields(match["fields"], match["command"])
    return Observation(
        "sudo.command",
        program,
        program,
        Action.ELEVATION_SUCCESS,
        Outcome.SUCCESS,
        user=match["user"],
        target_user=fields.get("USER"),
        tty=fields.get("TTY"),
        cwd=fields.get("PWD"),
        command=match["command"] or None,
        group=fields.get("GROUP"),
        provenance=provenance,
    )


def _refused(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
    phrase = match["reason"]
    incorrect = _INCORRECT.fullmatch(phrase)
    return _ran(match, program, provenance)._replace(
        pattern="sudo.refused",
        action=Action.ELEVATION_FAILURE if incorrect else Action.ELEVATION_DENIED,
        outcome=Outcome.FAILURE,
        reason="incorrect password" if incorrect else refusal(phrase) or "refused",
        attempts=int(incorrect[1]) if incorrect else 1,
    )


SUDO = Table(
    "sudo",
    (
        pattern("sudo.command", "", _ACTOR + _FIELDS, _ran),
        pattern("sudo.refused", "", _ACTOR + _REASON + _FIELDS, _refused),
        row("sudo.refused_quoting", "", rf"{_ACTOR}{_QUOTES}.*", *_DENIED, reason="refused"),
        row("sudo.continued", "", rf"(?:{_ACTOR})?\(command continued\) .*", Action.DETAIL),
        row("sudo.noise", "", rf"{_ACTOR}{_NOISE}.*", Action.DETAIL),
    ),
)
