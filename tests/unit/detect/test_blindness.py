"""What cannot be seen is told once when it begins and once when it is over, whatever is written meanwhile."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from pamsignal import detect, pipeline
from pamsignal.counts import Counts
from pamsignal.daemon import conditions
from pamsignal.detect import blindness
from pamsignal.detect.conditions import MOST, Change, Conditions, Name, Standing
from pamsignal.detect.redact import bones_of
from pamsignal.detect.throttle import NEVER
from pamsignal.model import AuditedLogin
from pamsignal.parse import audit
from pamsignal.render import text
from pamsignal.terms import Provenance, Severity
from tests.builders import NOON_US, a_login, a_record
from tests.harness.audit_logs import an_audited_login
from tests.stories import Story

SECOND = 1_000_000
MINUTE, HOUR = 60, 3600
RULES = frozenset(blindness.RULES)
ODD = "Frobnicated the hunter2 for alice from 203.0.113.9 port 22"


def told(story):
    """Return rule, whether it is over, and severity, of what was told about the sight."""
    found = [alert for alert in story.alerts if alert.rule in RULES]
    return [(alert.rule, alert.subject.over, alert.severity) for alert in found]


def begins(rule):
    return (rule, False, Severity.WARNING)


def ends(rule):
    return (rule, True, Severity.NOTICE)


def suppressed(story, at, dropped=7, unit="ssh.service"):
    fields = {"MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e", "N_DROPPED": str(dropped)}
    fields["OBJECT_SYSTEMD_UNIT"] = unit
    story.tell(
        at,
        f"Suppressed {dropped} messages from {unit}",
        "systemd-journald",
        transport="driver",
        structured=fields,
        exe="/usr/lib/systemd/systemd-journald",
    )


def test_dropped_messages_are_told_when_it_begins_and_when_it_is_over():
    story = Story()
    for minute in range(30):
        suppressed(story, minute * MINUTE)
    story.end()
    assert told(story) == [begins("journal_suppressed"), ends("journal_suppressed")]
    first, last = story.alerts
    assert first.subject.attempts == 7
    assert last.subject.attempts == 30 * 7
    assert last.subject.last_us - last.subject.first_us == 29 * MINUTE * SECOND
    assert text.headline(last).startswith("Over: journald dropped messages on web-01: ")
    assert ("Lasted", "29 min") in text.fields(last)


def test_each_unit_is_a_condition_of_its_own():
    story = Story()
    suppressed(story, 0)
    suppressed(story, 1, unit="cron.service")
    assert {alert.subject.key for alert in story.alerts} == {"ssh.service", "cron.service"}
    assert {alert.subject.hostname for alert in story.alerts} == {"web-01"}


def test_messages_of_a_unit_without_a_name_are_those_of_some_unit():
    story = Story()
    suppressed(story, 0, unit="")
    assert story.alerts[0].subject.key == "a unit"
    assert story.alerts[0].subject.note == "journald dropped 7 messages of a unit: logins may be among them"


def odd_lines(story, number, at=0, gap=1, **fields):
    for line in range(number):
        story.tell(at + line * gap, ODD, **fields)
    return story


def test_a_few_lines_that_nobody_understands_are_nobodys_news():
    assert told(odd_lines(Story(), 29)) == []
    assert told(odd_lines(Story(), 60, gap=3 * MINUTE).end()) == []


def test_many_of_them_are_told_with_an_example_that_tells_no_secret():
    story = odd_lines(Story(), 300).end()
    assert told(story) == [begins("not_understood"), ends("not_understood")]
    assert story.alerts[0].subject.key == "sshd"
    assert "such as: … the … for … from … port …;" in story.alerts[0].subject.note
    assert not any(word in text.message(alert, str_cut, 500) for alert in story.alerts for word in ODD.split()[2:8:2])


def test_the_ones_after_it_are_counted_however_few():
    story = odd_lines(odd_lines(Story(), 30), 2, at=50 * MINUTE, gap=50 * MINUTE).end()
    assert told(story) == [begins("not_understood"), ends("not_understood")]
    assert story.alerts[1].subject.attempts == 32


def str_cut(value, limit):
    return value[:limit]


def test_lines_that_anybody_can_write_do_not_count():
    assert told(odd_lines(Story(), 300, uid=1000, exe="/usr/bin/logger")) == []
    assert told(odd_lines(Story(), 300, uid=1000, exe=None)) == []


@pytest.mark.parametrize(
    ("message", "bones"),
    [
        ("Failed password for invalid user hunter2 from 203.0.113.9", "Failed password for invalid user … from …"),
        ("error: PAM: S3cret! for root", "error PAM … for root"),
        ("a\x1b[2Jb \u202e from\nx", "… from …"),
        ("x" * 65_536, "…"),
        ("from " * 60, " ".join(["from"] * 24)),
        ("for S3cret! hunter2 of alice", "for … of …"),
        ("", ""),
    ],
)
def test_of_a_line_only_its_common_words_are_shown(message, bones):
    assert bones_of(message) == bones


SESSION = "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)"
ACCEPTED = "Accepted publickey for alice from 203.0.113.9 port 50022 ssh2: ED25519 SHA256:" + "a" * 43


def test_a_login_without_sshds_own_line_is_told_until_one_comes_with_it():
    story = Story()
    story.tell(0, SESSION, pid=1)
    story.tell(MINUTE, SESSION, pid=2)
    story.until(2 * MINUTE)
    assert told(story) == [begins("login_without_line")]
    assert [event.action.value for event in story.events] == ["login_success"] * 2
    story.tell(3 * MINUTE, ACCEPTED, pid=3)
    assert told(story) == [begins("login_without_line"), ends("login_without_line")]
    assert [alert.subject.hostname for alert in story.alerts if alert.rule in RULES] == ["web-01", "web-01"]
    first, last = (alert for alert in story.alerts if alert.rule in RULES)
    assert (first.time_us, last.time_us) == (NOON_US, NOON_US + 3 * MINUTE * SECOND)
    assert last.subject.attempts == 2
    assert first.subject.note == (
        "a login over ssh came without sshd's own line, so nobody knows from where or how; "
        "sshd_config: LogLevel INFO or VERBOSE"
    )


@pytest.mark.parametrize("fields", [{"service": "login"}, {"provenance": Provenance.UNVERIFIED}])
def test_a_login_elsewhere_or_that_nobody_vouches_for_ends_nothing_and_begins_nothing(fields):
    sight = blindness.Sight(blindness.Settings())
    assert sight.login(a_login(method=None, **fields), NOON_US) == []
    sight.login(a_login(method=None), NOON_US)
    assert sight.login(a_login(**fields), NOON_US) == []
    assert len(list(sight.conditions)) == 1


def test_an_usual_login_is_no_news_about_the_sight():
    story = Story()
    story.tell(0, ACCEPTED, pid=3)
    story.tell(0, SESSION, pid=3)
    assert told(story.end()) == []


def test_sshd_under_a_name_that_nobody_knows_is_told():
    story = Story()
    for second in range(50):
        story.tell(second, ACCEPTED, "sshd2", pid=second + 1, exe="/opt/sshd2")
    assert told(story) == [begins("unknown_sshd")]
    assert story.alerts[0].subject.note == (
        "sshd2 writes lines like sshd's, but pamsignal knows no program of that name: logins through it are not seen; "
        "let it run under the name sshd"
    )
    assert (story.alerts[0].subject.key, story.alerts[0].subject.attempts) == ("sshd2", 0)
    assert told(story.end())[1:] == [ends("unknown_sshd")]
    assert story.alerts[-1].subject.attempts == 50


def test_a_name_of_an_sshd_is_no_longer_than_64_characters():
    story = Story()
    story.tell(0, ACCEPTED, "ssh" * 50, exe="/opt/sshd2")
    assert len(story.alerts[0].subject.key) == 64


def test_a_line_of_ssh_that_is_about_no_login_is_nobodys_news():
    story = Story()
    story.tell(0, "Connection to the agent failed", "ssh-helper", exe="/opt/ssh-helper")
    story.tell(1, ACCEPTED, None, exe="/opt/sshd2")
    assert told(story) == []


@pytest.mark.parametrize("fields", [{"uid": 1000}, {"identifier": "frob"}])
def test_what_does_not_come_from_root_or_is_no_ssh_is_not(fields):
    story = Story()
    story.tell(0, ACCEPTED, **{"identifier": "sshd2", "exe": "/opt/sshd2", **fields})
    assert told(story) == []


def test_many_lines_of_nobody_are_told():
    story = Story()
    for second in range(40):
        story.tell(second * 30, f"Failed password for root from 203.0.113.9 port {second + 1} ssh2", uid=None, exe=None)
    assert begins("unverified_lines") in told(story)


def grade(sight, counts, minute, verified=0, **others):
    """Count so many lines, verified and of other grades, and look."""
    grades = [Provenance.VERIFIED] * verified
    for name, number in others.items():
        grades += [Provenance[name.upper()]] * number
    counts.add_heard(len(grades), len(grades), grades)
    time_us = NOON_US + int(minute * MINUTE * SECOND)
    return [alert.subject.note.partition(" lines")[0] for alert in sight.graded(counts, a_record(""), time_us)]


@pytest.mark.parametrize(
    ("grade_of_them", "told_of"), [("unverified", ["11 of 20"]), ("spoofed", []), ("root_attested", [])]
)
def test_lines_of_which_journald_does_not_say_who_wrote_them_are_told_when_they_are_more_than_half(
    grade_of_them, told_of
):
    assert grade(blindness.Sight(blindness.Settings()), Counts(), 0, verified=9, **{grade_of_them: 11}) == told_of
    assert grade(blindness.Sight(blindness.Settings()), Counts(), 0, verified=10, **{grade_of_them: 10}) == []


def test_less_than_twenty_lines_say_nothing_until_there_are_as_many():
    sight, counts = blindness.Sight(blindness.Settings()), Counts()
    assert grade(sight, counts, 0, unverified=19) == []
    assert grade(sight, counts, 1, unverified=1) == ["20 of 20"]


def test_every_ten_minutes_the_lines_since_the_last_look_are_looked_at():
    sight, counts = blindness.Sight(blindness.Settings()), Counts()
    assert grade(sight, counts, 0, verified=1000) == []
    assert grade(sight, counts, 9.99, verified=20, unverified=30) == []
    assert grade(sight, counts, 10, unverified=10) == ["40 of 60"]
    assert grade(sight, counts, 70, verified=60) == []
    (over,) = sight.tick(NOON_US + 70 * MINUTE * SECOND)
    assert (over.subject.over, over.subject.attempts) == (True, 40)


def test_what_a_start_or_a_reload_reads_again_says_nothing_about_the_lines_after_it():
    story = Story()
    for second in range(40):
        story.tell(second, ACCEPTED, pid=second + 1)
    story.engine.counts = Counts()
    story.tell(HOUR, ACCEPTED)
    assert told(story) == []
    for second in range(40):
        story.tell(
            2 * HOUR + second * 30,
            f"Failed password for root from 203.0.113.9 port {second + 1} ssh2",
            uid=None,
            exe=None,
        )
    (alert,) = (alert for alert in story.alerts if alert.rule in RULES)
    assert alert.subject.note.startswith("20 of 20 lines")


def test_switched_off_nothing_of_it_is_told():
    settings = pipeline.Settings(detect=detect.Settings(blindness=blindness.Settings(enabled=False)))
    story = odd_lines(Story(settings), 300)
    suppressed(story, 400)
    story.tell(500, SESSION)
    story.tell(600, ACCEPTED, "sshd2", exe="/opt/sshd2")
    assert told(story.end()) == []


def test_a_condition_that_was_told_is_not_told_again_after_a_restart():
    before, after = Story(), Story()
    suppressed(before, 0)
    rows = conditions.rows("sight", before.engine.sight.conditions.take_changes())
    after.engine.sight.restore(conditions.restored({row.key: row.value for row in rows}))
    suppressed(after, MINUTE)
    assert told(after.end()) == [ends("journal_suppressed")]
    (row,) = conditions.rows("sight", after.engine.sight.conditions.take_changes())
    assert row.value is None


def test_a_condition_that_does_not_show_again_after_a_restart_is_over_in_its_time():
    sight = blindness.Sight(blindness.Settings())
    sight.restore([Change(Name("journal_suppressed", "ssh.service"), Standing(NOON_US, NOON_US + SECOND, 7))])
    assert list(sight.tick(NOON_US + 10 * MINUTE * SECOND)) == []
    (alert,) = sight.tick(NOON_US + 10 * MINUTE * SECOND + SECOND)
    assert (alert.rule, alert.subject.over, alert.subject.attempts) == ("journal_suppressed", True, 7)
    assert [change.standing for change in sight.conditions.take_changes()] == [None]


def test_a_condition_of_a_rule_of_another_version_stands_no_more_after_a_restart():
    sight = blindness.Sight(blindness.Settings())
    sight.restore([Change(Name("of_another_version", "sshd"), Standing(NOON_US, NOON_US, 7))])
    assert list(sight.tick(NOON_US + 365 * 24 * HOUR * SECOND)) == []


def test_what_goes_on_is_not_written_down_for_each_record():
    story = Story()
    suppressed(story, 0)
    story.engine.sight.conditions.take_changes()
    for second in range(60):
        suppressed(story, second)
    assert story.engine.sight.conditions.take_changes() == []
    suppressed(story, 60)
    assert len(story.engine.sight.conditions.take_changes()) == 1


def test_no_more_stand_than_there_is_room_for():
    many = Conditions()
    assert all(many.show(Name("rule", str(number)), NOON_US) for number in range(MOST))
    assert not many.show(Name("rule", "one more"), NOON_US)
    assert len(list(many)) == MOST


@pytest.mark.parametrize("value", ["[]", "nonsense", '{"a":1}', "[" * 5000, '["x",1,1]'])
def test_a_row_of_another_version_is_left_out(value):
    assert list(conditions.restored({'["rule","key"]': value, "nonsense": "[1,2,3]"})) == []


def test_a_storm_of_oddities_costs_no_login_its_alert():
    story = odd_lines(Story(), 300)
    for number in range(300):
        suppressed(story, 400 + number, unit=f"unit{number}.service")
    story.tell(800, ACCEPTED, pid=3)
    assert "login_success" in [alert.rule for alert in story.alerts]


def test_when_what_was_written_down_is_lost_all_that_stands_is_handed_out_again():
    standing = Conditions()
    standing.show(Name("store_trouble", "store"), NOON_US)
    written = standing.take_changes()
    assert [change.standing.times for change in written] == [1]
    assert standing.take_changes() == []
    standing.keep_all()
    assert standing.take_changes() == written


AUDITED = audit.Settings(enabled=True)


def audited(story, at, pid=3, message=None):
    message = message or an_audited_login(pid=pid)
    story.tell(at, message, "audit", pid=pid, transport="audit", exe=None)


def test_a_login_that_only_the_kernel_tells_of_is_told_until_one_comes_with_its_line():
    story = Story(pipeline.Settings(audit=AUDITED), account_of={1000: "alice"}.get)
    audited(story, 0)
    story.until(29)
    assert told(story) == []
    story.until(31)
    audited(story, 60, pid=4)
    story.until(120)
    assert told(story) == [begins("login_without_line")]
    assert "login over ssh of alice from 203.0.113.9" in story.alerts[0].subject.note
    assert story.events == []
    story.tell(180, ACCEPTED, pid=5)
    assert told(story)[1:] == [ends("login_without_line")]


def test_each_login_waits_for_its_own_line():
    story = Story(pipeline.Settings(audit=AUDITED))
    audited(story, 0, pid=3)
    audited(story, 20, pid=4)
    story.until(31)
    story.tell(32, ACCEPTED, pid=4)
    assert told(story) == [begins("login_without_line"), ends("login_without_line")]
    first, last = (alert.subject for alert in story.alerts if alert.rule in RULES)
    assert (first.hostname, last.hostname, last.attempts) == ("web-01", "web-01", 1)


@pytest.mark.parametrize(
    ("login", "who"),
    [
        (
            AuditedLogin(user_id=1000, pid=3, address=ip_address("203.0.113.9"), account="alice"),
            "alice from 203.0.113.9",
        ),
        (AuditedLogin(user_id=1000, pid=3), "uid 1000"),
        (AuditedLogin(user_id=None, pid=3), "somebody"),
    ],
)
def test_the_kernels_word_names_whom_it_can(login, who):
    sight = blindness.Sight(blindness.Settings())
    sight.audited_login(a_record("", "audit"), login, NOON_US)
    (alert,) = sight.tick(NOON_US + 30 * SECOND)
    assert alert.subject.note == (
        f"the kernel's audit tells of a login over ssh of {who}, and no line of sshd's does; "
        "sshd_config: LogLevel INFO or VERBOSE; or did journald drop it?"
    )


def kernels_word(sight, pid, time_us=NOON_US):
    sight.audited_login(a_record("", "audit", time_us=time_us), AuditedLogin(user_id=pid, pid=pid), time_us)


def test_when_the_line_has_come_nothing_is_waited_for():
    sight = blindness.Sight(blindness.Settings())
    kernels_word(sight, pid=3)
    assert sight.nearest_us == NOON_US + 30 * SECOND
    sight.login(a_login(pid=3), NOON_US + SECOND)
    assert sight.nearest_us == NEVER


def test_of_more_logins_than_there_is_room_for_the_one_longest_ago_is_forgotten():
    sight = blindness.Sight(blindness.Settings())
    for pid in range(4097):
        kernels_word(sight, pid)
    (first,) = sight.tick(NOON_US + HOUR * SECOND)
    assert "a login over ssh of uid 1," in first.subject.note
    for pid in range(10_000, 14_097):
        sight.login(a_login(pid=pid), NOON_US)
    for pid in (10_001, 10_000):
        kernels_word(sight, pid, NOON_US + HOUR * SECOND)
    (forgotten,) = sight.tick(NOON_US + 2 * HOUR * SECOND)
    assert "a login over ssh of uid 10000," in forgotten.subject.note


@pytest.mark.parametrize("line_at", [-5, -0.1, 0, 0.1, 20])
@pytest.mark.parametrize("line", [ACCEPTED, SESSION])
def test_a_login_whose_line_comes_before_or_after_the_kernels_word_is_one_event_and_no_news(line, line_at):
    story = Story(pipeline.Settings(audit=AUDITED))
    for at, tell in sorted([(line_at, 0), (0.05, 1)]):
        story.tell(at, line, pid=3) if tell == 0 else audited(story, at)
    story.until(HOUR)
    assert [event.action.value for event in story.events] == ["login_success"]
    expected = [] if line is ACCEPTED else [begins("login_without_line")]
    assert told(story) == expected


def test_a_second_session_of_a_connection_is_no_news():
    story = Story(pipeline.Settings(audit=AUDITED))
    story.tell(0, ACCEPTED, pid=3)
    for at in (1, 10 * HOUR):
        audited(story, at)
    story.until(11 * HOUR)
    assert told(story) == []


def test_a_session_that_was_open_before_a_restart_is_known():
    before, after = (Story(pipeline.Settings(audit=AUDITED)) for _ in range(2))
    before.tell(0, ACCEPTED, pid=3)
    before.tell(0, SESSION, pid=3)
    after.engine.restore(list(before.engine.take_session_changes().opened))
    audited(after, 48 * HOUR)
    after.until(49 * HOUR)
    assert told(after) == []


@pytest.mark.parametrize(
    "settings",
    [
        pipeline.Settings(),
        pipeline.Settings(audit=AUDITED, ignored_services=("sshd",)),
        pipeline.Settings(audit=AUDITED, detect=detect.Settings(blindness=blindness.Settings(enabled=False))),
    ],
)
def test_what_nobody_asked_for_is_not_told(settings):
    story = Story(settings)
    audited(story, 0)
    assert told(story.end()) == []
    assert story.engine.next_due_us() is None


def test_any_number_of_sessions_that_flood_is_one_news_and_hides_nothing_else():
    story = Story()
    for number in range(500):
        suppressed(story, number / 100, unit=f"session-{number}.scope")
    suppressed(story, 6)
    assert [alert.subject.key for alert in story.alerts] == ["users' sessions", "ssh.service"]
    assert "of users' sessions: logins" in story.alerts[0].subject.note


def test_many_conditions_of_one_rule_leave_room_for_those_of_others():
    standing = Conditions()
    for number in range(1000):
        standing.show(Name("journal_suppressed", f"unit{number}"), NOON_US)
    assert standing.show(Name("not_understood", "sshd"), NOON_US)
