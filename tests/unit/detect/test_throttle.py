"""Cool-down: one report, then counting, then one digest."""

from __future__ import annotations

from pamsignal.detect.throttle import Throttle
from pamsignal.terms import Severity
from tests.builders import a_finding

MINUTE = 60_000_000
KEY, OTHER = ("source", "203.0.113.9"), ("source", "198.51.100.7")


def test_what_goes_on_after_a_report_is_counted_into_one_digest():
    throttle = Throttle(10 * MINUTE, most=10)
    throttle.begin(KEY, a_finding(), Severity.WARNING, 0)
    for minute in range(1, 9):
        assert throttle.absorb(KEY, 2, minute * MINUTE)
    assert list(throttle.take_due(9 * MINUTE)) == []
    (digest,) = throttle.take_due(10 * MINUTE)
    assert digest.suppressed == 16
    assert digest.length_us == 10 * MINUTE


def test_a_quiet_time_in_which_nothing_happened_ends_without_a_word():
    throttle = Throttle(10 * MINUTE, most=10)
    throttle.begin(KEY, a_finding(), Severity.WARNING, 0)
    assert list(throttle.take_due(10 * MINUTE)) == []
    assert not throttle.absorb(KEY, 1, 11 * MINUTE)


def test_a_quiet_time_that_ends_without_a_word_keeps_no_other_from_its_digest():
    throttle = Throttle(10 * MINUTE, most=10)
    throttle.begin(OTHER, a_finding(), Severity.WARNING, 0)
    throttle.begin(KEY, a_finding(), Severity.WARNING, MINUTE)
    throttle.absorb(KEY, 3, 2 * MINUTE)
    assert [digest.suppressed for digest in throttle.take_due(11 * MINUTE)] == [3]


def test_where_there_is_no_room_the_quiet_time_that_began_longest_ago_ends():
    throttle = Throttle(10 * MINUTE, most=2)
    third = ("source", "192.0.2.1")
    for minute, key in enumerate((KEY, OTHER)):
        throttle.begin(key, a_finding(), Severity.WARNING, minute * MINUTE)
    assert throttle.absorb(KEY, 1, 2 * MINUTE)
    throttle.begin(third, a_finding(), Severity.WARNING, 3 * MINUTE)
    assert [throttle.absorb(key, 1, 4 * MINUTE) for key in (KEY, OTHER, third)] == [False, True, True]


def test_an_attack_that_never_ends_is_heard_of_ever_more_rarely():
    throttle = Throttle(10 * MINUTE, most=10)
    throttle.begin(KEY, a_finding(), Severity.WARNING, 0)
    digests = []
    for minute in range(24 * 60):
        digests += throttle.take_due(minute * MINUTE)
        throttle.absorb(KEY, 1, minute * MINUTE)
    assert len(digests) == 8
    assert digests[0].length_us == 10 * MINUTE
    assert digests[-1].length_us == 6 * 60 * MINUTE


def test_every_digest_speaks_of_a_time_of_its_own():
    throttle = Throttle(10 * MINUTE, most=10)
    throttle.begin(KEY, a_finding(), Severity.WARNING, 0)
    digests = []
    for minute in range(120):
        digests += throttle.take_due(minute * MINUTE)
        throttle.absorb(KEY, 1, minute * MINUTE)
    assert len({digest.since_us for digest in digests}) == len(digests) > 2


def test_the_next_deadline_is_the_nearest_end():
    throttle = Throttle(10 * MINUTE, most=10)
    assert throttle.next_due_us() is None
    throttle.begin(KEY, a_finding(), Severity.WARNING, 0)
    throttle.begin(OTHER, a_finding(), Severity.WARNING, MINUTE)
    assert throttle.next_due_us() == 10 * MINUTE
