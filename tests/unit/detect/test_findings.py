"""What a finding says, field by field, and the digest after it."""

from __future__ import annotations

import pytest

from pamsignal import detect
from pamsignal.detect import success
from pamsignal.model import NO_CONTEXT, Context, Finding
from pamsignal.terms import Action, Severity
from tests.builders import NOON_US, a_login, an_event
from tests.stories import ATTACKER, SECOND, Story
from tests.unit.detect.test_detection import attack, settings

FORGED = "Accepted password for root from 10.0.0.1 port 22 ssh2"
NOT_LISTED = f"User root from {ATTACKER} not allowed because not listed in AllowUsers"
WRONG_AT_SUDO = "   alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh"
RIGHT_AT_SUDO = "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh"


def at(seconds):
    return NOON_US + seconds * SECOND


@pytest.mark.parametrize(
    ("exe", "account", "who", "written_by"),
    [
        ("/usr/bin/logger", "mallory", "mallory", "mallory (uid 1000, pid 900, /usr/bin/logger)"),
        (None, None, "uid 1000", "uid 1000 (uid 1000, pid 900, a program that was gone before journald looked)"),
    ],
)
def test_a_forgery_says_who_wrote_it_and_by_which_program(exe, account, who, written_by):
    story = Story(account_of={1000: account}.get)
    story.tell(5, FORGED, uid=1000, exe=exe, comm=None, pid=900)
    assert story.alerts[0].context == NO_CONTEXT
    assert story.alerts[0].subject == Finding(
        rule="spoofed_line",
        key=who,
        time_us=at(5),
        hostname="web-01",
        attempts=1,
        first_us=at(5),
        last_us=at(5),
        users=(account,) if account else (),
        user_total=1 if account else 0,
        technique="T1565.001",
        note=f"{written_by} wrote a line that claims to be sshd: sshd.accepted, login_success",
    )


def test_a_login_after_failures_says_from_where_and_since_when():
    story = attack(Story(), 3)
    story.tell(60, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    assert story.alerts[0].subject == Finding(
        rule="success_after_failures",
        key=ATTACKER,
        time_us=at(60),
        hostname="web-01",
        attempts=3,
        window_us=3600 * SECOND,
        first_us=at(2),
        last_us=at(60),
        users=("root",),
        user_total=1,
        sources=(ATTACKER,),
        source_total=1,
        technique="T1078",
        event=story.events[-1],
    )


def test_a_success_at_sudo_after_failures_names_no_address():
    story = Story()
    story.sudo(0, WRONG_AT_SUDO)
    story.sudo(9, RIGHT_AT_SUDO, pid=301)
    finding = story.alerts[0].subject
    assert (finding.key, finding.users, finding.sources, finding.source_total) == ("alice", ("alice",), (), 0)


def test_failures_at_sudo_and_over_ssh_are_counted_apart():
    """Whoever has an account could else fail under a name that pushes every address out."""
    story = attack(Story(), 2)
    story.sudo(30, WRONG_AT_SUDO.replace("3 incorrect password attempts", "1 incorrect password attempt"))
    story.sudo(40, RIGHT_AT_SUDO, pid=301)
    story.tell(60, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    assert [(alert.rule, alert.failures_before) for alert in story.alerts] == [("login_success", 2)]


def test_below_the_threshold_a_login_without_failures_says_nothing_of_any():
    story = Story(settings(success_after_failures=success.Settings(attempts=1)))
    story.tell(60, f"Accepted password for root from {ATTACKER} port 50022 ssh2")
    assert [(alert.failures_before, alert.before_us) for alert in story.alerts] == [(0, 0)]


def test_the_digest_of_an_attack_says_how_much_came_and_when_the_last():
    story = attack(Story(), 60, every=5).until(1000)
    first, digest = story.alerts
    assert (digest.time_us, digest.severity, digest.suppressed) == (at(59 * 5 + 2), Severity.WARNING, 55)
    assert digest.subject == Finding(
        rule="brute_force",
        key=ATTACKER,
        time_us=at(59 * 5 + 2),
        hostname="web-01",
        attempts=55,
        window_us=600 * SECOND,
        last_us=at(59 * 5 + 2),
        technique="T1110.001",
    )
    assert digest.id != first.id


def test_a_login_is_in_no_digest():
    story = attack(Story(), 10)
    for number in range(3):
        story.tell(100 + number, f"Accepted password for root from {ATTACKER} port 50022 ssh2", pid=100 + number)
    assert story.rules == ["brute_force", "success_after_failures", "login_success", "login_success"]
    assert [alert.suppressed for alert in story.end().alerts if alert.digest] == [5]


def test_the_digest_of_an_attack_on_one_account_names_no_address():
    story = Story()
    for number in range(24):
        attack(story, 1, f"203.0.{number}.9", start=number * 5)
    story.until(1000)
    digest = story.alerts[-1]
    assert (digest.digest, digest.subject.sources, digest.subject.source_total) == (True, (), 0)


def test_a_try_that_one_digest_counts_is_in_no_other():
    story = attack(Story(), 25, every=1800)
    attack(story, 15, start=25 * 1800)
    assert story.rules == ["slow_brute_force", "brute_force"]
    digests = {alert.rule: alert.suppressed for alert in story.end().alerts if alert.digest}
    # Of 40, the 20th is told with the 19 before it, and the fifth of the fast ones speaks for itself.
    assert digests == {"slow_brute_force": 9, "brute_force": 10}


def test_two_digests_of_one_attack_are_two_alerts():
    story = attack(Story(), 200, every=10).end()
    digests = [alert.id for alert in story.alerts if alert.digest]
    assert len(set(digests)) == len(digests) > 1


def test_the_digest_of_refusals_says_how_many_there_were_and_when_the_last():
    story = Story()
    for number in range(3):
        story.tell(number, NOT_LISTED, pid=1000 + number)
    story.until(700)
    first, digest = story.alerts
    assert digest.subject == Finding(
        rule="login_denied",
        key="root",
        time_us=at(2),
        hostname="web-01",
        attempts=2,
        window_us=600 * SECOND,
        last_us=at(2),
    )
    assert digest.id != first.id


def test_the_digest_of_forgeries_says_how_many_there_were_and_when_the_last():
    story = Story()
    for number in range(3):
        story.tell(number, FORGED, uid=1000, exe="/usr/bin/logger", pid=900 + number)
    story.until(700)
    digest = story.alerts[-1]
    assert (digest.suppressed, digest.subject.attempts, digest.subject.last_us) == (2, 2, at(2))


@pytest.mark.parametrize(
    ("fields", "key"),
    [({"user": "bob"}, "bob"), ({"user": None, "user_id": 0}, "uid 0"), ({"user": None}, "an unknown account")],
)
def test_a_refusal_is_counted_by_name_or_else_by_uid(fields, key):
    detector = detect.Detector(detect.Settings())
    context = Context(country="DE")
    refusal = an_event(action=Action.LOGIN_DENIED, source=None, **fields)
    (alert,) = detector.judge(refusal, context, NOON_US)
    assert alert.context == context
    assert detector.judge(refusal, context, NOON_US) == []
    (digest,) = detector.tick(at(600))
    assert digest.subject.key == key


def test_an_alert_about_an_attack_tells_what_was_looked_up():
    context = Context(country="DE")
    story = attack(Story(context_of=lambda _event: context), 5)
    assert [alert.context for alert in story.alerts] == [context]


def test_a_digest_or_an_end_is_due_at_its_time_and_not_before():
    quiet, blind = detect.Detector(detect.Settings()), detect.Detector(detect.Settings())
    quiet.judge(an_event(action=Action.LOGIN_DENIED), NO_CONTEXT, NOON_US)
    blind.sight.login(a_login(method=None), NOON_US)
    for detector, due_us in ((quiet, at(600)), (blind, at(7 * 86_400))):
        assert detector.next_due_us() == due_us
        assert [detector.is_due(due_us - 1), detector.is_due(due_us)] == [False, True]


def test_a_warning_about_sudo_tells_what_was_looked_up():
    context = Context(country="DE")
    story = Story(context_of=lambda _event: context)
    story.sudo(0, WRONG_AT_SUDO)
    story.sudo(9, RIGHT_AT_SUDO, pid=301)
    assert story.alerts[0].context == context
