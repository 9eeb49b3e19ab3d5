"""The kernel's word for a wrong password: an attempt of its own only where no line tells of it."""

from __future__ import annotations

import pytest

from pamsignal.correlate.attempts import MOST_TOLD, MOST_TOLD_AT_A_PLACE
from pamsignal.model import Endpoint
from pamsignal.parse import audit
from pamsignal.pipeline import Settings
from pamsignal.terms import Provenance
from tests.harness.audit_logs import an_audited_try
from tests.stories import ATTACKER, PAM_FAILURE, Story

PLACE = f"{ATTACKER} port 50022"
VPN = "/opt/vpn/sbin/vpnd"


class Audited(Story):
    """A story that the kernel tells along."""

    def __init__(self, **settings):
        super().__init__(Settings(audit=audit.Settings(enabled=True), **settings), account_of={1000: "alice"}.get)

    def kernel(self, at, pid=100, uid=0, **changes):
        message = an_audited_try(pid=pid, uid=uid, **changes)
        return self.tell(at, message, "audit", pid, uid=uid, transport="audit", exe=None, comm=None, unit=None)


def test_a_program_that_writes_no_line_is_heard_of():
    story = Audited().kernel(0, exe=VPN, account="bob", terminal="?").end()
    assert story.told == [("login_failure", 1)]
    (event,) = story.events
    assert (event.service, event.user, str(event.source.ip)) == ("vpnd", "bob", ATTACKER)
    assert event.provenance is Provenance.ROOT_ATTESTED


def test_a_name_that_only_the_kernel_tells_stands_in_the_event():
    story = Audited().kernel(0, account="bob").tell(1, f"{PAM_FAILURE}{ATTACKER}")
    assert [event.user for event in story.end().events] == ["bob"]


def test_a_record_is_told_with_the_address_that_it_names_although_a_line_before_named_another():
    story = Audited().tell(0, f"Connection from {PLACE} on 192.0.2.1 port 22").kernel(1, addr="198.51.100.7")
    assert [str(event.source.ip) for event in story.end().events] == ["198.51.100.7"]


def test_each_record_of_such_a_program_is_a_try():
    story = Audited()
    for second in range(12):
        story.kernel(second, exe=VPN)
    assert story.end().attempts == 12
    assert story.rules[0] == "brute_force"


def a_wrong_password(story, order):
    """What one wrong password leaves, behind PAM's line."""
    lines = {
        "sshd": lambda at: story.tell(at, f"Failed password for root from {PLACE} ssh2"),
        "audit": story.kernel,
        "end": lambda at: story.tell(at, f"Connection closed by authenticating user root {PLACE} [preauth]"),
    }
    for number, name in enumerate(order):
        lines[name](2 + number / 1000)
    return story.end()


# sshd's own lines keep their order; the kernel's record comes by another socket of journald's.
@pytest.mark.parametrize("order", [("audit", "sshd", "end"), ("sshd", "audit", "end"), ("sshd", "end", "audit")])
@pytest.mark.parametrize("by_pam", [True, False])
def test_one_wrong_password_is_one_attempt_in_whatever_order_it_is_told(order, by_pam):
    story = Audited()
    if by_pam:
        story.tell(0, f"{PAM_FAILURE}{ATTACKER}  user=root")
    assert a_wrong_password(story, order).attempts == 1


def test_the_line_that_tells_more_makes_the_event():
    story = Audited().tell(0, f"{PAM_FAILURE}{ATTACKER}  user=root").kernel(2)
    (event,) = story.tell(2.1, f"Failed password for root from {PLACE} ssh2").end().events
    assert (event.source.port, event.provenance) == (50022, Provenance.VERIFIED)
    (event,) = Audited().kernel(0).tell(1, f"{PAM_FAILURE}{ATTACKER}  user=root").end().events
    assert event.provenance is Provenance.VERIFIED


def test_six_wrong_passwords_in_one_connection_are_six_attempts():
    story = Audited().tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    for number in range(6):
        story.kernel(2 + 2 * number).tell(2.01 + 2 * number, f"Failed password for alice from {PLACE} ssh2")
    story.tell(
        13, f"PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={ATTACKER}  user=alice"
    )
    assert story.end().attempts == 6


def test_what_journald_dropped_of_a_connection_is_counted_by_the_kernel():
    story = Audited().tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    for number in range(6):
        story.kernel(2 + 2 * number)
    assert story.end().attempts == 6


def test_three_wrong_passwords_for_sudo_are_one_event_of_three():
    story = Audited()
    text = "authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=alice"
    story.sudo(0, f"pam_unix(sudo:auth): {text}")
    for second in (2, 4, 6):
        story.kernel(second, 300, 1000, exe="/usr/bin/sudo", account="alice", addr="?", terminal="/dev/pts/0")
    story.sudo(
        6.1, "   alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id"
    )
    story.sudo(6.2, f"pam_unix(sudo:auth): 2 more authentication failures; {text.partition('; ')[2]}")
    assert story.end().told == [("elevation_failure", 3)]
    assert story.events[0].command == "/usr/bin/id"


def test_a_wrong_password_for_su_is_one_event():
    story = Audited()
    story.su(
        0,
        "pam_unix(su:auth): authentication failure; logname=alice uid=1000 euid=0 tty=pts/0 ruser=alice rhost=  user=root",
    )
    story.kernel(2, 300, 1000, exe="/usr/bin/su", addr="?", terminal="pts/0")
    story.su(2.1, "FAILED SU (to root) alice on pts/0")
    assert story.end().told == [("elevation_failure", 1)]


def test_a_try_that_sshd_asks_pam_about_in_another_process_is_one():
    story = Audited().kernel(0, pid=101)
    story.tell(0.1, f"Failed keyboard-interactive/pam for root from {PLACE} ssh2")
    assert story.end().told == [("login_failure", 1)]


def test_a_process_beside_is_of_the_same_service_address_and_moment():
    for changes in ({"addr": "198.51.100.7"}, {"exe": VPN}, {"at": 8}):
        story = Audited().tell(0.1, f"Failed keyboard-interactive/pam for root from {PLACE} ssh2")
        story.kernel(**{"at": 0, "pid": 101, **changes})
        assert story.end().attempts == 2


def test_by_a_name_a_process_beside_is_of_the_same_service_and_moment():
    for changes, attempts in (({}, 1), ({"exe": VPN}, 2), ({"at": 8}, 2)):
        story = Audited().tell(0.1, f"Failed keyboard-interactive/pam for root from {PLACE} ssh2")
        story.kernel(**{"at": 0, "pid": 101, "host": "ptr.example", "addr": "198.51.100.7", **changes})
        assert story.end().attempts == attempts


def test_a_line_hides_as_many_records_as_it_tells_of_tries():
    story = Audited().tell(0, f"Failed keyboard-interactive/pam for root from {PLACE} ssh2")
    for number in range(20):
        story.kernel(0.1 + number / 100, pid=101 + number)
    assert story.end().attempts == 20


def test_of_one_process_only_those_tries_are_told_that_no_line_beside_told_of():
    story = Audited().kernel(0, pid=101).kernel(0.2, pid=101).kernel(0.4, pid=101)
    story.tell(0.5, f"Failed keyboard-interactive/pam for root from {PLACE} ssh2")
    assert story.end().told == [("login_failure", 1), ("login_failure", 2)]
    assert story.kernel(20, pid=101).end().told[2:] == [("login_failure", 1)]


def test_of_tries_that_the_kernel_tells_of_only_after_the_end_was_told_one_is_that_which_was_told():
    story = Audited().tell(0, f"Connection closed by authenticating user root {PLACE} [preauth]").until(1)
    story.kernel(2).kernel(3)
    assert story.end().told == [("connection_closed", 1), ("login_failure", 1)]


@pytest.mark.parametrize(
    "line",
    [
        f"Failed password for root from {PLACE} ssh2",
        f"{PAM_FAILURE}{ATTACKER}  user=root",
        f"PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ATTACKER}  user=root",
    ],
)
def test_the_tries_of_a_process_with_a_line_of_its_own_are_hidden_by_no_other(line):
    story = Audited().tell(0, line, pid=101).until(6)
    story.kernel(7, pid=101).kernel(8, pid=101)
    story.tell(8.1, f"Failed keyboard-interactive/pam for root from {ATTACKER} port 50023 ssh2", pid=102)
    assert story.end().attempts == 3


def test_a_password_that_sshd_asks_pam_about_itself_hides_no_other_process():
    story = Audited().tell(0, f"Failed password for root from {PLACE} ssh2").kernel(0.1, pid=101)
    assert story.end().attempts == 2


def test_who_told_of_a_try_is_remembered_for_so_many_addresses_and_no_more():
    for others, attempts in ((MOST_TOLD - 1, 1), (MOST_TOLD, 2)):
        story = Audited().tell(0, f"Failed keyboard-interactive/pam for root from {PLACE} ssh2")
        for number in range(others):
            address = f"192.0.{number // 250}.{number % 250 + 1}"
            line = f"Failed keyboard-interactive/pam for root from {address} port 1 ssh2"
            story.tell(0.001 + number / 1000, line, pid=1000 + number)
        assert story.kernel(2, pid=101).end().attempts == others + attempts


def test_who_told_of_a_try_is_remembered_for_so_many_of_an_address_and_no_more():
    for tries, beyond in ((MOST_TOLD_AT_A_PLACE, 0), (MOST_TOLD_AT_A_PLACE + 1, 1)):
        story = Audited()
        for number in range(tries):
            line = f"Failed keyboard-interactive/pam for root from {ATTACKER} port {number + 1} ssh2"
            story.tell(number / 100, line, pid=1000 + number)
        for number in range(tries):
            story.kernel(1 + number / 100, pid=2000 + number)
        assert story.end().attempts == tries + beyond


def test_processes_of_which_only_the_kernel_tells_do_not_hide_each_other():
    story = Audited().kernel(0, pid=101).kernel(1, pid=102)
    assert story.end().attempts == 2


def test_a_wrong_password_before_the_right_one_is_told_and_the_login_once():
    story = Audited().kernel(0)
    story.tell(4, f"Accepted password for root from {PLACE} ssh2")
    story.tell(4.1, "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)")
    assert story.end().told == [("login_failure", 1), ("login_success", 1)]


def test_an_address_that_only_dns_knows_is_nobodys():
    story = Audited()
    for second in range(6):
        story.kernel(second, exe=VPN, host="ptr.example", addr="198.51.100.7")
    story.end()
    assert {event.source for event in story.events} == {Endpoint(None, host="ptr.example")}
    assert {alert.subject.key for alert in story.alerts} == {"ptr.example"}


def test_with_names_in_place_of_addresses_one_wrong_password_is_one_attempt():
    story = Audited().tell(0, f"{PAM_FAILURE}ptr.example  user=root")
    story.kernel(2, host="ptr.example", addr="198.51.100.7")
    assert a_wrong_password(story, ("sshd", "end")).attempts == 1


ELSEWHERE = ({"addr": "198.51.100.7"}, {"exe": VPN}, {"account": "bob"})


@pytest.mark.parametrize("changes", ELSEWHERE, ids=["address", "program", "account"])
@pytest.mark.parametrize("order", [("audit", "sshd", "end"), ("sshd", "audit", "end"), ("sshd", "end", "audit")])
def test_a_record_that_tells_otherwise_is_still_of_the_process_that_the_kernel_names(changes, order):
    lines = {
        "sshd": lambda story, at: story.tell(at, f"Failed password for root from {PLACE} ssh2"),
        "audit": lambda story, at: story.kernel(at, **changes),
        "end": lambda story, at: story.tell(at, f"Connection closed by authenticating user root {PLACE} [preauth]"),
    }
    story = Audited()
    for number, name in enumerate(order):
        lines[name](story, number / 1000)
    (event,) = story.end().events
    assert (event.user, str(event.source.ip), event.source.port, event.attempts) == ("root", ATTACKER, 50022, 1)


@pytest.mark.parametrize("changes", ELSEWHERE, ids=["address", "program", "account"])
def test_a_record_that_tells_otherwise_takes_no_login_apart(changes):
    story = Audited().tell(0, f"Accepted password for root from {PLACE} ssh2").kernel(0.001, **changes)
    story.tell(0.002, "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)").end()
    assert [event.action.value for event in story.events].count("login_success") == 1
    assert str(story.events[0].source.ip) == ATTACKER


@pytest.mark.parametrize("changes", ELSEWHERE[:2], ids=["address", "program"])
def test_what_was_told_of_an_earlier_process_hides_nothing_of_a_later_one(changes):
    story = Audited().kernel(0, **changes).until(6)
    story.tell(60, f"Failed password for root from {PLACE} ssh2").end()
    assert story.attempts == 2


def test_what_nobody_wants_to_hear_of_stays_unheard():
    assert Audited(ignored_services=("vpnd",)).kernel(0, exe=VPN).end().events == []


def test_it_is_off_by_default():
    story = Story()
    story.tell(0, an_audited_try(exe=VPN), "audit", transport="audit", exe=None)
    assert story.end().events == []


def test_a_refusal_of_which_the_kernel_tells_too_hides_no_wrong_password_after_it():
    story, ftp = Audited(), {"identifier": "vsftpd", "exe": "/usr/sbin/vsftpd"}
    story.tell(0, "pam_listfile(vsftpd:auth): Refused user root for service vsftpd", **ftp)
    story.kernel(0.1, exe=ftp["exe"], terminal="ftp")
    wrong = "authentication failure; logname= uid=0 euid=0 tty=ftp ruser=bob"
    story.tell(10, f"pam_unix(vsftpd:auth): {wrong} rhost={ATTACKER}  user=bob", **ftp)
    story.kernel(10.1, exe=ftp["exe"], account="bob", terminal="ftp")
    assert story.end().told == [("login_denied", 1), ("login_failure", 1)]
