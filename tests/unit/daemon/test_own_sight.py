"""What is wrong with pamsignal itself: told when it begins, once, and when it is really over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pamsignal.daemon.own_sight import CALM_US, OwnSight
from pamsignal.runtime.log import Log
from tests.builders import NOON_US

SECOND_US = 1_000_000


@pytest.fixture
def own_sight():
    with Path(os.devnull).open("w") as nowhere:
        yield OwnSight(Log(fileno=nowhere.fileno()))


def told(own_sight):
    return [alarm.subject.over for alarm in own_sight.take_alarms()]


def note(own_sight, rule, seconds, trouble):
    own_sight.note(rule, "key", trouble, NOON_US + seconds * SECOND_US)


@pytest.mark.parametrize("rule", ["store_trouble", "trail_trouble"])
def test_a_disk_that_takes_a_little_now_and_then_is_told_once(own_sight, rule):
    for seconds in range(0, 300, 10):
        note(own_sight, rule, seconds, "full")
        note(own_sight, rule, seconds + 1, None)
    assert told(own_sight) == [False]
    note(own_sight, rule, 290 + CALM_US // SECOND_US, None)
    assert told(own_sight) == []
    note(own_sight, rule, 292 + CALM_US // SECOND_US, None)
    assert told(own_sight) == [True]
    note(own_sight, rule, 400, "full")
    assert told(own_sight) == [False]


def test_a_clock_that_is_set_back_does_not_keep_the_end_from_being_told(own_sight):
    note(own_sight, "store_trouble", 0, "full")
    note(own_sight, "store_trouble", 1, None)
    note(own_sight, "store_trouble", -3600, None)
    note(own_sight, "store_trouble", -3600 + CALM_US // SECOND_US, None)
    assert told(own_sight) == [False, True]


def test_what_is_steady_is_over_at_once(own_sight):
    note(own_sight, "config_rejected", 0, "wrong")
    note(own_sight, "config_rejected", 1, None)
    assert told(own_sight) == [False, True]
