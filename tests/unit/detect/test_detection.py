"""What makes an alert, what does not, and that noise never hides a success."""

from __future__ import annotations

import pytest

from pamsignal import detect
from pamsignal.detect import brute_force, evidence, notable, success, trust
from pamsignal.model import NO_CONTEXT, Finding
from pamsignal.pipeline import Settings
from pamsignal.terms import Action, Outcome, Severity
from tests.builders import NOON_US, an_event
from tests.stories import ATTACKER, PAM_FAILURE, SECOND, Story, password_attack


def settings(**changes):
    return Settings(detect=detect.Settings(**changes))


def attack(story, tries, address=ATTACKER, start=0, every=10, user="root", known=True):
    for number in range(tries):
        name = user if isinstance(user, str) else user[number % len(user)]
        password_attack(story, start + number * every, 1000 + number, name, address, 40_000 + number, known)
    return story


def test_five_wrong_passwords_from_one_address_in_ten_minutes_are_an_alert_and_four_are_not():
    assert attack(Story(), 4).end().rules == []
    story = attack(Story(), 5)
    assert story.rules == ["brute_force"]
    finding = story.alerts[0].subject
    assert (finding.key, finding.attempts, finding.users) == (ATTACKER, 5, ("root",))
    assert story.alerts[0].severity is Severity.WARNING


def test_a_window_slides_so_the_border_between_two_does_not_hide_an_attack():
    assert attack(Story(), 5, start=550, every=20).rules == ["brute_force"]


def test_five_wrong_passwords_over_a_morning_are_the_users_own_fingers():
    assert attack(Story(), 5, every=1800).end().rules == []


def test_six_tries_in_one_connection_are_an_attack_of_their_own():
    story = Story()
    for second in range(6):
        story.tell(second, f"Failed password for root from {ATTACKER} port 50022 ssh2")
    assert story.rules == ["brute_force"]


def test_after_a_report_there_is_one_digest_and_no_burst():
    story = attack(Story(), 60, every=5)
    story.until(1000)
    assert story.rules == ["brute_force", "brute_force digest"]
    assert story.alerts[1].suppressed == 55


def test_a_slow_attack_shows_in_a_day():
    story = attack(Story(), 25, every=1800)
    assert story.rules == ["slow_brute_force"]
    assert story.alerts[0].subject.window_us == 86_400 * SECOND


def test_what_a_faster_rule_told_of_counts_towards_a_day_all_the_same():
    story = attack(Story(), 19, every=5)
    attack(story, 1, start=7200)
    assert story.rules == ["brute_force", "brute_force digest", "slow_brute_force"]
    assert story.alerts[-1].subject.attempts == 20


def test_many_hosts_of_one_network_are_one_attack():
    story = Story()
    for number in range(24):
        password_attack(story, number * 5, 1000 + number, address=f"203.0.113.{number % 8}", port=40_000 + number)
    assert "brute_force_network" in story.rules
    finding = next(alert.subject for alert in story.alerts if alert.rule == "brute_force_network")
    assert finding.key == "203.0.113.0/24"
    assert finding.source_total == 8


def test_one_account_tried_from_many_places_is_one_attack():
    story = Story()
    for number in range(24):
        password_attack(story, number * 5, 1000 + number, address=f"203.0.{number}.9", port=40_000 + number)
    assert story.rules == ["distributed_brute_force"]
    assert story.alerts[0].subject.key == "root"
    assert story.alerts[0].subject.source_total >= 10


def test_addresses_of_one_ipv6_network_are_one_source():
    story = Story()
    for number in range(5):
        password_attack(story, number * 5, 1000 + number, address=f"2001:db8::{number:x}", port=40_000 + number)
    assert story.rules == ["brute_force"]
    assert story.alerts[0].subject.key == "2001:db8::/64"


def test_an_address_written_as_ipv6_mapped_is_the_same_source():
    story = Story()
    for number in range(5):
        address = f"::ffff:{ATTACKER}" if number % 2 else ATTACKER
        story.tell(
            number * 5, f"Failed password for root from {address} port {40_000 + number} ssh2", pid=1000 + number
        )
    assert story.alerts[0].subject.key == ATTACKER


def test_trying_many_names_that_do_not_exist_is_told_as_such():
    names = [f"user{number}" for number in range(5)]
    quiet = settings(rules={"brute_force": brute_force.Settings(attempts=50)})
    story = attack(Story(quiet), 5, user=names, known=False)
    assert story.rules == ["user_enumeration"]
    assert set(story.alerts[0].subject.users) == set(names)


def test_names_that_the_window_has_left_behind_do_not_count():
    story = Story(settings(rules={"brute_force": brute_force.Settings(attempts=50)}))
    attack(story, 4, user=[f"user{number}" for number in range(4)], known=False)
    attack(story, 6, start=610, every=30, user="user4", known=False)
    assert story.end().rules == []


def test_a_host_that_takes_keys_only_is_not_blind():
    story = Story()
    for number in range(5):
        place = f"{ATTACKER} port {40_000 + number}"
        story.tell(number * 5, f"Connection closed by authenticating user root {place} [preauth]", pid=1000 + number)
    assert story.end().rules == ["brute_force"]


def test_two_failures_and_forty_penalty_drops_are_an_attack():
    story = attack(Story(), 2, every=1)
    for number in range(40):
        drop = f"drop connection #0 from [{ATTACKER}]:{number + 1} on [192.0.2.1]:22 penalty: failed authentication"
        story.tell(10 + number, drop, pid=1)
    assert story.rules == ["brute_force"]
    assert story.alerts[0].subject.weak > 0


def test_a_monitoring_probe_once_a_minute_is_no_attack():
    story = Story()
    for minute in range(60):
        place = f"{ATTACKER} port {40_000 + minute}"
        story.tell(minute * 60, f"Connection closed by {place} [preauth]", pid=1000 + minute)
    assert story.end().rules == []


def test_connections_in_which_nobody_was_named_are_an_attack_when_there_are_many():
    story = Story()
    for number in range(25):
        story.tell(number, f"Connection closed by {ATTACKER} port {40_000 + number} [preauth]", pid=1000 + number)
    assert story.end().rules == ["brute_force"]
    finding = story.alerts[0].subject
    assert (finding.attempts, finding.weak, finding.users, finding.user_total) == (0, 25, (), 0)


def test_several_keys_then_a_login_never_alert_but_for_the_login():
    story = Story()
    for number in range(20):
        place = f"{ATTACKER} port {40_000 + number}"
        for key in range(5):
            story.tell(
                number * 20 + key, f"Failed publickey for alice from {place} ssh2: RSA SHA256:k{key}", pid=1000 + number
            )
        story.tell(
            number * 20 + 6, f"Accepted publickey for alice from {place} ssh2: RSA SHA256:good", pid=1000 + number
        )
    assert set(story.end().rules) == {"login_success"}


def test_a_login_after_failures_is_critical_and_told_once():
    story = attack(Story(), 3)
    story.tell(60, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    assert story.rules == ["success_after_failures"]
    alert = story.alerts[0]
    assert alert.severity is Severity.CRITICAL
    assert (alert.subject.attempts, alert.subject.event.user) == (3, "root")


def test_the_next_login_from_there_is_an_ordinary_one():
    story = attack(Story(), 3)
    story.tell(60, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    story.tell(90, f"Accepted password for root from {ATTACKER} port 50023 ssh2", pid=101)
    assert story.rules == ["success_after_failures", "login_success"]


def test_a_login_tells_how_many_failures_came_before_it_from_there():
    story = attack(Story(), 2)
    story.tell(60, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    story.tell(70, "Accepted password for root from 198.51.100.20 port 50022 ssh2", pid=101)
    assert [(alert.failures_before, alert.before_us) for alert in story.alerts] == [(2, 3600 * SECOND), (0, 0)]


def test_failures_that_the_window_has_left_behind_are_not_told_with_a_login():
    story = attack(Story(), 2, every=3000)
    story.tell(3700, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    story.tell(6700, f"Accepted password for root from {ATTACKER} port 50022 ssh2", pid=101)
    assert [(alert.failures_before, alert.before_us) for alert in story.alerts] == [(1, 3600 * SECOND), (0, 0)]


def test_a_login_from_elsewhere_during_an_attack_is_not_critical():
    story = attack(Story(), 30, every=1)
    story.tell(31, "Accepted publickey for root from 198.51.100.20 port 50022 ssh2: RSA SHA256:x")
    assert story.rules == ["brute_force", "login_success"]


def test_a_thousand_failures_a_minute_do_not_delay_a_login():
    story = Story()
    for number in range(3000):
        address = f"203.0.{number % 97}.{number % 251}"
        story.tell(number * 0.06, f"Failed password for root from {address} port 4000 ssh2", pid=2000 + number)
        if number == 1500:
            before = len(story.alerts)
            story.tell(number * 0.06, "Accepted publickey for alice from 198.51.100.20 port 50022 ssh2: RSA SHA256:x")
            assert "login_success" in story.rules[before:]


@pytest.mark.parametrize(
    ("fields", "actor"),
    [
        ({"user": "bob", "user_id": 7, "tty": "tty1"}, "bob"),
        ({"user": None, "user_id": 0, "tty": "tty1"}, "uid 0"),
        ({"user": None, "tty": "tty1"}, "tty1"),
        ({"user": None}, None),
    ],
)
def test_who_acts_on_this_host_is_counted_by_name_or_else_by_uid_or_else_by_terminal(fields, actor):
    assert evidence.of(an_event(source=None, **fields)).actor == actor


@pytest.mark.parametrize("action", [Action.SESSION_OPENED, Action.SESSION_CLOSED, Action.PASSWORD_CHANGED])
def test_what_is_no_failure_leads_up_to_no_success(action):
    detector = detect.Detector(detect.Settings())
    here = an_event(source=None, user="alice", outcome=Outcome.SUCCESS, service="sudo")
    for _ in range(5):
        detector.judge(here._replace(action=action), NO_CONTEXT, NOON_US)
    assert detector.judge(here._replace(action=Action.ELEVATION_SUCCESS), NO_CONTEXT, NOON_US) == []


def test_wrong_passwords_at_sudo_are_counted_by_actor():
    story = Story()
    for number in range(2):
        line = "   alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh"
        story.sudo(number * 60, line, pid=300 + number)
    assert story.rules == ["local_brute_force"]
    assert story.alerts[0].subject.key == "alice"


def test_somebody_who_mistypes_at_sudo_and_then_does_not_is_worth_a_warning_only():
    story = Story()
    story.sudo(
        0, "   alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh"
    )
    story.sudo(9, "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh", pid=301)
    assert story.rules == ["success_after_failures"]
    assert story.alerts[0].severity is Severity.WARNING


def test_a_trusted_network_never_pages_and_is_still_recorded():
    story = Story(settings(trusted=trust.Settings(networks=("203.0.113.0/24",))))
    attack(story, 30, every=1)
    story.tell(40, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    assert story.end().rules == []
    assert len(story.events) == 31


def test_a_trusted_users_login_does_not_page_but_an_attack_in_that_name_does():
    story = Story(settings(trusted=trust.Settings(users=("backup",))))
    story.tell(0, "Accepted publickey for backup from 198.51.100.7 port 50022 ssh2: RSA SHA256:x")
    assert story.rules == []
    assert attack(story, 5, start=10, user="backup").rules == ["brute_force"]


def test_a_rule_that_is_switched_off_is_silent():
    rules = {name: brute_force.Settings(enabled=False) for name in brute_force.DEFAULTS}
    assert attack(Story(settings(rules=rules)), 30, every=1).end().rules == []


def test_only_the_events_that_were_chosen_alert_by_themselves():
    story = Story(settings(notable=notable.Settings(frozenset({"session_closed"}))))
    story.tell(0, f"Accepted publickey for alice from {ATTACKER} port 50022 ssh2: RSA SHA256:x")
    story.tell(0, "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)")
    story.tell(9, "pam_unix(sshd:session): session closed for user alice")
    assert story.rules == ["session_closed"]


def test_a_group_that_is_as_good_as_root_is_louder_than_another():
    story = Story()
    for group, pid in (("sudo", 1), ("games", 2)):
        story.tell(0, f"add 'eve' to group '{group}'", "usermod", pid)
    assert [alert.severity for alert in story.alerts] == [Severity.WARNING, Severity.NOTICE]


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({}, Severity.NOTICE),
        ({"action": Action.ELEVATION_FAILURE}, Severity.NOTICE),
        ({"action": Action.LOGIN_DENIED, "reason": "not allowed by PAM account configuration"}, Severity.WARNING),
        ({"action": Action.SESSION_OPENED, "outcome": Outcome.SUCCESS}, Severity.INFO),
        ({"action": Action.LOGIN_SUCCESS, "outcome": Outcome.SUCCESS}, Severity.NOTICE),
    ],
)
def test_where_every_event_is_told_a_failure_is_a_notice_at_least(fields, severity):
    assert notable.weight_of(an_event(**fields)) is severity


def test_a_right_password_that_was_refused_is_louder_than_a_refusal_by_name():
    story = Story()
    story.tell(0, f"User root from {ATTACKER} not allowed because not listed in AllowUsers", pid=1)
    story.tell(9, f'Connection from {ATTACKER} port 40000 on 192.0.2.1 port 22 rdomain ""', pid=2)
    story.tell(9, "fatal: Access denied for user bob by PAM account configuration [preauth]", pid=2)
    assert [alert.severity for alert in story.end().alerts] == [Severity.INFO, Severity.WARNING]


def test_refusals_can_be_repeated_at_will_and_speak_once():
    story = Story()
    for number in range(50):
        story.tell(number, f"User root from {ATTACKER} not allowed because not listed in AllowUsers", pid=1000 + number)
    story.until(700)
    assert story.rules.count("login_denied") == 1


def test_a_forged_login_is_a_forgery_and_no_login():
    story = Story()
    forged = "Accepted password for root from 10.0.0.1 port 22 ssh2"
    story.tell(0, forged, uid=1000, exe="/usr/bin/logger", pid=900)
    story.tell(1, forged, uid=1000, exe=None, comm=None, pid=901)
    assert story.events == []
    assert story.rules == ["spoofed_line"]
    assert story.alerts[0].subject.key == "uid 1000"
    assert "10.0.0.1" not in str(story.alerts[0])
    story.until(700)
    assert story.rules == ["spoofed_line", "spoofed_line digest"]


def test_the_account_that_forged_is_named_where_it_is_known():
    story = Story(account_of={1000: "mallory"}.get)
    story.tell(0, "Accepted password for root from 10.0.0.1 port 22 ssh2", uid=1000, exe="/usr/bin/logger")
    assert story.alerts[0].subject.key == "mallory"


def test_an_unproven_sudo_line_speaks_for_its_own_account_only():
    story = Story(account_of={1002: "bob"}.get)
    line = "   alice : user NOT in sudoers ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls"
    story.sudo(0, line, uid=1002, exe=None)
    assert story.rules == ["elevation_denied"]
    assert story.events[0].user == "bob"
    assert story.events[0].provenance.value == "unverified"


def failures_around_a_step(step_seconds, every_seconds):
    """Six failures, in the middle of which the clock is set."""
    story = Story()
    for number in range(6):
        at = number * every_seconds
        shown_us = NOON_US + (at + (step_seconds if number >= 3 else 0)) * SECOND
        line = f"Failed password for root from {ATTACKER} port {4000 + number} ssh2"
        story.tell(at, line, pid=1000 + number, time_us=shown_us)
    return story


@pytest.mark.parametrize("step_seconds", [3600, -3600])
def test_setting_the_clock_in_the_middle_of_an_attack_changes_nothing(step_seconds):
    assert failures_around_a_step(step_seconds, 40).rules == ["brute_force"]


@pytest.mark.parametrize("step_seconds", [3600, -3600])
def test_setting_the_clock_does_not_pile_old_failures_up(step_seconds):
    assert failures_around_a_step(step_seconds, 1800).rules == []


def test_a_hundred_thousand_addresses_take_no_more_room_than_the_cap():
    story = Story(settings(max_tracked=64))
    for number in range(2000):
        address = f"198.{18 + number % 2}.{number // 250 % 250}.{number % 250}"
        story.tell(number * 0.01, f"Failed password for root from {address} port 4000 ssh2", pid=2000 + number)
    groups = [group for culprits in story.engine._detector._culprits for group in culprits.groups]
    assert all(len(rule.windows) <= 64 for group in groups for rule in group.rules)


def test_alerts_of_the_same_story_have_the_same_ids():
    first, second = attack(Story(), 60, every=5).end(), attack(Story(), 60, every=5).end()
    assert [alert.id for alert in first.alerts] == [alert.id for alert in second.alerts]
    assert len({alert.id for alert in first.alerts}) == len(first.alerts)


def test_success_after_failures_can_be_switched_off():
    story = attack(Story(settings(success_after_failures=success.Settings(enabled=False))), 3)
    story.tell(60, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    assert story.rules == ["login_success"]


def test_messages_that_journald_dropped_are_an_alarm():
    story = Story()
    fields = {
        "MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e",
        "N_DROPPED": "4711",
        "OBJECT_SYSTEMD_UNIT": "ssh.service",
    }
    story.tell(
        0,
        "Suppressed 4711 messages from ssh.service",
        "systemd-journald",
        transport="driver",
        structured=fields,
        exe="/usr/lib/systemd/systemd-journald",
    )
    assert story.rules == ["journal_suppressed"]
    assert isinstance(story.alerts[0].subject, Finding)
    assert story.alerts[0].subject.attempts == 4711


def test_names_that_do_not_exist_are_told_with_the_default_settings_too():
    story = attack(Story(), 5, user=[f"user{number}" for number in range(5)], known=False)
    assert story.rules == ["user_enumeration"]
    assert story.alerts[0].severity is Severity.WARNING


def test_a_digest_claims_nothing_about_names_that_came_after_the_report():
    story = attack(Story(), 40, every=5, user=[f"user{number}" for number in range(40)], known=False)
    story.until(1000)
    digest = story.alerts[-1]
    assert digest.digest
    assert (digest.subject.users, digest.subject.user_total, digest.subject.event) == ((), 0, None)


def test_the_digest_of_refusals_is_no_louder_than_the_first_of_them():
    story = Story()
    for number in range(50):
        story.tell(number, f"User root from {ATTACKER} not allowed because not listed in AllowUsers", pid=1000 + number)
    story.until(700)
    refusals = [alert for alert in story.alerts if alert.rule == "login_denied"]
    assert [alert.severity for alert in refusals] == [Severity.INFO, Severity.INFO]


def test_a_right_password_that_is_refused_is_heard_after_a_harmless_refusal_of_the_same_account():
    story = Story()
    story.tell(0, f"User bob from {ATTACKER} not allowed because not listed in AllowUsers", pid=1)
    story.tell(300, "fatal: Access denied for user bob by PAM account configuration [preauth]", pid=2)
    assert [alert.severity for alert in story.end().alerts] == [Severity.INFO, Severity.WARNING]


def test_sudo_that_names_another_actor_than_its_uid_is_believed_for_its_uid_only():
    """Without its privilege, sudo obeys LD_PRELOAD: the executable is the right one, and the text is anybody's."""
    story = Story(account_of={1000: "alice"}.get)
    story.sudo(0, "     bob : user NOT in sudoers ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls", uid=1000)
    (event,) = story.events
    assert (event.user, event.user_id, event.provenance.value) == ("alice", 1000, "unverified")


def test_guesses_at_sudo_in_a_loop_are_one_alarm_and_a_digest():
    story = Story()
    for number in range(60):
        line = "   alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh"
        story.sudo(number * 5, line, pid=300 + number)
        story.sudo(
            number * 5 + 1, "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh", pid=5000 + number
        )
    assert story.rules.count("success_after_failures") == 1


def test_no_failures_keep_back_a_login_that_names_no_address():
    """Services of which PAM is told no address are guessed at from outside, too, under a name that others use at sudo."""
    story = Story(account_of={1000: "alice"}.get)
    service = {"identifier": "xrdp-sesman", "exe": "/usr/sbin/xrdp-sesman"}
    wrong = "authentication failure; logname= uid=0 euid=0 tty=xrdp-sesman ruser= rhost=  user=alice"
    for at in (0, 10, 20, 60, 70, 80):
        story.tell(at, f"pam_unix(xrdp-sesman:auth): {wrong}", pid=100 + at, **service)
        if at == 20:
            story.sudo(40, "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls")
    opened = "session opened for user alice(uid=1000) by (uid=0)"
    story.tell(90, f"pam_unix(xrdp-sesman:session): {opened}", pid=700, **service).until(100)
    assert [alert.subject.event.action.value for alert in story.alerts if alert.rule == "success_after_failures"] == [
        "elevation_success",
        "login_success",
    ]


def test_a_sudo_that_is_told_each_time_is_told_after_failures_too():
    each = notable.Settings(actions=notable.DEFAULT_ACTIONS | {"elevation_success"})
    story = Story(settings(notable=each))
    for number in range(2):
        line = "   alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"
        story.sudo(number * 20, line, pid=300 + number)
        story.sudo(number * 20 + 9, "   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh", pid=310 + number)
    assert [rule for rule in story.rules if "success" in rule] == ["success_after_failures", "elevation_success"]


def test_a_flood_of_long_lines_leaves_nothing_long_behind():
    story = Story()
    for number in range(50):
        user = "\N{GRINNING FACE}" + "A" * 60_000
        story.sudo(
            number, f"pam_unix(sudo:session): session opened for user {user}(uid=0) by (uid=1000)", pid=1000 + number
        )
        story.tell(number, f"{PAM_FAILURE}{ATTACKER}  user={user}", pid=9000 + number)
    traces = story.engine._correlator._traces
    lines = [line for trace in traces._by_key.values() for line in (trace.failure, trace.opened) if line]
    assert max(len(line.record.message) for line in lines) <= 1024


def test_a_sudo_line_with_a_foreign_executable_is_doubted_aloud_and_believed_for_its_writer_only():
    """journald reads the executable from /proc once for a process: it can be that of the program before sudo."""
    story = Story(account_of={1002: "bob"}.get)
    line = "     bob : user NOT in sudoers ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls"
    story.sudo(0, line, uid=1002, exe="/usr/bin/python3.13")
    assert sorted(story.rules) == ["elevation_denied", "spoofed_line"]
    (event,) = story.events
    assert (event.user, event.provenance.value) == ("bob", "unverified")


def test_su_cannot_hide_behind_a_name_that_its_caller_gave_it():
    """The tag in syslog(3) is argv[0], which belongs to the caller: `exec -a pamsignal su`."""
    for tag, prefix in (("pamsignal", ""), (None, "x y: "), ("foo", "")):
        story = Story(account_of={1000: "alice"}.get)
        for number in range(6):
            failure = "pam_unix(su:auth): authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=root"
            story.tell(number * 3, prefix + failure, tag, pid=400 + number, uid=1000, exe="/usr/bin/su")
            story.tell(
                number * 3 + 2,
                f"{prefix}FAILED SU (to root) alice on pts/0",
                tag,
                pid=400 + number,
                uid=1000,
                exe="/usr/bin/su",
            )
        assert story.attempts == 6, tag
        assert story.rules == ["local_brute_force"], tag
