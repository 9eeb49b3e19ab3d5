"""The clock on the wall: here and in zones with a name, with summer time."""

from __future__ import annotations

import time
from calendar import timegm

import pytest

from pamsignal.errors import ConfigError
from pamsignal.runtime.zone import wall_clock

HOUR_US = 3_600_000_000


def utc_us(*parts):
    return timegm(parts) * 1_000_000


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        ((2026, 11, 27, 12, 0, 0), 1),
        ((2026, 7, 1, 12, 0, 0), 2),
        ((2026, 10, 25, 0, 59, 59), 2),
        ((2026, 10, 25, 1, 0, 0), 1),
    ],
)
def test_a_zone_with_a_name_has_its_summer(moment, hours):
    time_us = utc_us(*moment)
    assert wall_clock("Europe/Berlin")(time_us) - time_us == hours * HOUR_US


def test_without_a_name_it_is_the_zone_of_this_host(monkeypatch):
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    try:
        assert wall_clock(None)(7) == 7 + 5 * HOUR_US + HOUR_US // 2
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "Europe", "", "\0"])
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(ConfigError):
        wall_clock(name)
