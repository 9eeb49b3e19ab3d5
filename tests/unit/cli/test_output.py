"""Times as people see them, in UTC and at home."""

import time

import pytest

from pamsignal.cli import output
from tests.builders import NOON_US


@pytest.fixture
def at_home(monkeypatch):
    def moved(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield moved
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "2026-11-23T12:00:00+00:00"),
        ("Europe/Berlin", "2026-11-23T13:00:00+01:00"),
        ("America/St_Johns", "2026-11-23T08:30:00-03:30"),
        ("Asia/Kathmandu", "2026-11-23T17:45:00+05:45"),
        ("Pacific/Kiritimati", "2026-11-24T02:00:00+14:00"),
    ],
)
def test_local_time_carries_its_offset(at_home, zone, shown):
    at_home(zone)
    assert output.timestamp(NOON_US + 7, local=True) == shown


def test_the_hour_that_comes_twice_in_autumn_is_told_apart_by_its_offset(at_home):
    at_home("Europe/Berlin")
    first, second = (output.timestamp(1_792_888_200_000_000 + hours * 3_600_000_000, local=True) for hours in (0, 1))
    assert (first[11:16], second[11:16]) == ("02:30", "02:30")
    assert (first[-6:], second[-6:]) == ("+02:00", "+01:00")


def test_everywhere_else_it_is_utc(at_home):
    at_home("Asia/Kathmandu")
    assert output.timestamp(NOON_US, local=False) == "2026-11-23T12:00:00Z"
