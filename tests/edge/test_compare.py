"""The comparison's readers of fail2ban and sshguard, on the programs themselves."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from pamsignal.model import JournalRecord
from tests.compare.installed import identifiers, jails
from tests.compare.lines import Group, Line
from tests.compare.scores import Score, scores
from tests.compare.table import text
from tests.compare.tools import FAIL2BAN, SSHGUARD, TOOLS, Seen, fail2ban, sshguard, versions
from tests.harness.programs import leave_out

TEXTS = (
    ("sshd", "Failed password for root from 198.51.100.7 port 40022 ssh2"),
    ("sshd", "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=2001:db8::7"),
    ("sshd", "Accepted password for carol from 198.51.100.7 port 40022 ssh2"),
    ("sshd", "Server listening on 0.0.0.0 port 22."),
    ("sshd", "User dave not allowed because account is locked"),
    ("vsftpd", 'Mon Jun 8 12:08:53 2020 [pid 9] [dave] FAIL LOGIN: Client "198.51.100.7"'),
    ("useradd", "new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/bash"),
)
LINES = [
    Line(
        f"file:{number}", JournalRecord(None, 0, *[None] * 10, message)._replace(identifier=identifier, pid=number + 1)
    )
    for number, (identifier, message) in enumerate(TEXTS)
]


@pytest.fixture(autouse=True)
def programs():
    for program in (*FAIL2BAN, *SSHGUARD):
        if not os.access(program, os.X_OK):
            leave_out(f"{program} is missing; on Debian and Ubuntu: tools/install.sh dev")


def test_fail2ban_tells_what_it_counts_and_what_it_only_remembers():
    assert fail2ban("aggressive")(LINES) == {
        0: Seen("198.51.100.7"),
        1: Seen("2001:db8::7", is_failure=False),
        2: Seen("198.51.100.7", is_failure=False),
        4: Seen(None),
        5: Seen("198.51.100.7"),
    }


def test_sshguard_tells_addresses_of_the_lines_that_it_marks():
    assert sshguard(LINES) == {0: Seen("198.51.100.7"), 5: Seen("198.51.100.7")}


def test_a_tool_is_scored_by_its_own_job():
    attacks = {(LINES[0].where, "198.51.100.7"): 1, (LINES[1].where, "2001:db8::7"): 1, (LINES[4].where, None): 1}
    attacks[LINES[5].where, "203.0.113.9"] = 1  # as if the client had planted the other
    group = Group("all", tuple(LINES), Counter(attacks), frozenset({LINES[2].where, LINES[3].where, LINES[6].where}))
    assert scores([group], TOOLS[3]) == [Score(attacks=2, known=2, right=1, wrong=1, false=0, unseen=1)]
    everywhere = group._replace(attacks=Counter(), harmless=frozenset(line.where for line in LINES))
    assert [score.false for score in scores([everywhere, group], TOOLS[3])] == [2, 0]


def test_what_each_sees_as_installed_stands_in_its_packages_configuration():
    assert ("sshd" in jails(), "vsftpd" in jails()) == (True, False)
    assert ("sshd" in identifiers(), "vsftpd" in identifiers()) == (True, False)


@pytest.mark.parametrize(
    ("numbers", "cell"),
    [((0,), "0 · 0 · 0"), ((5,), "0 · 0 · 0 †"), ((0, 5), "0 · 0 · 0 ‡")],
    ids=["all", "nothing", "a part"],
)
def test_what_a_tool_does_not_see_as_installed_is_marked(numbers, cell):
    """Whatever it makes of what it sees: here, of nothing."""
    lines = tuple(LINES[number] for number in numbers)
    group = Group("some", lines, Counter((line.where, "198.51.100.7") for line in lines), frozenset())
    columns = {tool.name: scores([group], tool._replace(reads=lambda _: {})) for tool in TOOLS}
    row = next(line for line in text([group], columns, ()).splitlines() if line.startswith("| some"))
    assert row.strip("| ").split(" | ")[3:] == ["0 · 0 · 0", cell, cell, cell]


def test_versions_are_those_of_the_packages():
    assert [one.split(" ")[0] for one in versions()] == ["pamsignal", "fail2ban", "sshguard"]
    assert all(one.split(" ")[1][:1].isdigit() for one in versions())
