"""doas: `ACTOR ran command COMMAND as TARGET from DIRECTORY` (OpenDoas doas.c).

The actor chooses both the command and the directory. Where either could be read as the other's end, the target and the
directory stay unknown.
"""

from __future__ import annotations

import re
from typing import Optional

from pamsignal.model import Observation
from pamsignal.parse.table import Table, pattern, row
from pamsignal.terms import Action, Outcome, Provenance

_ENDING = re.compile(r" as (\S+) from (?=/)", re.ASCII)


def _ran(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
    endings = list(_ENDING.finditer(match["rest"]))
    only = endings[0] if len(endings) == 1 else None
    return Observation(
        "doas.command",
        program,
        program,
        Action.ELEVATION_SUCCESS,
        Outcome.SUCCESS,
        user=match["user"],
        target_user=only[1] if only else None,
        cwd=match["rest"][only.end() :] if only else None,
        command=match["rest"][: only.start()] if only else match["rest"],
        provenance=provenance,
    )


DOAS = Table(
    "doas",
    (
        pattern("doas.command", "", r"(?P<user>\S+) ran command (?P<rest>.* as \S+ from /.*)", _ran),
        row(
            "doas.failed",
            "failed",
            r"failed (?:auth|authentication) for (?P<user>.*)",
            Action.ELEVATION_FAILURE,
            Outcome.FAILURE,
        ),
        row(
            "doas.denied",
            "command",
            r"command not permitted for (?P<user>[^:]+): (?P<command>.*)",
            Action.ELEVATION_DENIED,
            Outcome.FAILURE,
            reason="command not allowed",
        ),
    ),
)
