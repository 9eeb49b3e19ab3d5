"""Sliding windows: true, bounded, and cheap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pamsignal.detect.window import Windows

SECOND = 1_000_000


def windows_of(span=10, tries=3, most=10, **changes):
    return Windows((span * SECOND,), most, tries, **changes)


def fullness(windows, attempts, seconds, span=0):
    """Add one try at each of `seconds`; return after which of them the window is full."""
    return [
        windows.is_full(windows.add("a", second * SECOND, 1), span, second * SECOND, attempts) for second in seconds
    ]


def test_it_is_full_when_as_many_tries_as_asked_lie_within_the_span():
    assert fullness(windows_of(), 3, (0, 4, 10)) == [False, False, True]


def test_it_slides_so_tries_on_both_sides_of_any_border_count_together():
    assert fullness(windows_of(tries=4), 4, (8, 9, 11, 12)) == [False, False, False, True]


def test_tries_that_are_too_old_do_not_count():
    assert not any(fullness(windows_of(), 3, (0, 6, 12, 18, 24)))


def test_windows_of_two_lengths_share_the_same_tries():
    windows = Windows((10 * SECOND, 60 * SECOND), 10, tries=3)
    tally = [windows.add("a", second * SECOND, 1) for second in (0, 20, 40)][-1]
    assert not windows.is_full(tally, 0, 40 * SECOND, 2)
    assert windows.is_full(tally, 1, 40 * SECOND, 3)


def test_weak_signs_weigh_as_much_as_a_try_when_there_are_enough():
    windows = windows_of(weak=15)
    windows.add("a", 0, 2)
    full = [windows.is_full(windows.add("a", SECOND, 0, 1), 0, SECOND, 3, weak_per_attempt=5) for _ in range(5)]
    assert full == [False, False, False, False, True]


def test_keys_do_not_mix():
    windows = windows_of()
    windows.add("a", 0, 1)
    assert not windows.is_full(windows.add("b", 0, 1), 0, 0, 2)


def test_the_stalest_key_is_forgotten_first():
    windows = windows_of(most=2)
    for second, key in enumerate("abac"):
        windows.add(key, second, 1)
    assert windows.get("b") is None
    assert windows.get("a") is not None
    assert len(windows) == 2


def test_one_key_costs_the_same_after_a_million_tries():
    windows = windows_of(tries=5, weak=25)
    tally = windows.add("a", 0, 1_000_000, member="root")
    for number in range(1000):
        windows.add("a", number, 1000, 1000, f"user{number}")
    assert (len(tally.tries), len(tally.weak_times)) == (5, 25)
    assert len(tally.members) <= 8


def test_what_is_counted_begins_anew_where_a_window_was_empty_and_goes_on_in_a_longer_one():
    windows = Windows((10 * SECOND, 60 * SECOND), 10, tries=3)
    windows.add("a", 0, 4, 1)
    tally = windows.add("a", 30 * SECOND, 2)
    short, long = tally.runs
    assert (short.first_us, tally.attempts - short.attempts, tally.weak - short.weak) == (30 * SECOND, 2, 0)
    assert (long.first_us, tally.attempts - long.attempts, tally.weak - long.weak) == (0, 6, 1)


def test_names_are_told_apart_only_within_the_window():
    windows = windows_of()
    for second, name in ((0, "x"), (8, "y"), (12, "z")):
        tally = windows.add("a", second * SECOND, 1, member=name)
    assert windows.members_within(tally, 0, 12 * SECOND) == ["y", "z"]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3), st.integers(0, 7)), max_size=60),
    st.integers(1, 8),
    st.integers(1, 5),
    st.tuples(st.integers(1, 20), st.integers(1, 200)),
)
def test_it_agrees_with_counting_by_hand(steps, attempts, scale, spans):
    windows = Windows(spans, 10, attempts, attempts * scale)
    now, seen = 0, []
    for step, tries, weak in steps:
        now += step
        seen.append((now, tries * scale + weak))
        tally = windows.add("a", now, tries, weak)
        for number, span in enumerate(spans):
            expected = sum(weight for moment, weight in seen if now - moment <= span) >= attempts * scale
            assert windows.is_full(tally, number, now, attempts, scale) == expected
