"""The kernel's word for a login over ssh: lines as Ubuntu, Debian and Fedora have them, and what only looks like one."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.model import AuditedLogin
from pamsignal.parse import observe
from pamsignal.parse.audit_login import login_of
from tests.builders import a_record
from tests.harness.audit_logs import ADDRESS, an_audited_login


def read(message, transport="audit"):
    return login_of(a_record(message, "audit", transport=transport, exe=None), {1000: "alice"}.get)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, AuditedLogin(4711, "alice", 1000, ip_address(ADDRESS))),
        ({"who": "id=1001"}, AuditedLogin(4711, None, 1001, ip_address(ADDRESS))),
        ({"who": 'acct="bob"'}, AuditedLogin(4711, "bob", None, ip_address(ADDRESS))),
        ({"who": "acct=28696E76616C6964207573657229"}, AuditedLogin(4711, None, None, ip_address(ADDRESS))),
        ({"subj": ""}, AuditedLogin(4711, "alice", 1000, ip_address(ADDRESS))),
        ({"subj": " subj=/usr/sbin/sshd (enforce)"}, AuditedLogin(4711, "alice", 1000, ip_address(ADDRESS))),
        ({"subj": " subj=system_u:system_r:sshd_t:s0-s0:c0.c1023"}, AuditedLogin(4711, "alice", 1000, ip_address(ADDRESS))),
        ({"exe": "/usr/lib/openssh/sshd-session"}, AuditedLogin(4711, "alice", 1000, ip_address(ADDRESS))),
        ({"exe": "/usr/libexec/openssh/sshd-session"}, AuditedLogin(4711, "alice", 1000, ip_address(ADDRESS))),
        ({"address": "2001:db8::9"}, AuditedLogin(4711, "alice", 1000, ip_address("2001:db8::9"))),
        ({"address": "?"}, AuditedLogin(4711, "alice", 1000, None)),
        ({"host": "?"}, AuditedLogin(4711, "alice", 1000, ip_address(ADDRESS))),
        ({"host": "ptr.example"}, AuditedLogin(4711, "alice", 1000, None)),
    ],
)  # fmt: skip
def test_a_login_is_read_with_whom_and_from_where(changes, expected):
    assert read(an_audited_login(**changes)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"result": "failed"},
        {"uid": 1000},
        {"uid": "٠"},
        {"exe": "/usr/bin/login"},
        {"exe": "/tmp/sshd"},
        {"who": 'acct="a b"'},
        {"who": 'acct="x" exe="/usr/sbin/sshd"'},
        {"address": "1.2.3.4 addr=5.6.7.8"},
    ],
)
def test_what_is_no_login_of_sshds_is_passed_over(changes):
    assert read(an_audited_login(**changes)) is None


@pytest.mark.parametrize("transport", ["syslog", "journal", "stdout", None])
def test_a_forged_line_means_nothing(transport):
    assert read(an_audited_login(), transport) is None
    assert observe(a_record(an_audited_login(), "audit", transport=transport)) is None


@given(st.text())
def test_any_text_gives_an_answer(text):
    for message in (text, f"USER_LOGIN {text}", an_audited_login(who=f'acct="{text}"'), an_audited_login(subj=text)):
        read(message)
