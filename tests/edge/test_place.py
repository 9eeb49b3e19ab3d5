"""Where the daemon goes on when its store is lost: after the last event of the trail, whatever else stands there."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from pamsignal.daemon import happenings
from pamsignal.daemon.place import known_place
from tests.harness.trails import MINUTE_US, NOON_US, a_trail, events

NOW_US = NOON_US + 120 * MINUTE_US


class NoStore:
    def position(self):
        return None


class Minutes(NamedTuple):
    """A journal with an entry a minute."""

    def place_at(self, time_us):
        return ("cursor", (time_us - NOON_US) // MINUTE_US)


def nothing_more(_trail):
    pass


def an_alarm_of_its_own(trail):
    trail.append(NOW_US, (), [happenings.undelivered("team", 1, "expired", NOW_US)])


def many_files_begun(trail):
    for number in range(3):
        trail.append(NOW_US + number, (), [happenings.undelivered("team", number, "x" * 3000, NOW_US + number)])
        trail.tend(NOW_US + number)


@pytest.mark.parametrize("later", [nothing_more, an_alarm_of_its_own, many_files_begun])
def test_only_events_say_how_far_the_journal_was_read(tmp_path, later):
    trail = a_trail(tmp_path, rotate_bytes=4096)
    trail.append(NOON_US, events(600), ())  # ten minutes after noon
    later(trail)
    trail.close()
    known = known_place(NoStore(), trail, Minutes())
    assert (known.position[1], known.by_trail) == (10, True)


def test_no_text_in_an_event_is_taken_for_its_time(tmp_path):
    trail = a_trail(tmp_path)
    trail.append(NOON_US, events(600, user='"time_us":9999999999999999', command='{"event":{"time_us":1'), ())
    trail.close()
    assert known_place(NoStore(), trail, Minutes()).position[1] == 10


def test_without_an_event_it_goes_on_where_the_trail_begins(tmp_path):
    trail = a_trail(tmp_path)
    an_alarm_of_its_own(trail)
    trail.close()
    assert known_place(NoStore(), trail, Minutes()).position[1] == 0
