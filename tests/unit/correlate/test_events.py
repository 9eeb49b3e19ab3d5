"""What one event says: who and where as far as any line of its process told, and an id that stays."""

from __future__ import annotations

from pamsignal.correlate import Correlator
from pamsignal.correlate.event import event_id
from pamsignal.model import Observation
from pamsignal.terms import Action, Method, Outcome
from tests.builders import NOON_US, a_record, an_endpoint
from tests.stories import ATTACKER, PAM_FAILURE, Story

PLACE = f"{ATTACKER} port 50022"
BEHIND = "b=2d98d256926c4232b941a1119e7d8b22;m=3b9aca00;t=64f0a;x=0"


def test_an_id_stays_when_journald_moves_its_journal_and_numbers_it_anew():
    first, second = (
        a_record("Failed", cursor=f"s={file};i={number};{BEHIND}") for file, number in (("a", 1), ("b", 9))
    )
    assert event_id(first, "login_failure") == event_id(second, "login_failure")


def test_an_id_is_of_one_host_one_line_and_one_meaning():
    lines = [
        a_record("Failed", cursor=f"s=a;i=1;{BEHIND}"),
        a_record("Failed", cursor=f"s=a;i=1;{BEHIND}", machine_id="0" * 32),
        a_record("Failed", cursor=f"s=a;i=1;{BEHIND}1"),
        a_record("Failed", cursor=None),
        a_record("Accepted", cursor=None),
        a_record("Failed", cursor=None, time_us=NOON_US + 1),
    ]
    ids = {event_id(line, part) for line in lines for part in ("login_failure", "login_denied")}
    assert len(ids) == 12
    assert {len(one) for one in ids} == {32}


def test_lines_without_a_number_of_their_process_are_told_apart_by_address_and_then_by_account():
    story = Story()
    for address in (ATTACKER, "198.51.100.7", ATTACKER):
        story.tell(0, f"Invalid user admin from {address} port 1", pid=None)
    for account in ("alice", "bob", "alice"):
        story.tell(
            0,
            f"PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=  user={account}",
            pid=None,
        )
    told = [(event.user, event.source and str(event.source.ip), event.attempts) for event in story.end().events]
    assert sorted(told, key=str) == [
        ("admin", "198.51.100.7", 1),
        ("admin", ATTACKER, 1),
        ("alice", None, 4),
        ("bob", None, 2),
    ]


def test_the_number_that_a_process_gave_itself_stands_in_where_the_kernel_gave_none():
    story = Story()
    for number in (7, 8, 7):
        story.tell(0, f"Invalid user admin from {PLACE}", pid=None, syslog_pid=number)
    assert [event.pid for event in story.end().events] == [7, 8]


def test_who_has_waited_is_told_before_the_process_is_forgotten_for_want_of_room():
    correlator = Correlator()
    waits = Observation("pam.failure", "sshd", "sshd", Action.LOGIN_FAILURE, Outcome.FAILURE, source=an_endpoint())
    assert correlator.feed(a_record(PAM_FAILURE), waits, NOON_US) == []
    other = Observation("sshd.connection", "sshd", "sshd", Action.DETAIL, source=an_endpoint())
    told = [correlator.feed(a_record("Connection", pid=10_000 + number), other, NOON_US) for number in range(4096)]
    assert [len(events) for events in told] == [0] * 4095 + [1]
    assert correlator.next_due_us() is None


def test_the_nearest_moment_is_that_of_a_try_or_of_a_session_whichever_comes_first():
    story = Story().tell(0, f"Accepted password for alice from {PLACE} ssh2", pid=139)
    story.tell(0, "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)", pid=139)
    story.logind(0, "new", "24", "alice", 139)
    story.logind(10, "removed", "24", "alice", 139)
    told_us = story.engine.next_due_us()
    story.tell(10, f"Invalid user admin from {PLACE}", pid=140)
    assert story.engine.next_due_us() == told_us == NOON_US + 12_000_000
    story.tell(10.5, f"Connection closed by invalid user admin {PLACE} [preauth]", pid=140)
    assert story.engine.next_due_us() == NOON_US + 11_500_000
    story.tell(20, f"Connection from {PLACE} on 192.0.2.1 port 22", pid=150)
    assert story.told == [("login_success", 1), ("login_failure", 1), ("session_closed", 1)]


def test_the_port_is_told_whichever_line_knows_it():
    before, failure = f"Connection from {PLACE} on 192.0.2.1 port 22", f"{PAM_FAILURE}{ATTACKER}  user=root"
    after = f"Connection closed by authenticating user root {PLACE} [preauth]"
    for lines in ((before, failure), (failure, after)):
        (event,) = Story().tell(0, lines[0]).tell(0.1, lines[1]).end().events
        assert (event.action, event.source) == (Action.LOGIN_FAILURE, an_endpoint(ATTACKER))


def test_what_sshd_said_of_an_account_holds_for_what_pam_says_of_it():
    story = Story().tell(0, f"Invalid user admin from {PLACE}").tell(0.1, f"{PAM_FAILURE}{ATTACKER}")
    (event,) = story.end().events
    assert (event.method, event.user, event.known_account, event.reason) == (Method.PAM, "admin", False, "invalid user")


def test_an_event_names_whom_its_own_line_names_although_its_process_went_on_to_somebody_else():
    story = Story()
    for at, user in enumerate(("alice", "bob")):
        text = f"authentication failure; logname= uid=0 euid=0 tty=ftp ruser={user} rhost={ATTACKER}  user={user}"
        story.tell(at, f"pam_unix(vsftpd:auth): {text}", "vsftpd", exe="/usr/sbin/vsftpd")
    assert [(event.user, event.attempts) for event in story.end().events] == [("alice", 2)]


def test_what_one_line_says_alone_is_told_with_all_that_it_says():
    story = Story().tell(0, f"drop connection #0 from [{ATTACKER}]:1 on [192.0.2.1]:22 Maxstartups", pid=1)
    story.tell(1, "new user: name=carol, UID=1001, GID=1001, home=/home/carol, shell=/bin/sh, from=none", "useradd")
    dropped, created = story.events
    assert (dropped.action, dropped.outcome, str(dropped.source.ip)) == (
        Action.CONNECTION_DROPPED,
        Outcome.FAILURE,
        ATTACKER,
    )
    assert (created.action, created.outcome, created.user) == (Action.ACCOUNT_CREATED, Outcome.SUCCESS, "carol")
