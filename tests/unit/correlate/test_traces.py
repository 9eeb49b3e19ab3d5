"""The memory of processes: who waits is looked at in time and in order, and what waits no longer takes no room."""

from __future__ import annotations

import random

from pamsignal.correlate.trace import NEVER, Traces
from tests.builders import NOON_US

DICE = random.Random(20261128)


def waiting(traces, moments):
    """Return a trace for each moment, which waits for it."""
    made = [traces.begin(("boot", number, 0), NOON_US) for number in range(len(moments))]
    for trace, moment in zip(made, moments):
        traces.wait(trace, moment)
    return made


def test_of_many_that_wait_each_is_looked_at_when_its_moment_comes_and_those_that_are_told_are_not():
    traces = Traces()
    moments = [NOON_US + number for number in range(3000)]
    DICE.shuffle(moments)
    made = waiting(traces, moments)
    for trace in made[::3]:
        traces.wait(trace, NOON_US + 5000)
    for trace in made[1::3]:
        trace.forget_lines()
    expected = sorted(made[2::3], key=lambda trace: trace.due_us)
    assert list(traces.take_due(NOON_US + 4999)) == expected
    assert list(traces.take_due(NOON_US + 5000)) == made[::3]
    assert traces.next_due_us() is None


def test_waits_that_are_over_take_no_room():
    traces = Traces()
    alive = waiting(traces, [NOON_US + 1_000_000] * 10)
    for number in range(5000):
        trace = traces.begin(("boot", 1000 + number, 0), NOON_US)
        traces.wait(trace, NOON_US + 2_000_000)
        trace.forget_lines()
    assert len(traces._due) <= 600
    assert list(traces.take_due(NOON_US + 3_000_000)) == alive


def test_those_that_wait_for_one_moment_are_looked_at_in_the_order_in_which_they_came():
    traces = Traces()
    made = waiting(traces, [NOON_US] * 20)
    assert list(traces.take_due(NOON_US)) == made


def test_nobody_is_looked_at_before_the_nearest_moment():
    traces = Traces()
    assert traces.nearest_us == NEVER
    waiting(traces, [NOON_US + 2, NOON_US + 1, NOON_US + 3])
    assert traces.nearest_us == traces.next_due_us() == NOON_US + 1
    assert not traces.is_due(NOON_US)
    assert traces.is_due(NOON_US + 1)


def test_of_more_processes_than_there_is_room_for_the_one_goes_that_was_silent_longest():
    traces = Traces(most=2)
    first, second = waiting(traces, [NOON_US + 1] * 2)
    assert traces.take(first.key) is first
    assert traces.take_surplus() is None
    third = traces.begin(("boot", 3, 0), NOON_US)
    assert traces.take_surplus() is second
    assert traces.take_surplus() is None
    assert [traces.take(trace.key) for trace in (first, second, third)] == [first, None, third]
    assert list(traces.take_due(NOON_US + 1)) == [first]
