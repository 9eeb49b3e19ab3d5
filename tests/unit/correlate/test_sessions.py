"""Sessions: openings and closings joined, with their duration; a login told once."""

from __future__ import annotations

import pytest

from pamsignal.correlate import Line, OpenSession
from pamsignal.correlate.sessions import Sessions
from pamsignal.correlate.trace import Traces
from pamsignal.model import Observation
from pamsignal.parse.logind import NEW_SESSION
from pamsignal.pipeline import Settings
from pamsignal.terms import Action, Outcome
from tests.builders import BOOT, NOON_US, a_record, an_endpoint
from tests.stories import ATTACKER, SECOND, Story

PLACE = f"{ATTACKER} port 50022"
ACCEPTED = f"Accepted publickey for alice from {PLACE} ssh2: ED25519 SHA256:good"
OPENED = "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)"
CLOSED = "pam_unix(sshd:session): session closed for user alice"


def test_a_login_over_ssh_is_one_event_and_its_end_another_with_the_duration():
    story = Story()
    story.tell(0, ACCEPTED, pid=139)
    story.tell(0.1, OPENED, pid=139)
    story.logind(0.2, "new", "24", "alice", 139)
    story.tell(60, f"Received disconnect from {PLACE}:11: disconnected by user", pid=152, uid=1000)
    story.tell(60, f"Disconnected from user alice {PLACE}", pid=152, uid=1000)
    story.tell(60.1, CLOSED, pid=139)
    story.logind(60.2, "removed", "24", "alice", 139)
    story.end()
    assert story.told == [("login_success", 1), ("session_closed", 1)]
    end = story.events[-1]
    assert end.duration_us == 60 * SECOND
    assert (end.user, str(end.source.ip), end.session_id) == ("alice", ATTACKER, "24")


def test_an_ssh_login_is_told_at_once():
    assert Story().tell(0, ACCEPTED).told == [("login_success", 1)]


def test_pam_and_logind_may_come_in_the_other_order():
    story = Story()
    story.tell(0, ACCEPTED, pid=139)
    story.logind(0.1, "new", "24", "alice", 139)
    story.tell(0.2, OPENED, pid=139)
    story.tell(5, CLOSED, pid=139)
    story.logind(5.1, "removed", "24", "alice", 139)
    assert story.end().told == [("login_success", 1), ("session_closed", 1)]
    assert story.events[-1].session_id == "24"


def test_where_sshd_does_not_log_the_login_its_session_tells_of_it():
    story = Story().tell(0, f"Connection from {PLACE} on 192.0.2.1 port 22", pid=139)
    story.tell(1, OPENED, pid=139)
    story.until(4)
    assert story.told == [("login_success", 1)]
    (login,) = story.events
    assert (login.outcome, login.user, login.source) == (Outcome.SUCCESS, "alice", an_endpoint(ATTACKER))


def test_a_short_session_of_which_logind_tells_last_is_one_login():
    story = Story().tell(0, OPENED, pid=139).tell(0.1, CLOSED, pid=139)
    story.logind(0.2, "new", "24", "alice", 139)
    assert story.end().told == [("login_success", 1), ("session_closed", 1)]


def test_a_console_login_of_shadow_is_told_by_its_session():
    story = Story()
    story.tell(0, "pam_unix(login:session): session opened for user bob(uid=1002) by ansible(uid=0)", "login", 252)
    story.logind(0.1, "new", "5", "bob", 252)
    story.end()
    assert story.told == [("login_success", 1)]
    assert (story.events[0].user, story.events[0].service, story.events[0].session_id) == ("bob", "login", "5")


def test_a_console_login_of_util_linux_is_told_once_with_its_terminal():
    story = Story()
    story.tell(0, "pam_unix(login:session): session opened for user bob(uid=1002) by bob(uid=0)", "login", 252)
    story.tell(0.1, "LOGIN ON tty1 BY bob", "login", 252)
    story.end()
    assert story.told == [("login_success", 1)]
    assert story.events[0].tty == "tty1"


def test_a_login_line_that_comes_too_late_does_not_make_it_two():
    story = Story()
    story.tell(0, "pam_unix(login:session): session opened for user bob(uid=1002) by bob(uid=0)", "login", 252)
    story.tell(5, "LOGIN ON tty1 BY bob", "login", 252)
    assert story.end().told == [("login_success", 1)]


def test_sudo_is_one_use_of_privilege_and_its_end():
    story = Story()
    story.sudo(0, "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh")
    story.sudo(0, "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)")
    story.sudo(30, "pam_unix(sudo:session): session closed for user root")
    story.end()
    assert story.told == [("elevation_success", 1), ("session_closed", 1)]
    end = story.events[-1]
    assert (end.user, end.target_user, end.duration_us) == ("alice", "root", 30 * SECOND)


def test_sudo_rs_logs_only_the_session_and_is_told_by_it():
    story = Story()
    story.sudo(0, "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)")
    story.until(5)
    assert story.told == [("elevation_success", 1)]
    assert (story.events[0].user, story.events[0].target_user) == ("alice", "root")


def test_su_is_one_use_of_privilege():
    story = Story()
    story.su(0, "(to root) alice on pts/0")
    story.su(0, "pam_unix(su-l:session): session opened for user root(uid=0) by alice(uid=1000)")
    story.su(9, "pam_unix(su-l:session): session closed for user root")
    assert story.end().told == [("elevation_success", 1), ("session_closed", 1)]


def test_cron_and_the_user_manager_are_nobodys_login():
    story = Story()
    cron = "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
    story.tell(0, cron, "CRON", 900, exe="/usr/sbin/cron")
    story.tell(1, "pam_unix(cron:session): session closed for user root", "CRON", 900, exe="/usr/sbin/cron")
    manager = "pam_unix(systemd-user:session): session opened for user alice(uid=1000) by (uid=0)"
    story.tell(2, manager, "(systemd)", 901, exe="/usr/lib/systemd/systemd")
    story.logind(2.1, "new", "c6", "alice", 901)
    story.logind(9, "removed", "c6", "alice", 901)
    assert story.end().told == []


@pytest.mark.parametrize(
    ("service", "identifier", "exe"),
    [
        ("atd", "atd", "/usr/sbin/atd"),
        ("passwd", "passwd", "/usr/bin/passwd"),
        ("gdm-launch-environment", "gdm-launch-environment]", "/usr/libexec/gdm-session-worker"),
    ],
)
def test_what_opens_sessions_for_nobody_is_no_login_although_nobody_asked_to_ignore_it(service, identifier, exe):
    story = Story(Settings(ignored_services=()))
    opened = f"pam_unix({service}:session): session opened for user gdm(uid=120) by (uid=0)"
    story.tell(0, opened, identifier, 900, exe=exe)
    story.logind(0.1, "new", "c7", "gdm", 900)
    story.tell(60, f"pam_unix({service}:session): session closed for user gdm", identifier, 900, exe=exe)
    assert story.end().told == []


def test_a_session_of_a_service_that_nobody_wants_to_hear_of_is_not_told():
    story = Story(Settings(ignored_services=("sshd",)))
    story.tell(0, OPENED, pid=139)
    story.logind(0.1, "new", "24", "alice", 139)
    story.tell(60, CLOSED, pid=139)
    story.logind(60.1, "removed", "24", "alice", 139)
    assert story.end().told == []


def test_the_user_managers_session_may_be_known_to_logind_first():
    story = Story()
    story.logind(2, "new", "c6", "alice", 901)
    manager = "pam_unix(systemd-user:session): session opened for user alice(uid=1000) by (uid=0)"
    story.tell(2.1, manager, "(systemd)", 901, exe="/usr/lib/systemd/systemd")
    assert story.end().told == []


def test_a_session_whose_process_was_killed_ends_with_logind():
    story = Story()
    story.tell(0, ACCEPTED, pid=139)
    story.tell(0.1, OPENED, pid=139)
    story.logind(0.2, "new", "24", "alice", 139)
    story.logind(100.1, "removed", "24", "alice", 139)
    story.end()
    assert story.told == [("login_success", 1), ("session_closed", 1)]
    assert story.events[-1].duration_us == 100 * SECOND


@pytest.mark.parametrize("apart", [0.1, 1.9])
def test_logind_may_tell_of_an_end_before_pam_does(apart):
    story = Story()
    story.tell(0, ACCEPTED, pid=139)
    story.tell(0.1, OPENED, pid=139)
    story.logind(0.2, "new", "24", "alice", 139)
    story.logind(60, "removed", "24", "alice", 139)
    story.tell(60 + apart, CLOSED, pid=139)
    assert story.end().told == [("login_success", 1), ("session_closed", 1)]
    assert story.events[-1].duration_us == int((59.9 + apart) * SECOND)


def test_a_session_that_was_open_before_a_restart_still_gets_its_duration():
    story = Story()
    key = f"{BOOT}/139/0"
    story.engine.restore([OpenSession(key, NOON_US - 3600 * SECOND, "sshd", "alice")])
    story.tell(0, CLOSED, pid=139)
    story.end()
    assert story.events[0].action is Action.SESSION_CLOSED
    assert story.events[0].duration_us == 3600 * SECOND


def test_what_sshd_itself_says_of_a_session_at_loglevel_verbose_makes_none():
    story = Story()
    story.tell(0, ACCEPTED, pid=139)
    story.tell(0.1, OPENED, pid=139)
    story.tell(0.2, f"Starting session: shell on pts/0 for alice from {PLACE} id 0", pid=152, uid=1000)
    story.tell(60, f"Close session: user alice from {PLACE} id 0", pid=152, uid=1000)
    story.tell(60.1, CLOSED, pid=139)
    assert story.end().told == [("login_success", 1), ("session_closed", 1)]


def test_an_open_session_is_kept_with_all_that_is_known_of_it():
    story = Story()
    story.tell(0, ACCEPTED, pid=139)
    story.logind(0.1, "new", "24", "alice", 139)
    story.tell(0.2, OPENED, pid=139)
    story.sudo(1, "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)")
    login, sudo = story.engine.take_session_changes().opened
    opened_us = NOON_US + SECOND // 5
    assert login == OpenSession(
        f"{BOOT}/139/0", opened_us, "sshd", "alice", None, an_endpoint(ATTACKER, 50022), None, "24"
    )
    assert sudo == OpenSession(f"{BOOT}/300/1000", NOON_US + SECOND, "sudo", "alice", "root")


def test_a_session_that_has_ended_is_not_ended_again_by_logind():
    sessions = Sessions(Traces(), (), most=1)
    sessions.restore(an_open_session(139, "24"))
    sessions.restore(an_open_session(140))
    sessions.removed(removed("24"))
    assert sessions.next_due_us() is None


def test_the_end_of_a_session_tells_what_its_beginning_said():
    story = Story()
    source = an_endpoint(ATTACKER)
    known = OpenSession(f"{BOOT}/139/0", NOON_US, "su-l", "alice", "root", source, "pts/0", "24")
    story.engine.restore([known])
    story.tell(60, CLOSED, pid=139)
    (end,) = story.end().events
    assert (end.action, end.outcome) == (Action.SESSION_CLOSED, Outcome.SUCCESS)
    told = (end.service, end.user, end.target_user, end.source, end.tty, end.session_id)
    assert told == ("su-l", "alice", "root", source, "pts/0", "24")


def test_the_end_of_a_session_tells_to_which_address_of_the_host_it_was_even_if_its_beginning_is_forgotten():
    for is_known in (True, False):
        story = Story().tell(0, f"Connection from {PLACE} on 192.0.2.1 port 22", pid=139)
        story.tell(1, ACCEPTED, pid=139)
        if is_known:
            story.tell(1.1, OPENED, pid=139)
        end = story.tell(60, CLOSED, pid=139).end().events[-1]
        assert (end.action, end.source, str(end.destination.ip)) == (
            Action.SESSION_CLOSED,
            an_endpoint(ATTACKER),
            "192.0.2.1",
        )


def test_the_end_of_a_change_of_identity_tells_after_a_restart_whose_it_was():
    story = Story()
    story.engine.restore([OpenSession(f"{BOOT}/300/1000", NOON_US, "sudo", "alice", "root")])
    story.sudo(60, "pam_unix(sudo:session): session closed for user root")
    assert [event.user for event in story.end().events] == ["alice"]


def test_a_session_that_ends_before_it_began_by_the_clock_took_no_time():
    story = Story()
    story.engine.restore([OpenSession(f"{BOOT}/139/0", NOON_US + SECOND, "sshd", "alice")])
    story.tell(0, CLOSED, pid=139)
    assert [event.duration_us for event in story.end().events] == [0]


def test_two_sessions_under_one_id_end_one_by_one():
    story = Story()
    story.engine.restore([an_open_session(139, "24"), an_open_session(140, "24")])
    for pid in (139, 140):
        story.tell(60, CLOSED, pid=pid)
    assert [(event.session_id, event.duration_us) for event in story.end().events] == [("24", 60 * SECOND)] * 2


def test_the_end_of_a_session_that_said_little_tells_what_its_own_line_says():
    story = Story()
    story.engine.restore([OpenSession(f"{BOOT}/300/1000", NOON_US, "sudo")])
    story.sudo(60, "pam_unix(sudo:session): session closed for user root")
    (end,) = story.end().events
    assert (end.target_user, end.duration_us) == ("root", 60 * SECOND)


@pytest.mark.parametrize(("length", "kept"), [(1024, "x" * 1024), (1025, "x" * 1023 + "…"), (60_000, "x" * 1023 + "…")])
def test_a_long_command_is_cut_and_the_rest_of_its_line_is_kept(length, kept):
    story = Story()
    story.sudo(0, f"   alice : TTY=pts/0 ; PWD=/home/alice ; USER=bob ; GROUP=staff ; COMMAND={'x' * length}")
    (event,) = story.end().events
    fields = (event.user, event.target_user, event.tty, event.cwd, event.group)
    assert fields == ("alice", "bob", "pts/0", "/home/alice", "staff")
    assert event.command == kept


@pytest.mark.parametrize(("length", "kept"), [(1024, "x" * 1024), (1025, "x" * 1023 + "…"), (5000, "x" * 1023 + "…")])
def test_a_long_name_in_a_field_of_logind_is_cut_although_its_text_is_short(length, kept):
    fields = {"MESSAGE_ID": NEW_SESSION, "SESSION_ID": "24", "USER_ID": "x" * length, "LEADER": "139"}
    story = Story().tell(0, "New session 24 of user x.", "systemd-logind", 59, structured=fields)
    (event,) = story.end().events
    assert event.user == kept


def test_what_changes_among_the_open_sessions_is_told_once():
    story = Story()
    story.tell(0, ACCEPTED, pid=139)
    story.tell(0.1, OPENED, pid=139)
    opened, closed = story.engine.take_session_changes()
    assert [session.user for session in opened] == ["alice"]
    assert closed == ()
    story.tell(60, CLOSED, pid=139)
    opened, closed = story.engine.take_session_changes()
    assert opened == ()
    assert closed == (f"{BOOT}/139/0",)
    assert story.engine.take_session_changes() == ((), ())


POISONS = [
    ("pam_unix(sudo:session): session opened for user root(uid=0) by (uid=1000)", "sudo", 1000, "/usr/bin/sudo"),
    ("pam_unix(sudo:session): session opened for user root(uid=0) by (uid=1000)", "sudo", 1000, None),
    ("pam_unix(su:session): session opened for user root(uid=0) by root(uid=0)", "su", 0, "/usr/bin/su"),
    ("pam_unix(passwd:session): session opened for user alice(uid=1000) by (uid=1000)", "passwd", 1000, None),
]


@pytest.mark.parametrize(("message", "identifier", "uid", "exe"), POISONS)
def test_what_was_written_under_a_pid_before_takes_nothing_from_the_login_that_gets_it(message, identifier, uid, exe):
    story = Story()
    story.tell(0, message, identifier, pid=736, uid=uid, exe=exe)
    story.until(5)
    story.tell(300, ACCEPTED, pid=736)
    story.tell(300.1, OPENED, pid=736)
    logins = [event for event in story.end().events if event.action is Action.LOGIN_SUCCESS]
    assert [event.user for event in logins] == ["alice"]
    assert "login_success" in story.rules


def test_sessions_that_anybody_could_have_written_fill_no_table():
    story = Story()
    for number in range(100):
        line = "pam_unix(sudo:session): session opened for user root(uid=0) by (uid=1000)"
        story.sudo(number, line, pid=1000 + number, exe=None)
    assert story.engine.take_session_changes().opened == ()


def test_a_pid_that_once_was_machinery_can_be_a_login_later():
    story = Story()
    cron = "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
    story.tell(0, cron, "CRON", 252, exe="/usr/sbin/cron")
    story.tell(9000, "pam_unix(login:session): session opened for user bob(uid=1002) by bob(uid=0)", "login", 252)
    assert story.end().told == [("login_success", 1)]


def test_a_session_that_closed_and_opened_again_at_once_is_open():
    story = Story()
    story.tell(0, OPENED, pid=139)
    story.engine.take_session_changes()
    story.tell(5, CLOSED, pid=139)
    story.tell(6, OPENED, pid=139)
    opened, closed = story.engine.take_session_changes()
    assert [session.opened_us for session in opened] == [NOON_US + 6 * SECOND]
    assert closed == ()


def an_open_session(number, session_id=None):
    return OpenSession(f"{BOOT}/{number}/0", NOON_US, "sshd", "alice", session_id=session_id)


def test_what_nobody_asks_for_is_bounded_and_the_newest_stays():
    sessions = Sessions(Traces(), (), most=3)
    for number in range(100):
        sessions.restore(an_open_session(number))
    assert sessions.take_changes().closed == tuple(f"{BOOT}/{number}/0" for number in (94, 95, 96))


def test_a_process_that_gets_another_session_is_not_known_by_its_old_one():
    sessions = Sessions(Traces(), ())
    sessions.restore(an_open_session(139, "24"))
    sessions.restore(an_open_session(139, "25"))
    assert sessions.removed(removed("24")) == []
    assert sessions.next_due_us() is None
    sessions.removed(removed("25"))
    assert sessions.next_due_us() is not None


def removed(session_id):
    record = a_record(f"Removed session {session_id}.", "systemd-logind")
    seen = Observation("logind.removed", "systemd-logind", "", Action.SESSION_CLOSED, session_id=session_id)
    return Line(record, seen, NOON_US)


def test_when_what_was_written_down_is_lost_all_that_are_open_are_handed_out_again():
    sessions = Sessions(Traces(), ())
    kept = OpenSession("k", NOON_US, "sshd", "alice")
    sessions.restore(kept)
    assert sessions.take_changes().opened == ()
    sessions.keep_all()
    assert sessions.take_changes().opened == (kept,)
    assert sessions.take_changes().opened == ()
