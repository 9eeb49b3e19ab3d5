"""The lines of the comparison, in groups, and what is true of them: which tell of an attack, and from where.

Two sources: this project's own records (tests/data/journal), whose meaning stands beside each, and CrowdSec's test
cases, whose authors state it. Truth about an address is not what pamsignal reads: in the project's records it is one
of few that no client could plant (CLIENTS), wherever the line holds it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from pamsignal.model import JournalRecord
from tests.unit.corpus import FAILURE, SUITES, facts_of, has_facts_of_lines, records_of, wheres_of
from tests.unit.parse.journal_lines import LINES
from tests.unit.parse.journal_lines import Line as Told

# Who really spoke, in every record of ours that names an address; the others in them are planted by a client.
CLIENTS = ("198.51.100.7", "2001:db8::7", "fe80::1")
PLANTED = re.compile(r"\b(?:10|127)\.\d+\.\d+\.\d+\b(?!/)")
# Lines that no tool is held to: two of them no program writes, and the third reads two ways.
_LEFT_OUT = frozenset(
    {
        "sshd/denied.jsonl:15",  # a host name with blanks and brackets, which the C library's resolver does not hand out
        "sshd/scans.jsonl:35",  # no such address
        "vsftpd/vsftpd.jsonl:6",  # a login whose password imitates a failure, or a failure whose name imitates a login
    }
)
SSHD = frozenset({"sshd", "sshd-session", "sshd-auth"})
# What pamsignal calls a failure that stands for itself; a detail only completes another line.
_NO_ATTACK = frozenset({"detail", "journal_suppressed", "account_created"})
# Programs that CrowdSec's suites are about and pamsignal does not read.
_FOREIGN = frozenset({"dovecot-logs", "proftpd-logs", "sshesame"})

Attack = Tuple[str, Optional[str]]  # where it is told, and from which address


class Line(NamedTuple):
    """A record, and where it stands; lines of one moment share that in CrowdSec's files."""

    where: str
    record: JournalRecord


class Group(NamedTuple):
    """Lines with the attacks that they tell of, and those of them that tell of none."""

    name: str
    lines: Tuple[Line, ...]
    attacks: Counter[Attack]
    harmless: FrozenSet[str]


def groups() -> List[Group]:
    """Return all groups, ours first, in the order of the table."""
    return [*_ours(), *_crowdsec()]


def records_of_ours(compared: Sequence[Group]) -> int:
    """Return how many records of this project are in these groups."""
    return sum(len(group.lines) for group in compared if not group.name.startswith("CrowdSec"))


OURS = (
    "sshd: failed attempts",
    "sshd: unknown accounts, refusals",
    "sshd: ends before login",
    "sshd: scans, timeouts, drops",
    "sshd under the names of OpenSSH 9.8 and later",
    "PAM about sshd",
    "PAM about other services",
    "dropbear",
    "vsftpd",
    "login, su, sudo, doas, polkit",
    "hostile names and texts",
    "logins, sessions, noise",
)
_BY_FILE = {"failed": 0, "denied": 1, "closed": 2, "scans": 3, "cut": 10, "injection": 10}


def _ours() -> Iterator[Group]:
    found: Dict[str, List[Told]] = {name: [] for name in OURS}
    for told in LINES:
        name = _group_of(told)
        if name is not None:
            found[name].append(told)
    for name, lines in found.items():
        attacks = Counter((told.place, _address_of(told)) for told in lines if _is_attack(told))
        harmless = frozenset(told.place for told in lines if not _is_attack(told))
        yield Group(name, tuple(Line(told.place, told.record) for told in lines), attacks, harmless)


def _is_attack(told: Told) -> bool:
    expect = told.expect or {}
    return expect.get("outcome") == "failure" and expect.get("action") not in _NO_ATTACK


def _group_of(told: Told) -> Optional[str]:
    """Return the name of its group; None for a line that no program writes, or that only completes a failure."""
    expect, message, identifier = told.expect or {}, told.record.message, told.record.identifier
    if "unparsed" in expect or told.place in _LEFT_OUT:
        return None
    if not _is_attack(told):
        return None if expect.get("outcome") == "failure" else OURS[11]
    if PLANTED.search(message):
        return OURS[10]
    if message.startswith(("pam_", "PAM ", "error: PAM: ")):
        return OURS[5] if identifier in SSHD else OURS[6] if _address_of(told) else OURS[9]
    if identifier in SSHD:
        return OURS[4] if identifier != "sshd" else OURS[_BY_FILE[told.place.partition("/")[2].partition(".")[0]]]
    return {"dropbear": OURS[7], "vsftpd": OURS[8]}.get(identifier or "", OURS[9])


def _address_of(told: Told) -> Optional[str]:
    """Return who spoke, if the line says it; behind the cut of a long line, the planted address alone is left."""
    return next((client for client in CLIENTS if client in told.record.message), None)


def _crowdsec() -> Iterator[Group]:
    suites = [suite for suite in SUITES if suite not in _FOREIGN]
    about = {"CrowdSec's lines of sshd": ("ssh", "opnsense"), "CrowdSec's lines of vsftpd": ("vsftpd",)}
    for name, beginnings in about.items():
        lines: List[Line] = []
        attacks: Counter[Attack] = Counter()
        harmless: List[str] = []
        for suite in suites:
            if suite.startswith(beginnings):
                records = records_of(suite)
                wheres = [f"{suite}:{where}" for where in wheres_of(suite, records)]
                lines += map(Line, wheres, records)
                stated = Counter(
                    (f"{suite}:{one.where}", one.address) for one in facts_of(suite).elements() if one.kind == FAILURE
                )
                attacks += stated
                if has_facts_of_lines(suite) or not stated:
                    harmless += set(wheres) - {where for where, _ in stated}
        yield Group(name, tuple(lines), attacks, frozenset(harmless))
