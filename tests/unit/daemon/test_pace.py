"""When the journal is behind: nothing may go ahead of what it may still hold, and time has to go on all the same."""

from __future__ import annotations

from pamsignal.daemon.pace import IDLE_SECONDS, LONGEST_HOLD_US, Pace

NOON_US = 1_795_435_200_000_000


def looked(*looks):
    """Return a pace after looks at the journal: when since noon, whether it got further, whether it was held."""
    pace = Pace()
    for after_us, got_further, is_held in looks:
        pace.looked(NOON_US + after_us, got_further=got_further, is_held=is_held)
    return pace


def test_before_the_first_look_it_is_behind():
    assert Pace().is_behind
    assert Pace().patience_seconds(NOON_US) == 0.0


def test_only_a_look_that_gets_no_further_is_the_end_of_the_journal():
    assert looked((0, True, False)).is_behind
    assert not looked((0, True, False), (1, False, False)).is_behind


def test_a_journal_that_cannot_be_read_may_hold_more_and_is_not_asked_without_end():
    pace = looked((0, False, True))
    assert pace.is_behind
    assert pace.patience_seconds(NOON_US) == IDLE_SECONDS


def test_time_goes_on_without_a_journal():
    assert looked((0, False, True), (LONGEST_HOLD_US - 1, False, True)).is_behind
    assert not looked((0, False, True), (LONGEST_HOLD_US, False, True)).is_behind


def test_each_hold_has_its_own_beginning():
    assert not looked((0, False, True), (5, False, False)).is_behind
    assert looked((0, False, True), (5, False, False), (LONGEST_HOLD_US, False, True)).is_behind
