"""One attempt, one event, however many lines it wrote."""

from __future__ import annotations

import pytest

from pamsignal.correlate import Correlator
from pamsignal.model import Observation
from pamsignal.terms import Action, Method, Outcome
from tests.builders import NOON_US, a_record, an_endpoint
from tests.stories import ATTACKER, PAM_FAILURE, SECOND, Story, password_attack

PLACE = f"{ATTACKER} port 50022"


def test_a_wrong_password_is_one_attempt_although_pam_and_sshd_both_tell_of_it():
    story = password_attack(Story(), 0, pid=100).end()
    assert story.told == [("login_failure", 1)]
    (event,) = story.events
    assert (event.user, str(event.source.ip), event.source.port) == ("root", ATTACKER, 50022)
    assert (event.method, event.outcome, event.reason) == (Method.PASSWORD, Outcome.FAILURE, None)


def test_an_unknown_account_is_one_attempt_although_four_lines_tell_of_it():
    story = password_attack(Story(), 0, pid=100, user="nosuch", known=False).end()
    assert story.told == [("login_failure", 1)]
    assert story.events[0].known_account is False
    assert story.events[0].reason == "invalid user"


def test_either_line_alone_is_enough():
    only_pam = Story().tell(0, f"{PAM_FAILURE}{ATTACKER}  user=root").end()
    only_sshd = Story().tell(0, f"Failed password for root from {PLACE} ssh2").end()
    assert only_pam.told == only_sshd.told == [("login_failure", 1)]
    assert only_pam.events[0].method is Method.PAM


def test_six_wrong_passwords_in_one_connection_are_six_attempts():
    story = Story()
    story.tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    for number in range(6):
        story.tell(2 + 2 * number, f"Failed password for alice from {PLACE} ssh2")
    story.tell(12, f"error: maximum authentication attempts exceeded for alice from {PLACE} ssh2 [preauth]")
    story.tell(12, f"Disconnecting authenticating user alice {PLACE}: Too many authentication failures [preauth]")
    story.tell(
        12, f"PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={ATTACKER}  user=alice"
    )
    story.tell(12, "PAM service(sshd) ignoring max retries; 6 > 3")
    assert story.end().attempts == 6


def test_with_pams_lines_alone_they_are_six_as_well():
    story = Story()
    story.tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    story.tell(
        12, f"PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={ATTACKER}  user=alice"
    )
    assert story.end().attempts == 6


def test_two_modules_that_tell_of_one_try_do_not_make_it_two():
    story = Story()
    story.tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    story.tell(0.1, f"{PAM_FAILURE.replace('pam_unix', 'pam_sss')}{ATTACKER} user=alice")
    story.tell(2, f"Failed password for alice from {PLACE} ssh2")
    assert story.end().told == [("login_failure", 1)]


def test_a_keyboard_interactive_try_is_one_although_three_lines_tell_of_it():
    story = Story()
    story.tell(0, f"{PAM_FAILURE}{ATTACKER}  user=root")
    story.tell(2, f"error: PAM: Authentication failure for root from {ATTACKER}")
    story.tell(2, f"Failed keyboard-interactive/pam for root from {PLACE} ssh2")
    assert story.end().told == [("login_failure", 1)]


def test_several_keys_and_then_a_login_is_no_failure():
    story = Story()
    for number in range(3):
        story.tell(number, f"Failed publickey for alice from {PLACE} ssh2: RSA SHA256:key{number}")
    story.tell(4, f"Accepted publickey for alice from {PLACE} ssh2: ED25519 SHA256:good")
    assert story.end().told == [("login_success", 1)]


def test_a_key_and_a_code_are_one_login_that_knows_its_key():
    story = Story().tell(0, f"Partial publickey for alice from {PLACE} ssh2: ED25519 SHA256:abc")
    story.tell(5, f"Accepted keyboard-interactive/pam for alice from {PLACE} ssh2").end()
    assert story.told == [("login_success", 1)]
    (login,) = story.events
    assert (login.method, login.key.fingerprint) == (Method.KEYBOARD_INTERACTIVE, "SHA256:abc")


def test_a_key_that_was_right_is_no_part_of_a_failure():
    story = Story().tell(0, f"Partial publickey for alice from {PLACE} ssh2: ED25519 SHA256:abc")
    story.tell(5, f"Failed keyboard-interactive/pam for alice from {PLACE} ssh2").end()
    assert story.told == [("login_failure", 1)]
    assert story.events[0].key is None


def test_several_keys_and_then_nothing_is_one_attempt():
    story = Story()
    for number in range(3):
        story.tell(number, f"Failed publickey for root from {PLACE} ssh2: RSA SHA256:key{number}")
    story.tell(4, f"Connection closed by authenticating user root {PLACE} [preauth]")
    assert story.end().told == [("login_failure", 1)]
    (event,) = story.events
    assert (event.method, event.outcome, event.reason) == (Method.PUBLICKEY, Outcome.FAILURE, "no key accepted")


def test_a_key_behind_a_wrong_password_is_no_further_try():
    story = Story().tell(0, f"Failed password for root from {PLACE} ssh2")
    story.tell(1, f"Failed publickey for root from {PLACE} ssh2: RSA SHA256:key")
    assert story.end().told == [("login_failure", 1)]


@pytest.mark.parametrize("seconds", [1, 200])
def test_keys_before_passwords_are_no_further_try_however_long_the_first_password_takes(seconds):
    story = Story().tell(0, f"Failed publickey for root from {PLACE} ssh2: RSA SHA256:key").until(seconds)
    story.tell(seconds, f"message repeated 2 times: [ Failed password for root from {PLACE} ssh2]")
    assert story.end().attempts == 2


def test_an_unknown_account_that_says_no_more_is_one_attempt():
    story = Story()
    story.tell(0, f"Connection from {PLACE} on 192.0.2.1 port 22")
    story.tell(1, f"Invalid user admin from {PLACE}")
    (event,) = story.end().events
    assert (event.action, event.user, event.reason) == (Action.LOGIN_FAILURE, "admin", "invalid user")
    assert str(event.destination.ip) == "192.0.2.1"


def test_an_end_that_names_an_unknown_account_is_an_attempt():
    story = Story()
    story.tell(0, f"Connection from {PLACE} on 192.0.2.1 port 22")
    story.tell(1, f"Connection closed by invalid user admin {PLACE} [preauth]")
    (event,) = story.end().events
    assert (event.action, event.user, event.reason) == (Action.LOGIN_FAILURE, "admin", "invalid user")
    assert (event.outcome, str(event.destination.ip)) == (Outcome.FAILURE, "192.0.2.1")


def test_what_pam_adds_up_behind_the_end_of_a_connection_is_told_already():
    story = Story().tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    for number in range(3):
        story.tell(2 + 2 * number, f"Failed password for alice from {PLACE} ssh2")
    story.tell(7, f"Connection closed by authenticating user alice {PLACE} [preauth]")
    story.tell(
        7, f"PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={ATTACKER}  user=alice"
    )
    assert story.end().attempts == 3


def test_on_a_host_that_takes_keys_only_an_unknown_account_is_an_attempt_when_the_connection_ends():
    story = Story()
    story.tell(0, f"Invalid user admin from {PLACE}")
    story.tell(0.3, f"Connection closed by invalid user admin {PLACE} [preauth]")
    assert story.end().told == [("login_failure", 1)]
    assert (story.events[0].user, story.events[0].reason) == ("admin", "invalid user")


def test_on_a_host_that_takes_keys_only_a_known_account_leaves_one_weak_sign():
    story = Story()
    story.tell(0, f"Received disconnect from {PLACE}:11: Bye Bye [preauth]")
    story.tell(0.1, f"Disconnected from authenticating user root {PLACE} [preauth]")
    story.end()
    assert story.told == [("connection_closed", 1)]
    assert (story.events[0].user, story.events[0].outcome) == ("root", Outcome.FAILURE)


@pytest.mark.parametrize("named_at", [0, 0.5])
def test_of_two_ends_of_a_connection_the_one_that_names_somebody_is_told(named_at):
    story = Story()
    lines = {0.5 - named_at: f"Connection closed by {PLACE} [preauth]"}
    lines[named_at] = f"Connection closed by authenticating user root {PLACE} [preauth]"
    for at in (0, 0.5):
        story.tell(at, lines[at])
    assert [(event.user, event.time_us) for event in story.end().events] == [("root", NOON_US + int(named_at * SECOND))]


def test_of_two_ends_of_a_connection_that_say_as_much_the_first_is_told():
    story = Story().tell(0, f"Connection closed by {PLACE} [preauth]")
    story.tell(0.5, f"Connection reset by {PLACE} [preauth]")
    assert [event.time_us for event in story.end().events] == [NOON_US]


def test_a_wrong_password_before_the_right_one_is_a_failure_and_a_login():
    story = Story()
    story.tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    story.tell(2, f"Failed password for alice from {PLACE} ssh2")
    story.tell(9, f"Accepted password for alice from {PLACE} ssh2")
    assert story.end().told == [("login_failure", 1), ("login_success", 1)]


def test_a_module_that_fails_while_the_next_one_lets_the_user_in_is_no_failure():
    story = Story()
    story.tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    story.tell(0.05, f"Accepted password for alice from {PLACE} ssh2")
    assert story.end().told == [("login_success", 1)]


def test_a_try_that_only_pam_told_of_is_not_forgotten_by_the_login_after_it():
    story = Story()
    story.tell(0, f"{PAM_FAILURE}{ATTACKER}  user=alice")
    story.tell(4, f"Accepted keyboard-interactive/pam for alice from {PLACE} ssh2")
    assert story.end().told == [("login_failure", 1), ("login_success", 1)]


def test_repeated_messages_of_an_import_count_as_often_as_they_say():
    story = Story().tell(0, f"message repeated 4 times: [ Failed password for root from {PLACE} ssh2]")
    assert story.end().attempts == 4
    story = Story().tell(
        0, f"message repeated 3 times: [ Connection closed by authenticating user root {PLACE} [preauth]]"
    )
    assert story.end().told == [("connection_closed", 3)]


def test_a_refusal_by_policy_and_the_tries_after_it_are_one_refusal_and_the_further_tries():
    story = Story()
    story.tell(0, f"User root from {ATTACKER} not allowed because not listed in AllowUsers")
    for second in (2, 4, 6):
        story.tell(second, f"Failed password for invalid user root from {PLACE} ssh2")
    assert story.end().told == [("login_denied", 1), ("login_failure", 1), ("login_failure", 1)]


def test_of_tries_that_one_line_tells_of_after_a_refusal_one_is_the_refused():
    story = Story().tell(0, f"User root from {ATTACKER} not allowed because not listed in AllowUsers")
    story.tell(2, f"message repeated 3 times: [ Failed password for invalid user root from {PLACE} ssh2]")
    assert story.end().told == [("login_denied", 1), ("login_failure", 2)]


def test_a_right_password_that_the_account_stage_refuses_is_one_refusal_in_sshds_words():
    story = Story()
    story.tell(0, f"pam_access(sshd:account): access denied for user `bob' from `{ATTACKER}'")
    story.tell(0.1, "fatal: Access denied for user bob by PAM account configuration [preauth]")
    story.end()
    assert story.told == [("login_denied", 1)]
    (event,) = story.events
    assert (event.outcome, str(event.source.ip)) == (Outcome.FAILURE, ATTACKER)
    assert "PAM account" in event.reason


def test_a_refusal_that_sshd_words_only_after_pams_word_was_told_is_one():
    story = Story().tell(0, f"pam_access(sshd:account): access denied for user `bob' from `{ATTACKER}'").until(6)
    story.tell(7, "fatal: Access denied for user bob by PAM account configuration [preauth]")
    assert story.end().told == [("login_denied", 1)]


def test_after_two_wrong_passwords_a_refusal_is_told_and_pams_sum_adds_nothing():
    story = Story().tell(0, f"{PAM_FAILURE}{ATTACKER}  user=bob")
    for second in (2, 5):
        story.tell(second, f"Failed password for bob from {PLACE} ssh2")
    story.tell(8, f"pam_access(sshd:account): access denied for user `bob' from `{ATTACKER}'")
    story.tell(8.01, "fatal: Access denied for user bob by PAM account configuration [preauth]")
    story.tell(
        8.02, f"PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ATTACKER}  user=bob"
    )
    assert story.end().told == [("login_failure", 1), ("login_failure", 1), ("login_denied", 1)]


FTP = {
    "w": f"pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=bob rhost={ATTACKER}  user=bob",
    "m": f"pam_unix(vsftpd:auth): 2 more authentication failures; logname= uid=0 euid=0 tty=ftp ruser=bob rhost={ATTACKER}  user=bob",
    "r": f"pam_access(vsftpd:account): access denied for user `bob' from `{ATTACKER}'",
}
FAILED, REFUSED = ("login_failure", 1), ("login_denied", 1)


# Wrong passwords (w, and m more of them) and right ones that are refused (r), in one process that writes no line itself.
@pytest.mark.parametrize("seconds", [10, 1])
@pytest.mark.parametrize(
    ("order", "wrong"), [("r", 0), ("rr", 0), ("wr", 1), ("rw", 1), ("rww", 2), ("wrw", 2), ("wwr", 2), ("wmrw", 4)]
)
def test_a_refusal_that_only_pam_tells_of_is_told_once_whatever_else_the_process_tried(order, wrong, seconds):
    story = Story()
    for number, letter in enumerate(order):
        story.tell(number * seconds, FTP[letter], "vsftpd", exe="/usr/sbin/vsftpd")
    assert story.end().told.count(REFUSED) == 1
    assert story.attempts == wrong


def test_a_refusal_is_told_behind_what_failed_before_it():
    story = Story().tell(0, FTP["w"], "vsftpd", exe="/usr/sbin/vsftpd")
    story.tell(3, FTP["r"], "vsftpd", exe="/usr/sbin/vsftpd")
    assert story.end().told == [FAILED, REFUSED]


def test_a_process_that_serves_many_tells_of_each_account_that_it_refuses():
    story = Story()
    for at, user in ((0, "bob"), (20, "bob"), (40, "carol"), (41, "carol")):
        refusal = f"pam_access(dovecot:account): access denied for user `{user}' from `{ATTACKER}'"
        story.tell(at, refusal, "auth", exe="/usr/lib/dovecot/auth")
    assert [(event.user, event.action.value) for event in story.end().events] == [
        ("bob", "login_denied"),
        ("carol", "login_denied"),
    ]


@pytest.mark.parametrize("order", ["wrw", "rww"])
def test_a_module_that_fails_beside_a_refusal_is_of_the_same_try(order):
    story = Story()
    for at, letter in zip((0, 0.1, 9), order):
        story.tell(at, FTP[letter], "vsftpd", exe="/usr/sbin/vsftpd")
    assert story.end().told == [REFUSED, FAILED]


def test_a_scan_takes_its_address_from_the_next_line_of_the_same_process():
    story = Story()
    story.tell(0, 'error: kex_exchange_identification: client sent invalid protocol identifier "GET / HTTP/1.1"')
    story.tell(0, f"banner exchange: Connection from {PLACE}: invalid format")
    story.end()
    assert story.told == [("connection_scan", 1)]
    assert str(story.events[0].source.ip) == ATTACKER


def test_the_end_of_a_login_is_no_evidence():
    story = Story()
    story.tell(0, f"Accepted password for alice from {PLACE} ssh2")
    story.tell(9, f"Received disconnect from {PLACE}:11: disconnected by user")
    story.tell(9, f"Connection closed by {PLACE}")
    assert story.end().told == [("login_success", 1)]


def test_the_end_of_a_login_that_only_its_session_told_of_is_no_evidence():
    story = Story().tell(0, "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)").until(3)
    story.tell(9, f"Connection closed by {PLACE}")
    assert story.end().told == [("login_success", 1)]


def test_a_pid_that_is_used_again_begins_a_new_connection():
    story = Story()
    password_attack(story, 0, pid=100, port=50022)
    password_attack(story, 5, pid=100, port=50023)
    password_attack(story, 10, pid=100, address="198.51.100.7", port=50023)
    assert story.end().told == [("login_failure", 1)] * 3


def test_a_pid_that_was_silent_for_a_quarter_of_an_hour_is_another_process():
    story = Story()
    for at in (0, 901):
        story.sudo(at, "   alice : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh")
    assert story.end().told == [("elevation_denied", 1)] * 2


def test_another_program_under_the_same_pid_is_another_process():
    story = Story().tell(0, "command not permitted for alice: id", "doas", 300, uid=1000, exe="/usr/bin/doas")
    story.sudo(20, "   alice : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh")
    assert story.end().told == [("elevation_denied", 1)] * 2


def test_one_address_is_one_address_however_often_it_was_read():
    correlator = Correlator()
    for at in (0, 1):
        seen = Observation(
            "sshd.failed", "sshd", "sshd", Action.LOGIN_FAILURE, Outcome.FAILURE, source=an_endpoint(), attempts=2 - at
        )
        told = correlator.feed(a_record("Failed"), seen, NOON_US + at)
    assert [event.attempts for event in told] == [1]
    later = Observation("sshd.invalid_user", "sshd", "sshd", Action.INVALID_USER, user="bob", source=an_endpoint())
    correlator.feed(a_record("Invalid"), later, NOON_US + 2)
    assert correlator.next_due_us() is None


def test_another_port_under_the_same_pid_is_another_connection_although_the_first_never_ended():
    story = Story()
    for second, port in enumerate((50022, 50023)):
        story.tell(second, f"Invalid user admin from {ATTACKER} port {port}")
    assert [event.source.port for event in story.end().events] == [50022, 50023]


def test_the_time_out_that_the_listener_reports_belongs_to_the_session_process():
    story = Story()
    story.tell(0, f"Failed password for root from {PLACE} ssh2", pid=4711)
    story.tell(120, f"Timeout before authentication for connection from {ATTACKER} to 192.0.2.1, pid = 4711", pid=1)
    assert story.end().told == [("login_failure", 1)]


def test_drops_of_the_listener_are_told_one_by_one():
    story = Story()
    for port in (1, 2, 3):
        story.tell(
            port, f"drop connection #0 from [{ATTACKER}]:{port} on [192.0.2.1]:22 penalty: failed authentication", pid=1
        )
    story.tell(9, "PerSourcePenalties logging rate-limited: additional 118 connections dropped", pid=1)
    assert story.end().told == [("connection_dropped", 1)] * 3 + [("connection_dropped", 118)]
    assert story.events[-1].source is None


def test_sudo_tells_the_sum_of_its_prompts_once():
    story = Story()
    story.sudo(
        0,
        "pam_unix(sudo:auth): authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=alice",
    )
    story.sudo(
        6,
        "pam_unix(sudo:auth): 2 more authentication failures; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=alice",
    )
    story.sudo(
        6, "   alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh"
    )
    story.end()
    assert story.told == [("elevation_failure", 3)]
    event = story.events[0]
    assert (event.user, event.target_user, event.command, event.cwd, event.tty) == (
        "alice",
        "root",
        "/bin/sh",
        "/home/alice",
        "pts/0",
    )


def test_a_wrong_password_for_sudo_is_told_before_the_command_that_the_right_one_ran():
    story = Story()
    story.sudo(
        0,
        "pam_unix(sudo:auth): authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=alice",
    )
    story.sudo(5, "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh")
    assert story.told == [("elevation_failure", 1), ("elevation_success", 1)]


def test_a_wrong_password_for_sudo_is_told_before_the_refusal_that_the_right_one_met():
    story = Story()
    story.sudo(
        0,
        "pam_unix(sudo:auth): authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=alice",
    )
    story.sudo(5, "   alice : command not allowed ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh")
    assert story.end().told == [("elevation_failure", 1), ("elevation_denied", 1)]


def test_without_sudos_own_line_pam_is_enough():
    story = Story()
    story.sudo(
        0,
        "pam_unix(sudo:auth): authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=alice",
    )
    assert story.end().told == [("elevation_failure", 1)]


def test_su_tells_of_one_failure_in_two_lines():
    story = Story()
    story.su(
        0,
        "pam_unix(su:auth): authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=root",
    )
    story.su(2, "FAILED SU (to root) alice on pts/0")
    story.end()
    assert story.told == [("elevation_failure", 1)]
    assert (story.events[0].user, story.events[0].target_user) == ("alice", "root")


def test_polkits_agent_and_daemon_speak_of_one_failure():
    story = Story()
    story.tell(
        0,
        "pam_unix(polkit-1:auth): authentication failure; logname= uid=1000 euid=0 tty= ruser=alice rhost=  user=alice",
        "polkit-agent-helper-1",
        pid=500,
        uid=1000,
        exe="/usr/lib/polkit-1/polkit-agent-helper-1",
    )
    story.tell(
        2,
        "Operator of unix-process:1:2 FAILED to authenticate to gain authorization for action "
        "org.freedesktop.policykit.exec for unix-process:1:2 [x] (owned by unix-user:alice)",
        "polkitd",
        pid=600,
        uid=0,
        exe="/usr/lib/polkit-1/polkitd",
    )
    assert story.end().told == [("elevation_failure", 1)]


@pytest.mark.parametrize(("apart", "last"), [(20, "203.0.113.2"), (1, "203.0.113.1")])
def test_a_service_that_answers_many_clients_from_one_process_is_counted_client_by_client(apart, last):
    story = Story()
    for number, address in enumerate(("203.0.113.1", "203.0.113.2", last)):
        story.tell(
            number * apart,
            f"pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=bob rhost={address}  user=bob",
            "auth",
            pid=77,
            exe="/usr/lib/dovecot/auth",
        )
    story.end()
    assert story.told == [("login_failure", 1)] * 3
    assert [str(event.source.ip) for event in story.events] == ["203.0.113.1", "203.0.113.2", last]


def test_the_sums_of_several_conversations_of_one_process_are_added_up():
    story = Story()
    for number, letter in enumerate("wmwm"):
        story.tell(number, FTP[letter], "vsftpd", exe="/usr/sbin/vsftpd")
    assert story.end().attempts == 6


def test_a_flood_of_pam_lines_does_not_put_off_the_first_for_ever():
    story = Story()
    for second in range(30):
        story.tell(
            second,
            f"pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=bob rhost={ATTACKER}  user=bob",
            "auth",
            pid=77,
            exe="/usr/lib/dovecot/auth",
        )
    assert len(story.events) >= 4
    assert story.end().attempts == 30


def test_an_account_is_locked_once():
    story = Story()
    for second in range(3):
        story.tell(
            second, "pam_faillock(sshd:auth): Consecutive login failures for user test account temporarily locked"
        )
    assert story.end().told == [("account_locked", 1)]
    assert story.events[0].outcome is Outcome.FAILURE


def test_a_lock_is_told_with_the_address_that_brought_it_about():
    story = Story().tell(0, f"Failed password for alice from {PLACE} ssh2")
    story.tell(1, "pam_faillock(sshd:auth): Consecutive login failures for user alice account temporarily locked")
    assert str(story.end().events[-1].source.ip) == ATTACKER


MORNING = (
    (0, f"{PAM_FAILURE}{ATTACKER}  user=root"),
    (2, f"Failed password for root from {PLACE} ssh2"),
    (3, f"Connection closed by authenticating user root {PLACE} [preauth]"),
    (60, f"Invalid user admin from {ATTACKER} port 50100"),
    (61, f"Connection closed by invalid user admin {ATTACKER} port 50100 [preauth]"),
    (80, f"Accepted publickey for alice from {ATTACKER} port 50200 ssh2: RSA SHA256:x"),
    (81, "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)"),
    (95, "pam_unix(sshd:session): session closed for user alice"),
)


@pytest.mark.parametrize("restarted_before", range(len(MORNING) + 1))
def test_a_restart_at_any_line_loses_no_event_and_repeats_none(restarted_before):
    """The new process reads the old lines again, throws away what comes of them, and goes on."""
    before, after = Story(), Story()
    for number, (second, message) in enumerate(MORNING):
        if number < restarted_before:
            before.tell(second, message, pid=100 + second // 30)
        if number == restarted_before:
            after.events.clear()
        after.tell(second, message, pid=100 + second // 30)
    if restarted_before == len(MORNING):
        after.events.clear()
    told = [event.id for event in before.events + after.end().events]
    assert len(told) == len(set(told))
    whole = Story()
    for second, message in MORNING:
        whole.tell(second, message, pid=100 + second // 30)
    assert set(told) == {event.id for event in whole.end().events}


def test_one_attempt_is_known_by_its_action_and_line():
    story = password_attack(Story(), 0, pid=100)
    password_attack(story, 10, pid=101)
    ids = [event.id for event in story.end().events]
    assert len(set(ids)) == len(ids) == 2
    assert all(len(one) == 32 for one in ids)
    assert {event.action for event in story.events} == {Action.LOGIN_FAILURE}


def closed(story, at, pid, address=ATTACKER):
    return story.tell(
        at, f"Connection closed by authenticating user root {address} port {40_000 + pid} [preauth]", pid=pid
    )


def login(story, at, pid=900, address=ATTACKER):
    return story.tell(at, f"Accepted publickey for root from {address} port 50999 ssh2: ED25519 SHA256:abc", pid=pid)


def test_failures_that_still_wait_are_told_before_a_login_from_the_same_address():
    story = Story()
    for pid in range(101, 106):
        closed(story, (pid - 100) / 10, pid)
    login(story, 0.6)
    assert story.told == [("connection_closed", 1)] * 5 + [("login_success", 1)]
    assert [event.pid for event in story.events] == [101, 102, 103, 104, 105, 900]
    assert story.rules == ["brute_force", "success_after_failures"]
    assert len(story.end().events) == 6


def test_what_waits_from_elsewhere_or_is_still_going_on_is_left_alone_by_a_login():
    story = Story()
    closed(story, 0, 101, address="198.51.100.7")
    story.tell(0.1, f"Invalid user alcie from {PLACE}", pid=102)
    login(story, 0.2)
    assert story.told == [("login_success", 1)]
    story.tell(0.3, f"Connection closed by invalid user alcie {PLACE} [preauth]", pid=102)
    assert sorted(story.end().told) == [("connection_closed", 1), ("login_failure", 1), ("login_success", 1)]
