"""Sliding windows: true, bounded, and cheap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pamsignal.detect.window import Windows

SECOND = 1_000_000


def test_it_is_full_when_as_many_points_as_asked_lie_within_the_span():
    windows = Windows(points=3, span_us=10 * SECOND, most=10)
    for second in (0, 4):
        assert not windows.is_full(windows.add("a", second * SECOND, 1), second * SECOND)
    assert windows.is_full(windows.add("a", 10 * SECOND, 1), 10 * SECOND)


def test_it_slides_so_points_on_both_sides_of_any_border_count_together():
    windows = Windows(points=4, span_us=10 * SECOND, most=10)
    full = [windows.is_full(windows.add("a", second * SECOND, 1), second * SECOND) for second in (8, 9, 11, 12)]
    assert full == [False, False, False, True]


def test_points_that_are_too_old_do_not_count():
    windows = Windows(points=3, span_us=10 * SECOND, most=10)
    full = [windows.is_full(windows.add("a", second * SECOND, 1), second * SECOND) for second in (0, 6, 12, 18, 24)]
    assert not any(full)


def test_keys_do_not_mix():
    windows = Windows(points=2, span_us=10 * SECOND, most=10)
    windows.add("a", 0, 1)
    assert not windows.is_full(windows.add("b", 0, 1), 0)


def test_the_stalest_key_is_forgotten_first():
    windows = Windows(points=2, span_us=10 * SECOND, most=2)
    windows.add("a", 0, 1)
    windows.add("b", 1, 1)
    windows.add("a", 2, 1)
    windows.add("c", 3, 1)
    assert windows.get("b") is None
    assert windows.get("a") is not None
    assert len(windows) == 2


def test_one_key_costs_the_same_after_a_million_points():
    windows = Windows(points=5, span_us=10 * SECOND, most=10)
    tally = windows.add("a", 0, 1_000_000, "root")
    for number in range(1000):
        windows.add("a", number, 1000, f"user{number}")
    assert len(tally.times) == 5
    assert len(tally.members) <= 8


def test_names_are_told_apart_only_within_the_window():
    windows = Windows(points=1, span_us=10 * SECOND, most=10)
    for second, name in ((0, "x"), (8, "y"), (12, "z")):
        tally = windows.add("a", second * SECOND, 1, name)
    assert windows.members_within(tally, 12 * SECOND) == ["y", "z"]


@given(
    st.lists(st.integers(min_value=0, max_value=50), max_size=60),
    st.integers(min_value=1, max_value=8),
    st.integers(min_value=1, max_value=20),
)
def test_it_agrees_with_counting_by_hand(steps, points, span):
    windows = Windows(points, span, most=10)
    now, seen = 0, []
    for step in steps:
        now += step
        seen.append(now)
        expected = sum(1 for moment in seen if now - moment <= span) >= points
        assert windows.is_full(windows.add("a", now, 1), now) == expected
