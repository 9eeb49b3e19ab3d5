"""Hours of the week: read as people write them, and true at their very edges."""

from __future__ import annotations

from calendar import timegm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.hours import DAY_MINUTES, DAYS, Span, covers, span_of

MONDAY_US = timegm((2026, 11, 23, 0, 0, 0)) * 1_000_000
MINUTE_US = 60_000_000


def at(day, clock):
    """Return a moment of the week of Monday, 2026-11-23."""
    hours, minutes = map(int, clock.split(":"))
    return MONDAY_US + ((DAYS.index(day) * 24 + hours) * 60 + minutes) * MINUTE_US


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("07:00-22:00", [("mon", "07:00"), ("sun", "21:59")], [("mon", "06:59"), ("sun", "22:00")]),
        ("Mon-Fri 07:00-22:00", [("mon", "07:00"), ("fri", "21:59")], [("sat", "12:00"), ("sun", "12:00")]),
        ("Sat,Sun 10:00-18:00", [("sat", "10:00"), ("sun", "17:59")], [("fri", "12:00"), ("mon", "12:00")]),
        ("Fri 22:00-06:00", [("fri", "22:00"), ("sat", "05:59")], [("fri", "05:00"), ("sat", "06:00")]),
        ("Sun 22:00-06:00", [("sun", "23:00"), ("mon", "05:59")], [("mon", "06:00"), ("mon", "23:00")]),
        ("Fri-Mon 00:00-24:00", [("fri", "00:00"), ("mon", "23:59")], [("tue", "00:00"), ("thu", "23:59")]),
        ("Wed 00:00-00:00", [("wed", "00:00"), ("wed", "23:59")], [("tue", "23:59"), ("thu", "00:00")]),
        ("mon,wed-thu 00:00-01:00", [("mon", "00:30"), ("thu", "00:59")], [("tue", "00:30"), ("fri", "00:30")]),
    ],
)
def test_a_span_begins_and_ends_where_it_says(text, inside, outside):
    span = span_of(text)
    assert [moment for moment in inside if not covers([span], at(*moment))] == []
    assert [moment for moment in outside if covers([span], at(*moment))] == []


@pytest.mark.parametrize(
    "text",
    ["", "7:00-22:00", "07:00", "07:60-08:00", "24:01-25:00", "Mon-Fri", "Day 07:00-08:00", "Mon- 07:00-08:00",
     "Mon-Tue-Wed 07:00-08:00", ",Mon 07:00-08:00", "Mon  07:00-08:00", "07:00-08:00 Mon", "٠٧:00-08:00", "07:00-08:00\n"],
)  # fmt: skip
def test_what_names_no_hours_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        span_of(text)


@given(st.sets(st.integers(0, 6), min_size=1), st.integers(0, 1439), st.integers(1, 1440), st.integers(0, 7 * 1440 - 1))
def test_a_span_covers_just_the_minutes_that_can_be_counted_out(days, begin, length, minute):
    counted = {(day * DAY_MINUTES + begin + step) % (7 * DAY_MINUTES) for day in days for step in range(length)}
    assert covers([Span(frozenset(days), begin, length)], MONDAY_US + minute * MINUTE_US) == (minute in counted)
