"""Wrong passwords by the kernel's word: records as Debian, Ubuntu and Fedora have them, and what only looks like one."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.correlate.attempts import AUDITED_FAILURE
from pamsignal.model import Endpoint
from pamsignal.parse import audit_auth, observe
from pamsignal.parse.audit_auth import failure_of
from pamsignal.parse.provenance import Trust, trust
from pamsignal.terms import Action, Method, Outcome, Provenance
from tests.builders import a_record
from tests.harness.audit_logs import ADDRESS, an_audited_try

ACCOUNTS = {0: "root", 1000: "alice"}


def a_try(message, uid=0, transport="audit"):
    return a_record(message, "audit", transport=transport, exe=None, comm=None, unit=None, uid=uid)


def read(uid=0, **changes):
    return failure_of(a_try(an_audited_try(uid=uid, **changes), uid), ACCOUNTS.get)


def test_a_wrong_password_is_seen_with_who_and_from_where():
    seen = read()
    assert (seen.pattern, seen.program, seen.service) == ("audit.auth_failed", "sshd", "sshd")
    assert (seen.action, seen.outcome, seen.method) == (Action.LOGIN_FAILURE, Outcome.FAILURE, Method.PAM)
    assert (seen.user, seen.source, seen.tty) == ("root", Endpoint(ip_address(ADDRESS)), None)


def test_the_events_of_lines_and_of_records_are_put_together_by_the_patterns_name():
    assert AUDITED_FAILURE == audit_auth.AUDITED_FAILURE


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"account": "a b"}, "user", "a b"),
        ({"account": 'x" exe="/bin/su'}, "user", 'x" exe="/bin/su'),
        ({"account": "grün"}, "user", "grün"),
        ({"account": "DEADBEEF"}, "user", "DEADBEEF"),
        ({"account": "?"}, "user", None),
        ({"addr": "?"}, "source", None),
        ({"addr": "2001:db8::9"}, "source", Endpoint(ip_address("2001:db8::9"))),
        ({"addr": "::ffff:203.0.113.9"}, "source", Endpoint(ip_address(ADDRESS))),
        ({"addr": "fe80::9", "host": "fe80::9%eth0"}, "source", Endpoint(ip_address("fe80::9"))),
        ({"addr": ADDRESS, "host": "ptr.example"}, "source", Endpoint(None, host="ptr.example")),
        ({"addr": ADDRESS, "host": "198.51.100.7"}, "source", Endpoint(ip_address("198.51.100.7"))),
        ({"addr": ADDRESS, "host": "?"}, "source", None),
        ({"addr": "?", "host": "web-01"}, "source", None),
        ({"host": "a\u2003b"}, "source", None),
        ({"terminal": "/dev/tty1", "exe": "/usr/bin/login"}, "tty", "/dev/tty1"),
        ({"op": "PAM:authentication"}, "user", "root"),
        ({"subj": " subj=unconfined"}, "user", "root"),
        ({"subj": " subj=system_u:system_r:sshd_t:s0-s0:c0.c1023"}, "user", "root"),
        ({"subj": " subj=/usr/sbin/sshd (enforce)"}, "user", "root"),
        ({"exe": "/usr/lib/openssh/sshd-session"}, "service", "sshd"),
        ({"exe": "/usr/libexec/gdm-session-worker"}, "service", "gdm"),
        ({"exe": "/opt/vpn/sbin/vpnd"}, "service", "vpnd"),
        ({"exe": "/opt/my vpn/vpn d"}, "service", "vpn d"),
        ({"exe": "/opt/vpn/sbin/vpnd (deleted)"}, "service", "vpnd"),
        ({"exe": "/usr/sbin/vsftpd (deleted)"}, "program", "vsftpd"),
        ({"exe": "/opt/vpn/sbin/vpnd"}, "program", "pam"),
        ({"exe": "/opt/sbin/sshd"}, "program", "sshd"),
    ],
)
def test_each_part_is_read_as_it_was_written(changes, field, expected):
    assert getattr(read(**changes), field) == expected


def test_sudo_asks_for_ones_own_password_and_su_for_the_targets():
    sudo = read(uid=1000, account="alice", exe="/usr/bin/sudo", addr="?", terminal="/dev/pts/0")
    su = read(uid=1000, account="root", exe="/usr/bin/su", addr="?", terminal="pts/0")
    assert (sudo.action, sudo.user, sudo.user_id, sudo.target_user) == (Action.ELEVATION_FAILURE, "alice", 1000, None)
    assert (su.action, su.user, su.user_id, su.target_user) == (Action.ELEVATION_FAILURE, "alice", 1000, "root")


@pytest.mark.parametrize("exe", ["/usr/bin/sudo", "/usr/bin/su"])
def test_a_try_to_take_anothers_rights_has_no_address_whatever_pam_was_told(exe):
    assert read(uid=1000, exe=exe, addr=ADDRESS).source is None


def test_half_a_byte_at_the_end_of_a_name_is_no_part_of_it():
    assert failure_of(a_try(an_audited_try().replace('acct="root"', "acct=616")), ACCOUNTS.get).user == "a"


@pytest.mark.parametrize(
    "changes",
    [
        {"result": "success"},
        {"op": "pubkey"},
        {"op": "PAM:accounting grantors=?"},
        {"addr": "1.2.3.4 addr=5.6.7.8"},
        {"terminal": "ssh res=failed' x"},
        {"exe": "/usr/lib/polkit-1/polkit-agent-helper-1"},
        {"exe": "/usr/bin/pkexec"},
    ],
)
def test_what_is_no_wrong_password_or_is_told_by_another_process_is_passed_over(changes):
    assert read(**changes) is None


@pytest.mark.parametrize("kind", ["USER_ACCT", "CRED_ACQ", "USER_START", "USER_END", "USER_ERR", "USER_LOGIN", "TTY"])
def test_a_record_of_another_kind_is_passed_over(kind):
    assert failure_of(a_try(an_audited_try().replace("USER_AUTH", kind)), ACCOUNTS.get) is None


@pytest.mark.parametrize("transport", ["syslog", "journal", "stdout", None])
def test_a_forged_record_means_nothing(transport):
    record = a_try(an_audited_try(), transport=transport)
    assert failure_of(record, ACCOUNTS.get) is None
    assert observe(record) is None


@pytest.mark.parametrize(("uid", "exe"), [(0, "/usr/sbin/sshd"), (1000, "/usr/bin/sudo"), (110, "/opt/vpn/sbin/vpnd")])
def test_it_is_worth_what_a_process_with_the_right_to_audit_says(uid, exe):
    record = a_try(an_audited_try(exe=exe, uid=uid), uid)
    seen = failure_of(record, ACCOUNTS.get)
    assert seen.provenance is Provenance.ROOT_ATTESTED
    assert trust(seen, record) is Trust.ACCEPT


@given(st.text())
def test_any_text_gives_an_answer(text):
    for message in (text, f"USER_AUTH {text}", an_audited_try(subj=text), an_audited_try(addr=text)):
        failure_of(a_try(message), ACCOUNTS.get)


@given(st.text(min_size=1, max_size=32).filter(lambda name: "\0" not in name and name != "?"))
def test_no_account_name_chooses_address_or_outcome(name):
    encodable = name.encode("utf-8", "replace").decode()
    seen = read(account=encodable)
    assert (seen.user, str(seen.source.ip)) == (encodable, ADDRESS)
