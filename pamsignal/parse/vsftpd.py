"""vsftpd's own lines, from syslog or its log file (logging.c). It escapes nothing: the name stands in front.

What a client typed comes last in other lines: an anonymous "password", a command, a file's name. It could spell this
line's end, so a name that holds the beginning of another line's end yields neither name nor address.
"""

from __future__ import annotations

import re
from typing import Optional

from pamsignal.model import Observation
from pamsignal.parse.address import endpoint
from pamsignal.parse.table import Table, pattern, row
from pamsignal.terms import Action, Method, Outcome, Provenance

_STAMP = r"(?:\w{3} \w{3}  ?\d{1,2} [\d:]{8} \d{4} )?(?:\[pid \d+\] )?"
_CLIENT = r'Client "(?P<ip>[^"]*)"'
_ANOTHER = re.compile(r'Client "[^"]*", ')


def _failed(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
    ambiguous = _ANOTHER.search(match["user"]) is not None
    return Observation(
        "vsftpd.failed",
        program,
        program,
        Action.LOGIN_FAILURE,
        Outcome.FAILURE,
        user=None if ambiguous else match["user"] or None,
        source=None if ambiguous else endpoint(match["ip"]),
        method=Method.PASSWORD,
        provenance=provenance,
    )


VSFTPD = Table(
    "vsftpd",
    (
        pattern("vsftpd.failed", "", rf"{_STAMP}\[(?P<user>.*)\] FAIL LOGIN: {_CLIENT}", _failed),
        # A real account's name, so no bracket; nor one in the anonymous password, where it could be a failure's end.
        row(
            "vsftpd.logged_in",
            "",
            rf'{_STAMP}\[(?P<user>[^\[\]"]*)\] OK LOGIN: {_CLIENT}(?:, anon password "[^\[\]"]*")?',
            Action.LOGIN_SUCCESS,
            Outcome.SUCCESS,
            method=Method.PASSWORD,
        ),
        row(
            "vsftpd.noise",
            "",
            rf"{_STAMP}(?:\[[^\[\]]*\] )?FTP (?:command|response): (?!.*\] FAIL LOGIN: Client \"[^\"]*\"\Z).*",
            Action.DETAIL,
        ),
        row("vsftpd.connected", "", rf"{_STAMP}CONNECT: {_CLIENT}", Action.DETAIL),
    ),
)
