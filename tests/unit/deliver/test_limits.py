"""Noise is limited, counted and told; a success is never muted by it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pamsignal.daemon import held
from pamsignal.deliver.budget import Bucket
from pamsignal.deliver.classes import class_of
from pamsignal.deliver.limits import Limiter
from pamsignal.deliver.routes import RouteSettings
from pamsignal.hours import span_of
from pamsignal.terms import Action, Provenance, Severity
from tests.builders import NOON_US, a_finding, a_login, an_alert, an_endpoint, an_event

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US


def a_limiter(**settings):
    return Limiter({"team": RouteSettings(**settings)})


def noise(number, **changes):
    return an_alert(id=f"n{number}", subject=a_finding(), severity=Severity.WARNING, **changes)


def login(number=0):
    return an_alert(id=f"l{number}", subject=a_login())


def elevation(number):
    return an_alert(id=f"e{number}", subject=an_event(action=Action.ELEVATION_SUCCESS))


def sent(limiter, alert, now_us):
    return limiter.admit(alert, ("team",), now_us) == ("team",)


@given(st.lists(st.integers(0, 3 * 600), min_size=1, max_size=200).map(sorted), st.integers(1, 12))
def test_no_window_sees_more_than_its_tokens_wherever_it_starts(seconds, per_window):
    bucket = Bucket(per_window)
    taken = [second for second in seconds if bucket.take(second * SECOND_US)]
    for start in taken:
        assert sum(start <= second < start + 600 for second in taken) <= per_window


@given(st.lists(st.integers(0, 600), min_size=1, max_size=40).map(sorted), st.integers(1, 9), st.integers(0, 3))
def test_room_is_announced_for_the_very_microsecond_it_comes(seconds, per_window, leave):
    bucket = Bucket(per_window)
    for second in seconds:
        bucket.take(second * SECOND_US, leave)
    now_us = seconds[-1] * SECOND_US
    room_us = bucket.room_at_us(now_us, leave)
    if room_us > now_us:
        assert not bucket.take(room_us - 1, leave)
    assert bucket.take(room_us, leave) == (leave < per_window)


def test_a_bucket_without_tokens_gives_none():
    bucket = Bucket(0)
    assert not bucket.take(NOON_US)
    assert bucket.room_at_us(NOON_US) == NOON_US + 10 * MINUTE_US


def test_a_clock_set_back_mutes_for_at_most_a_window():
    bucket = Bucket(1)
    assert bucket.take(NOON_US)
    an_hour_earlier_us = NOON_US - 60 * MINUTE_US
    assert not bucket.take(an_hour_earlier_us)
    assert bucket.take(an_hour_earlier_us + 10 * MINUTE_US)


def test_a_thousand_failures_a_minute_leave_the_login_alone_and_make_at_most_twelve_messages():
    limiter = a_limiter()
    others, logins = 0, []
    for number in range(10_000):
        now_us = NOON_US + number * 60_000
        others += sent(limiter, noise(number, time_us=now_us), now_us)
        if number == 5_000:
            logins.append(sent(limiter, login(), now_us))
        others += len(limiter.summaries(now_us))
    end_us = NOON_US + 10 * MINUTE_US
    others += len(limiter.summaries(end_us))
    assert logins == [True]
    assert 10 < others <= 12


def test_in_an_endless_flood_every_ten_minutes_see_one_summary():
    limiter = a_limiter()
    messages, told, flood = [], 0, range(0, 60 * 60, 2)
    for second in flood:
        now_us = NOON_US + second * SECOND_US
        messages += [second] * sent(limiter, noise(second, time_us=now_us), now_us)
        for alert, _ in limiter.summaries(now_us):
            messages.append(second)
            told += alert.suppressed
    assert all(sum(start <= second < start + 600 for second in messages) <= 12 for start in flood)
    last, _ = limiter.summaries(NOON_US + 90 * MINUTE_US)[0]
    summaries = 6
    assert told + last.suppressed + len(messages) == len(flood) + summaries - 1


def test_what_was_suppressed_is_told_exactly_once_with_number_and_rules():
    limiter = a_limiter(noise_per_10_minutes=1)
    for number in range(4):
        sent(limiter, noise(number, time_us=NOON_US + number), NOON_US + number)
    denied = an_alert(id="d", subject=an_event(action=Action.LOGIN_DENIED))
    assert not sent(limiter, denied, NOON_US + 9)
    deadline_us = limiter.next_deadline_us(NOON_US + 9)
    assert deadline_us == NOON_US + 10 * MINUTE_US
    assert limiter.summaries(deadline_us - 1) == []
    [(summary, sinks)] = limiter.summaries(deadline_us)
    assert sinks == ("team",)
    assert (summary.rule, summary.suppressed, summary.digest) == ("alerts_suppressed", 4, True)
    assert summary.severity is Severity.WARNING
    assert summary.subject.attempts == 4
    assert summary.subject.note == "noise: brute_force 3, login_denied 1"
    assert (summary.subject.first_us, summary.subject.last_us) == (NOON_US + 1, NOON_US)
    assert limiter.summaries(deadline_us + 60 * MINUTE_US) == []
    assert limiter.next_deadline_us(deadline_us) is None


def test_nothing_suppressed_makes_no_summary():
    limiter = a_limiter()
    assert sent(limiter, noise(0), NOON_US)
    assert limiter.next_deadline_us(NOON_US) is None
    assert limiter.summaries(NOON_US + 60 * MINUTE_US) == []


def test_critical_passes_an_empty_budget():
    limiter = a_limiter(noise_per_10_minutes=0, success_per_10_minutes=0)
    critical = an_alert(subject=a_finding(rule="success_after_failures"), severity=Severity.CRITICAL)
    assert all(sent(limiter, critical, NOON_US) for _ in range(100))


def test_a_loop_of_sudo_cannot_hide_a_login():
    limiter = a_limiter()
    passed = sum(sent(limiter, elevation(number), NOON_US + number * SECOND_US) for number in range(500))
    assert passed == 30
    assert sent(limiter, login(), NOON_US + 500 * SECOND_US)


def test_a_loop_of_sudo_makes_one_summary_in_ten_minutes():
    limiter = a_limiter()
    summaries = 0
    for second in range(3600):
        now_us = NOON_US + second * SECOND_US
        sent(limiter, elevation(second), now_us)
        summaries += len(limiter.summaries(now_us))
    assert summaries == 5


def test_sinks_have_budgets_of_their_own():
    limiter = Limiter({"a": RouteSettings(noise_per_10_minutes=1), "b": RouteSettings(noise_per_10_minutes=2)})
    admitted = [limiter.admit(noise(number), ("a", "b"), NOON_US) for number in range(3)]
    assert admitted == [("a", "b"), ("b",), ()]
    told = limiter.summaries(NOON_US + 10 * MINUTE_US)
    assert [(sinks, alert.suppressed) for alert, sinks in told] == [(("a",), 2), (("b",), 1)]


def test_a_clock_set_back_does_not_hold_a_summary_for_longer_than_a_window():
    limiter = a_limiter(noise_per_10_minutes=1)
    sent(limiter, noise(0), NOON_US)
    sent(limiter, noise(1), NOON_US)
    earlier_us = NOON_US - 60 * MINUTE_US
    assert limiter.summaries(earlier_us) == []
    assert len(limiter.summaries(earlier_us + 10 * MINUTE_US)) == 1


def test_the_same_alerts_again_make_the_same_summary():
    def summary():
        limiter = a_limiter(noise_per_10_minutes=1)
        for number in range(3):
            sent(limiter, noise(number), NOON_US)
        return limiter.summaries(NOON_US + 10 * MINUTE_US)

    assert summary() == summary()


def test_what_somebody_achieved_is_no_noise():
    achieved = {action for action in Action if class_of(an_alert(subject=an_event(action=action))) == "success"}
    assert achieved == {
        Action.LOGIN_SUCCESS,
        Action.SESSION_CLOSED,
        Action.ELEVATION_SUCCESS,
        Action.ACCOUNT_CREATED,
        Action.ACCOUNT_DELETED,
        Action.ACCOUNT_GROUP_ADDED,
        Action.PASSWORD_CHANGED,
    }
    assert class_of(an_alert(subject=a_finding(rule="success_after_failures"))) == "success"


def test_no_loop_of_logins_hides_the_first_login_of_another_account():
    limiter = Limiter({"hook": RouteSettings()})
    for number in range(500):
        limiter.admit(an_alert(id=f"{number:032}", subject=a_login(user="alice")), ("hook",), NOON_US + number)
    late = an_alert(id="f" * 32, subject=a_login(user="root"))
    assert limiter.admit(late, ("hook",), NOON_US + 501) == ("hook",)


def test_what_was_only_claimed_uses_up_nothing_that_a_success_needs():
    limiter = Limiter({"hook": RouteSettings()})
    claimed = a_login(provenance=Provenance.UNVERIFIED)
    for number in range(500):
        limiter.admit(an_alert(id=f"{number:032}", subject=claimed), ("hook",), NOON_US + number)
    for number in range(20):
        alert = an_alert(id=f"e{number:031}", subject=a_login(user=f"user{number}"))
        assert limiter.admit(alert, ("hook",), NOON_US + 600 + number) == ("hook",)


def by_night(**settings):
    """Noon is night for this one, which lasts until eight hours after it."""
    return a_limiter(quiet_hours=(span_of("10:00-20:00"),), **settings)


def test_in_quiet_hours_noise_waits_and_is_told_in_one_message_when_they_are_over():
    limiter = by_night()
    for number in range(100):
        assert not sent(limiter, noise(number), NOON_US + number * MINUTE_US)
        assert limiter.summaries(NOON_US + number * MINUTE_US) == []
    end_us = NOON_US + 8 * 60 * MINUTE_US
    assert limiter.next_deadline_us(end_us - MINUTE_US) == end_us
    assert limiter.summaries(end_us - 1) == []
    ((summary, sinks),) = limiter.summaries(end_us)
    assert (summary.suppressed, summary.severity, sinks) == (100, Severity.WARNING, ("team",))
    assert summary.subject.note == "noise: brute_force 100"
    assert sent(limiter, noise(101), end_us)
    assert limiter.next_deadline_us(end_us) is None


def test_a_login_and_what_is_critical_wait_for_no_morning():
    limiter = by_night()
    assert not sent(limiter, noise(0), NOON_US)
    assert sent(limiter, login(), NOON_US)
    assert sent(limiter, elevation(1), NOON_US)
    assert sent(limiter, noise(2)._replace(severity=Severity.CRITICAL), NOON_US)


def test_a_claim_of_a_login_that_nobody_verified_waits():
    doubtful = an_alert(id="u", subject=a_login(provenance=Provenance.UNVERIFIED))
    assert not sent(by_night(), doubtful, NOON_US)


def test_the_hours_are_those_of_the_clock_on_the_wall():
    routes = {"team": RouteSettings(quiet_hours=(span_of("10:00-20:00"),))}
    limiter = Limiter(routes, local_of=lambda time_us: time_us + 9 * 60 * MINUTE_US)
    assert sent(limiter, noise(0), NOON_US)


def test_outside_quiet_hours_nothing_is_different():
    limiter = by_night(noise_per_10_minutes=1)
    morning_us = NOON_US - 6 * 60 * MINUTE_US
    assert sent(limiter, noise(0), morning_us)
    assert not sent(limiter, noise(1), morning_us)
    assert len(limiter.summaries(morning_us + 10 * MINUTE_US)) == 1


def test_one_night_is_not_told_twice_when_the_past_is_read_again():
    def night(limiter, begin_us):
        for number in range(3):
            limiter.live_through(begin_us + number * MINUTE_US)
            sent(limiter, noise(f"{begin_us}/{number}"), begin_us + number * MINUTE_US)

    day_us = 24 * 60 * MINUTE_US
    first, again = by_night(), by_night()
    night(first, NOON_US)
    ((of_first_night, _),) = first.summaries(NOON_US + 8 * 60 * MINUTE_US)
    night(again, NOON_US)
    night(again, NOON_US + day_us)
    ((of_second_night, _),) = again.summaries(NOON_US + day_us + 8 * 60 * MINUTE_US)
    assert (of_first_night.suppressed, of_second_night.suppressed) == (3, 3)
    assert of_first_night.id != of_second_night.id


def test_a_sink_without_a_bound_gets_everything_and_no_summary():
    route = RouteSettings(noise_per_10_minutes=None, noise_per_day=None, success_per_10_minutes=None)
    limiter = Limiter({"siem": route})
    for number in range(2000):
        for alert in (noise(number), an_alert(id=f"{number:032}")):
            assert limiter.admit(alert, ("siem",), NOON_US + number) == ("siem",)
    assert limiter.next_deadline_us(NOON_US) is None


HOUR_US = 60 * MINUTE_US


def test_a_day_has_a_bound_for_noise_after_which_one_message_an_hour_counts_it():
    limiter, told = a_limiter(noise_per_10_minutes=10, noise_per_day=20), []
    for minute in range(24 * 60):
        now_us = NOON_US + minute * MINUTE_US
        told += ["noise"] * sent(limiter, noise(minute), now_us)
        told += [alert.suppressed for alert, _ in limiter.summaries(now_us)]
    assert told.count("noise") == 20
    hourly = [one for one in told if one != "noise"]
    assert 22 <= len(hourly) <= 25
    assert sum(hourly) + limiter_owes(limiter) == 24 * 60 - 20


def limiter_owes(limiter):
    return sum(sum(owed.rules.values()) for owed in limiter.take_changes().values())


def test_a_day_that_is_used_up_holds_back_no_success_and_nothing_critical():
    limiter = a_limiter(noise_per_day=1)
    assert sent(limiter, noise(0), NOON_US)
    assert not sent(limiter, noise(1), NOON_US)
    assert sent(limiter, login(), NOON_US)
    assert sent(limiter, noise(2)._replace(severity=Severity.CRITICAL), NOON_US)


def test_after_a_day_the_tokens_are_back():
    limiter = a_limiter(noise_per_day=1)
    assert sent(limiter, noise(0), NOON_US)
    assert not sent(limiter, noise(1), NOON_US + 24 * HOUR_US - 1)
    assert sent(limiter, noise(2), NOON_US + 24 * HOUR_US)


def kept(limiter, stored):
    for row in held.rows(limiter.take_changes()):
        if row.value is None:
            stored.pop(row.key, None)
        else:
            stored[row.key] = row.value
    return stored


def test_what_is_held_back_is_told_however_long_nobody_ran():
    first, stored = a_limiter(noise_per_10_minutes=1), {}
    for number in range(5):
        sent(first, noise(number), NOON_US)
        kept(first, stored)
    later = a_limiter(noise_per_10_minutes=1)
    later.restore(held.restored(stored))
    assert kept(later, dict(stored)) == stored
    ((told, sinks),) = later.summaries(NOON_US + 90 * 24 * HOUR_US)
    assert (told.suppressed, sinks) == (4, ("team",))
    assert told.id == first.summaries(NOON_US + HOUR_US)[0][0].id
    assert kept(later, stored) == {}


def test_what_was_told_is_not_owed_again_by_reading_the_past_again():
    again = a_limiter(noise_per_10_minutes=1)
    for number in range(5):
        sent(again, noise(number), NOON_US)
    again.restore({})
    assert again.summaries(NOON_US + HOUR_US) == []


def test_rows_of_another_version_and_of_a_sink_that_is_gone_do_no_harm():
    stored = {"team noise": "{}", "team success": "no JSON", "gone noise": "[]", "team": '{"severity": 99}'}
    limiter = a_limiter()
    limiter.restore(held.restored(stored))
    assert limiter.summaries(NOON_US) == []


def change(action, at_us, **changes):
    return an_alert(id=f"{action.value}{at_us}", subject=an_event(action=action, **changes))


def test_no_loop_of_passwords_hides_an_account_that_is_made_or_made_an_administrator():
    limiter = a_limiter()
    for second in range(500):
        sent(limiter, change(Action.PASSWORD_CHANGED, second, user="mallory"), NOON_US + second * SECOND_US)
    now_us = NOON_US + 500 * SECOND_US
    assert sent(limiter, change(Action.ACCOUNT_CREATED, 1, user="backdoor"), now_us)
    assert sent(limiter, change(Action.ACCOUNT_GROUP_ADDED, 2, user="backdoor", group="sudo"), now_us)
    assert sent(limiter, change(Action.PASSWORD_CHANGED, 3, user="root"), now_us)


def from_there(user, address, number):
    return an_alert(id=f"{user}{number}", subject=a_login(user=user, source=an_endpoint(address)))


def test_no_loop_of_logins_hides_another_accounts_login_from_a_new_place_or_the_old_one():
    limiter = a_limiter()
    assert sent(limiter, from_there("alice", "192.0.2.7", 0), NOON_US)
    for number in range(500):
        sent(limiter, from_there("mallory", "127.0.0.1", number), NOON_US + number * SECOND_US)
    now_us = NOON_US + 500 * SECOND_US
    assert sent(limiter, from_there("alice", "192.0.2.7", 1), now_us)
    assert sent(limiter, from_there("alice", "198.51.100.66", 2), now_us)


def test_somebody_with_many_addresses_still_has_only_so_many_passes():
    limiter = a_limiter()
    passed = sum(
        sent(limiter, from_there("mallory", f"127.0.{n // 250}.{n % 250}", n), NOON_US + n) for n in range(1000)
    )
    assert passed == 30 + 10


def test_a_thousand_names_that_were_only_claimed_are_noise_and_no_new_faces():
    limiter = a_limiter()
    claimed = (a_login(user=f"u{n}", provenance=Provenance.UNVERIFIED) for n in range(1000))
    assert sum(sent(limiter, an_alert(id=f"c{n}", subject=one), NOON_US + n) for n, one in enumerate(claimed)) == 10
