"""A clock that is never set."""

from __future__ import annotations

from pamsignal.clock import Clock
from tests.builders import BOOT, NOON_US, a_record

SECOND = 1_000_000
HOUR = 3600 * SECOND


def a_moment(wall_us, monotonic_us, boot=BOOT):
    return a_record("x", time_us=wall_us, cursor=f"s=1;i=1;b={boot};m={monotonic_us:x};t={wall_us:x};x=0")


def elapsed(*moments):
    clock = Clock()
    times = [clock.at_record(moment) for moment in moments]
    return [time_us - times[0] for time_us in times], clock


def test_without_a_step_it_is_the_time_of_the_records():
    times, clock = elapsed(a_moment(NOON_US, 0), a_moment(NOON_US + 5 * SECOND, 5 * SECOND))
    assert times == [0, 5 * SECOND]
    assert clock.steps == 0


def test_a_quiet_night_is_no_step():
    times, clock = elapsed(a_moment(NOON_US, 0), a_moment(NOON_US + 8 * HOUR, 8 * HOUR))
    assert times == [0, 8 * HOUR]
    assert clock.steps == 0


def test_setting_the_clock_an_hour_forward_is_taken_out():
    times, clock = elapsed(
        a_moment(NOON_US, 0),
        a_moment(NOON_US + HOUR + SECOND, SECOND),
        a_moment(NOON_US + HOUR + 2 * SECOND, 2 * SECOND),
    )
    assert times == [0, SECOND, 2 * SECOND]
    assert clock.steps == 1


def test_setting_the_clock_an_hour_back_is_taken_out():
    times, clock = elapsed(
        a_moment(NOON_US, 0),
        a_moment(NOON_US - HOUR + SECOND, SECOND),
        a_moment(NOON_US - HOUR + 2 * SECOND, 2 * SECOND),
    )
    assert times == [0, SECOND, 2 * SECOND]
    assert clock.steps == 1


def test_records_a_little_out_of_order_never_turn_time_back():
    times, clock = elapsed(a_moment(NOON_US, 0), a_moment(NOON_US + SECOND, SECOND), a_moment(NOON_US, 0))
    assert times == [0, SECOND, SECOND]
    assert clock.steps == 0


def test_a_reboot_with_the_clock_set_back_still_goes_forward():
    times, _ = elapsed(
        a_moment(NOON_US, HOUR),
        a_moment(NOON_US - HOUR, SECOND, boot="f" * 32),
        a_moment(NOON_US - HOUR + SECOND, 2 * SECOND, "f" * 32),
    )
    assert times == [0, 0, SECOND]


def test_records_without_a_cursor_do_not_stop_it():
    clock = Clock()
    first = clock.at_record(a_record("x", cursor=None, time_us=NOON_US))
    assert clock.at_record(a_record("x", cursor=None, time_us=NOON_US + HOUR)) - first == HOUR


def a_line_of_the_log(time_us):
    return a_record("USER_AUTH x", "audit", time_us=time_us, transport="audit", cursor="audit.log;b=1.000:1:USER_AUTH")


def test_a_record_of_the_audit_log_never_leads_beyond_the_present():
    clock = Clock()
    clock.at_record(a_moment(NOON_US, 0))
    assert clock.at_record(a_line_of_the_log(NOON_US + HOUR)) == NOON_US
    clock.present_us = NOON_US + 5 * SECOND
    assert clock.at_record(a_line_of_the_log(NOON_US + HOUR)) == NOON_US + 5 * SECOND
    assert clock.at_record(a_moment(NOON_US + 6 * SECOND, 6 * SECOND)) == NOON_US + 6 * SECOND


def test_a_record_of_the_audit_log_keeps_its_time_where_the_journal_was_quiet():
    clock = Clock()
    clock.at_record(a_moment(NOON_US, 0))
    clock.present_us = NOON_US + 8 * HOUR
    assert clock.at_record(a_line_of_the_log(NOON_US + HOUR)) == NOON_US + HOUR
    assert clock.at_record(a_moment(NOON_US + 2 * HOUR, 2 * HOUR)) == NOON_US + 2 * HOUR


def test_without_a_journal_the_audit_log_has_the_time():
    assert Clock().at_record(a_line_of_the_log(NOON_US)) == NOON_US
