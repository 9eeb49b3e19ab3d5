"""Sliding windows: true, bounded, and cheap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pamsignal.detect.window import Windows

SECOND = 1_000_000


def windows_of(span=10, tries=3, most=10, **changes):
    return Windows(span * SECOND, most, tries, **changes)


def fullness(windows, seconds):
    """Add one try at each of `seconds`; return after which of them the window is full."""
    return [windows.add("a", second * SECOND, 1) is not None for second in seconds]


def test_it_is_full_when_as_many_tries_as_asked_lie_within_the_span():
    assert fullness(windows_of(), (0, 4, 10)) == [False, False, True]


def test_it_slides_so_tries_on_both_sides_of_any_border_count_together():
    assert fullness(windows_of(tries=4), (8, 9, 11, 12)) == [False, False, False, True]


def test_tries_that_are_too_old_do_not_count():
    assert not any(fullness(windows_of(), (0, 6, 12, 18, 24)))


def test_weak_signs_weigh_as_much_as_a_try_when_there_are_enough():
    windows = windows_of(weak_per_try=5)
    windows.add("a", 0, 2)
    full = [windows.add("a", SECOND, 0, 1) is not None for _ in range(5)]
    assert full == [False, False, False, False, True]


def test_keys_do_not_mix():
    windows = windows_of()
    windows.add("a", 0, 1)
    assert windows.add("b", 0, 2) is None


def test_the_stalest_key_is_forgotten_first():
    windows = windows_of(most=2)
    for second, key in enumerate("abac"):
        windows.add(key, second, 1)
    assert windows.get("b") is None
    assert windows.get("a") is not None
    assert len(windows) == 2


def test_one_key_costs_the_same_after_a_million_tries():
    windows = windows_of(tries=5, weak_per_try=5)
    windows.add("a", 0, 1_000_000, member="root")
    for number in range(1000):
        tally = windows.add("a", number, 1000, 1000, f"user{number}")
    assert (len(tally.tries), len(tally.weak_times)) == (5, 25)
    assert tally.member_count() <= 8


def test_what_is_counted_begins_anew_where_the_window_was_empty():
    windows = windows_of()
    windows.add("a", 0, 4, 1)
    windows.add("a", 30 * SECOND, 2)
    tally = windows.get("a")
    assert (tally.first_us, tally.attempts, tally.weak) == (30 * SECOND, 2, 0)


def test_a_window_is_empty_only_when_the_last_is_older_than_its_span():
    windows = windows_of()
    windows.add("a", 0, 1)
    windows.add("a", 10 * SECOND, 1)
    assert windows.get("a").attempts == 2


def test_a_key_of_one_try_is_known_as_well_as_any_other():
    windows = windows_of()
    windows.add("a", 5, 1, member="root")
    tally = windows.get("a")
    assert (tally.attempts, tally.weak, tally.first_us, tally.last_us) == (1, 0, 5, 5)
    assert (windows.tries_within(tally, 5), windows.members_within(tally, 5)) == (1, ["root"])
    assert windows.members_within(tally, 5 + 10 * SECOND) == ["root"]
    assert windows.members_within(tally, 6 + 10 * SECOND) == []
    assert windows.add("b", 6, 1, member="root") is None
    assert windows.add("a", 7, 2, member="bob") is not None
    assert windows.members_within(windows.get("a"), 7) == ["root", "bob"]
    windows.add("c", 8, 1)
    assert [windows.get(key).member_count() for key in "abc"] == [2, 1, 0]


def test_one_try_is_enough_where_one_is_asked_for():
    assert fullness(windows_of(tries=1), (0, 100)) == [True, True]


def test_names_are_told_apart_only_within_the_window():
    windows = windows_of()
    for second, name in ((0, "x"), (8, "y"), (12, "z")):
        windows.add("a", second * SECOND, 1, member=name)
    tally = windows.get("a")
    assert windows.members_within(tally, 12 * SECOND) == ["y", "z"]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3), st.integers(0, 7)), max_size=60),
    st.integers(1, 8),
    st.integers(1, 5),
    st.integers(1, 60),
)
def test_it_agrees_with_counting_by_hand(steps, tries_needed, weak_per_try, span):
    windows = Windows(span, 10, tries_needed, weak_per_try)
    now, seen = 0, []
    for step, tries, weak in steps:
        now += step
        seen.append((now, tries * weak_per_try + weak))
        expected = sum(weight for moment, weight in seen if now - moment <= span) >= tries_needed * weak_per_try
        assert (windows.add("a", now, tries, weak) is not None) == expected
