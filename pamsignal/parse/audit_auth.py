"""What libpam tells the kernel's audit of each wrong password (Linux-PAM, pam_audit.c), whatever program asked.

Of the writer the kernel vouches for pid and uid, and that it had CAP_AUDIT_WRITE; executable, account and address are
the writer's own word. The root of a container can have that right (many engines give it), so the record is worth what a
line of root's without an executable is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Optional

from pamsignal.model import Endpoint, JournalRecord, Observation
from pamsignal.parse.address import address, endpoint
from pamsignal.parse.audit import AUDIT, AccountOf, text_of
from pamsignal.parse.pam import ELEVATION_SERVICES, SU_SERVICES, terminal
from pamsignal.parse.programs import ANY_PROGRAM, BY_EXECUTABLE, BY_IDENTIFIER, Program
from pamsignal.terms import Action, Method, Outcome, Provenance

AUDITED_FAILURE = "audit.auth_failed"

# One conversation of polkit's is told by three processes (agent, helper, polkitd), each under a pid of its own, and
# never by none of them: the helper's record would be a second try.
_TOLD_ELSEWHERE = frozenset({"polkitd", "pkexec"})
_NOBODY = "?"  # nobody was named, or an account that PAM does not know

# What the kernel appends to the name of a running program whose file was replaced, by an upgrade of its package.
_REPLACED = " (deleted)"

# The whole line. Behind `msg='` it is libaudit's (audit_log_acct_message), in this order: name and executable are
# quoted, or hexadecimal if they hold a blank, a quotation mark or a byte above ASCII. `hostname` is what PAM has as
# PAM_RHOST, or the host's own name where a terminal is known. A security label can hold blanks.
_FAILED = (
    r"USER_AUTH pid=\d{1,10} uid=(?P<uid>\d{1,10}) auid=\d{1,10} ses=\d{1,10}(?: subj=[^']{1,512})? "
    r"msg='op=PAM:authentication(?: grantors=\S{1,512})? "
    r"acct=(?:\"(?P<account>[^\"\x00-\x20]{1,128})\"|(?P<account_hex>[0-9A-F]{2,256})) "
    r"exe=(?:\"(?P<exe>[^\"\x00-\x20]{1,1024})\"|(?P<exe_hex>[0-9A-F]{2,2048})) hostname=(?P<host>\S{1,256}) "
    r"addr=(?P<address>\S{1,64}) terminal=(?P<terminal>\S{1,64}) res=failed'"
)


def failure_of(record: JournalRecord, account_of: AccountOf) -> Optional[Observation]:
    """Return the try that failed by `record`; None for all else that the kernel audits.

    A success is none: it says that a password was right, not that anybody was let in. A screen that was unlocked writes
    it, and `useradd`.
    """
    match = _shape().fullmatch(record.message) if record.transport == AUDIT else None
    if match is None:
        return None
    exe = match["exe"] or text_of(match["exe_hex"])
    exe = exe.removesuffix(_REPLACED)
    name = exe.rpartition("/")[2]
    program = BY_EXECUTABLE.get(exe) or BY_IDENTIFIER.get(name) or ANY_PROGRAM
    if program.name in _TOLD_ELSEWHERE:
        return None
    seen = _observation(match, program, name)
    return seen if seen.service not in ELEVATION_SERVICES else _elevation(seen, int(match["uid"]), account_of)


@lru_cache(maxsize=1)
def _shape() -> re.Pattern[str]:
    """Be compiled by the first record: few hosts read these."""
    return re.compile(_FAILED, re.ASCII)


def _observation(match: re.Match[str], program: Program, name: str) -> Observation:
    account = match["account"] or text_of(match["account_hex"])
    return Observation(
        AUDITED_FAILURE,
        program.name,
        name if program is ANY_PROGRAM else program.name,
        Action.LOGIN_FAILURE,
        Outcome.FAILURE,
        user=None if account == _NOBODY else account,
        source=_source(match),
        method=Method.PAM,
        tty=terminal(match["terminal"]),
        provenance=Provenance.ROOT_ATTESTED,
    )


def _source(match: re.Match[str]) -> Optional[Endpoint]:
    """Return whence: libaudit asks DNS for the address of PAM_RHOST, and who owns the name chooses the answer.

    So a name stays a name, as in PAM's own line.
    """
    return None if address(match["address"]) is None else endpoint(match["host"])


def _elevation(seen: Observation, uid: int, account_of: AccountOf) -> Observation:
    """Return `seen` as a try to take another's rights: su asks for the target's password, sudo for one's own."""
    return seen._replace(
        action=Action.ELEVATION_FAILURE,
        user=account_of(uid),
        target_user=seen.user if seen.service in SU_SERVICES else None,
        source=None,
        user_id=uid,
    )
