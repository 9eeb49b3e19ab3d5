"""The text behind a syslog tag that its writer chose, in front of which journald may have left all or a part of it.

libc's tag is argv[0] (syslog(3)), and of a setuid program the caller chooses that: `exec -a 'x y' su`. journald takes
the first word for the tag if a colon ends it (journald-syslog.c), and leaves the rest in the message. So the true text
comes last, behind `TAG: ` or `TAG[PID]: `, and the tag itself can imitate a line.
"""

from __future__ import annotations

import re
from typing import List, Optional

from pamsignal.model import Observation
from pamsignal.terms import Provenance

# How the lines begin that count, of PAM and of the programs that anybody may call: bounded, so that time is linear.
_BEGINNING = (
    r"pam_\w{1,32}\([^():]{0,64}:\w{1,32}\): |PAM (?:\d|service\()|"
    r"\(to |FAILED SU \(to |(?:Successful|FAILED) su for |[+-] \S{1,32} [^\s:]{1,64}:|"  # su.py
    r"[^: ;=][^:;=]{0,64} : (?:[^;=]{1,200} ; )?(?:HOST|TTY|CHROOT|PWD|USER|COMMAND)=|"  # sudo.py
    r"\S{1,64} ran command |(?:failed auth\w* for|command not permitted for) |"  # doas.py
    r"\S{1,64}: (?:(?:Executing|Error executing) command|Not authorized|Request dismissed|The value for) |"  # polkit.py
    r"password for '|change user '|user '?[^' ]{1,64}'? added by "  # accounts.py
)
_BEHIND_A_TAG = re.compile(rf": {{1,8}}(?={_BEGINNING})", re.ASCII)
_MOST = 4


def texts_behind_tags(message: str) -> List[str]:
    """Return what can be the true text of `message`, likeliest first: the last beginnings, then the first.

    Empty if no tag is in front of any; at most eight, so that the work stays in proportion to the length.
    """
    starts = [match.end() for match in _BEHIND_A_TAG.finditer(message)]
    chosen = starts[::-1] if len(starts) <= 2 * _MOST else [*starts[: -_MOST - 1 : -1], *starts[:_MOST]]
    return [message[start:] for start in chosen]


def doubted(seen: Observation) -> Observation:
    """Return what is left of a reading that is one of several: it happened, and who did it only the uid can say."""
    grade = (
        Provenance.UNVERIFIED if seen.provenance in (Provenance.VERIFIED, Provenance.ROOT_ATTESTED) else seen.provenance
    )
    return seen._replace(user=None, target_user=None, user_id=None, provenance=grade)


def holds_a_tag(seen: Observation) -> bool:
    """Say whether a name has a colon: no account has (passwd(5)), so that a tag and another line are in it."""
    return _has_colon(seen.user) or _has_colon(seen.target_user)


def _has_colon(name: Optional[str]) -> bool:
    return name is not None and ":" in name
