"""Counting in bounded memory: what is cut is known, and the busiest stay right."""

from __future__ import annotations

import pytest

from pamsignal.summary.tally import Rest, Tally, failures, successes, total


def counted(tally, key, times, time_us=1):
    for number in range(times):
        tally.row(key, time_us + number).failures += 1


def test_the_busiest_stand_first_and_the_rest_is_added_up():
    tally = Tally()
    for key, times in (("a", 2), ("b", 5), ("c", 1), ("d", 3)):
        counted(tally, key, times)
    tally.row("e", 9).successes += 4
    rows, rest = tally.top(2, failures)
    assert [(key, row.failures) for key, row in rows] == [("b", 5), ("d", 3)]
    assert rest == Rest(keys=2, failures=3)
    assert [key for key, _ in tally.top(9, successes)[0]] == ["e"]
    assert [key for key, _ in tally.top(2, total)[0]] == ["b", "e"]


def test_of_equals_the_latest_stands_first():
    tally = Tally()
    counted(tally, "old", 1, time_us=10)
    counted(tally, "new", 1, time_us=20)
    assert [key for key, _ in tally.top(2, failures)[0]] == ["new", "old"]


def test_a_row_knows_its_time_whatever_the_order():
    tally = Tally()
    for time_us in (5, 3, 9, 4):
        row = tally.row("a", time_us)
    assert (row.first_us, row.last_us) == (3, 9)


@pytest.mark.parametrize("strangers", [0, 50, 5000])
def test_whatever_comes_memory_is_bounded_the_sum_is_right_and_the_busiest_are_exact(strangers):
    tally = Tally(most=100)
    for number in range(strangers):
        counted(tally, f"busy {number % 3}", 2)
        counted(tally, f"stranger {number}", 1)
    rows, rest = tally.top(3, failures)
    assert sum(1 for _ in tally.rows()) <= 100
    assert sum(row.failures for _, row in rows) + rest.failures == 3 * strangers
    assert tally.is_cut == (strangers > 100)
    assert tally.keys == min(strangers, 3) + strangers
    assert all(row.failures == 2 * len(range(int(key[-1]), strangers, 3)) for key, row in rows)
