"""Who cannot have come from where they were: distance, uncertainty, speed, and what is no travel at all."""

from __future__ import annotations

import pytest

from pamsignal.detect import familiar, reasons, travel
from pamsignal.detect.familiar import Familiar
from pamsignal.detect.travel import Place
from pamsignal.model import Context
from pamsignal.terms import Severity
from tests.builders import NOON_US, a_login, an_endpoint

HOUR_US = 3_600_000_000
LONDON, PARIS, TOKYO = (
    Place(51_507_400, -127_800, 0),
    Place(48_856_600, 2_352_200, 0),
    Place(35_689_500, 139_691_700, 0),
)
DEFAULTS = travel.Settings()


def at(place, asn=64500, radius_km=None):
    return Context(latitude_microdegrees=place[0], longitude_microdegrees=place[1], radius_km=radius_km, asn=asn)


@pytest.mark.parametrize(("other", "km"), [(LONDON, 0), (PARIS, 344), (TOKYO, 9559)])
def test_a_distance_is_that_of_the_atlas(other, km):
    assert travel.distance_km(LONDON, other) == pytest.approx(km, rel=0.005, abs=1)
    assert travel.distance_km(other, LONDON) == pytest.approx(travel.distance_km(LONDON, other))


def test_the_other_side_of_the_earth_is_no_farther_than_half_around():
    assert travel.distance_km(Place(0, 0, 0), Place(0, 180_000_000, 0)) == pytest.approx(20_015, rel=0.001)


def test_across_the_date_line_is_near():
    assert travel.distance_km(Place(0, 179_900_000, 0), Place(0, -179_900_000, 0)) < 25


@pytest.mark.parametrize(
    ("other", "hours", "impossible"),
    [
        (TOKYO, 1, True),
        (TOKYO, 12, False),
        (PARIS, 0, False),
        (TOKYO._replace(radius_km=9200), 0, False),
        (TOKYO, 0, True),
    ],
)
def test_far_and_fast_and_certain_is_impossible(other, hours, impossible):
    assert travel.is_impossible(LONDON, other, hours * HOUR_US, DEFAULTS) is impossible
    assert travel.is_impossible(other, LONDON, hours * HOUR_US, DEFAULTS) is impossible


def login(place, hours, address="203.0.113.9", **context):
    return a_login(time_us=NOON_US + hours * HOUR_US, source=an_endpoint(address)), at(place, **context)


def told(*logins, **settings):
    """Return the reasons of the last of `logins` that speak of travel."""
    one = Familiar(familiar.Settings(travel=travel.Settings(**settings)))
    found = [one.note(*each) for each in logins][-1]
    return "impossible_travel" in found


def test_a_login_from_too_far_is_told_even_while_learning():
    assert told(login(LONDON, 0), login(TOKYO, 1, "198.51.100.7"))
    assert reasons.severity_of(["new_address", "impossible_travel"], reasons.DEFAULTS) is Severity.CRITICAL


def test_nobody_is_in_two_places_at_the_same_moment():
    assert told(login(LONDON, 0), login(TOKYO, 0, "198.51.100.7"))


def test_of_each_account_the_last_place_alone_is_kept():
    one = Familiar(familiar.Settings())
    one.note(*login(PARIS, 0))
    one.note(*login(LONDON, 1))
    places = {change.fact.value: change.seen_us for change in one.take_changes() if change.fact.kind == "place"}
    assert places == {str(PARIS): None, str(LONDON): NOON_US + HOUR_US}


def test_time_enough_for_a_flight_is_not_told():
    assert not told(login(LONDON, 0), login(TOKYO, 14, "198.51.100.7"))


def test_to_and_fro_between_known_addresses_is_told_once():
    home, away = login(LONDON, 0), login(TOKYO, 1, "198.51.100.7")
    assert not told(home, away, login(LONDON, 2))
    assert not told(home, away, login(LONDON, 2), login(TOKYO, 3, "198.51.100.7"))


def test_a_network_of_vpns_says_nothing_about_a_place():
    vpn = login(TOKYO, 1, "198.51.100.7", asn=64501)
    assert told(login(LONDON, 0), vpn)
    assert not told(login(LONDON, 0), vpn, ignore_asns=(64501,))
    assert not told(login(LONDON, 0), vpn, login(PARIS, 2, "198.51.100.8"), ignore_asns=(64501,))


def test_an_older_login_that_comes_late_moves_nobody():
    assert not told(login(LONDON, 5), login(TOKYO, 4, "198.51.100.7"))


def test_switched_off_it_says_nothing():
    assert not told(login(LONDON, 0), login(TOKYO, 1, "198.51.100.7"), enabled=False)


def test_the_last_place_is_known_after_a_restart():
    one, again = Familiar(familiar.Settings()), Familiar(familiar.Settings())
    one.note(*login(PARIS, 0))
    one.note(*login(LONDON, 1))
    again.restore(one.take_changes())
    assert again.note(*login(TOKYO, 2, "198.51.100.7")) == {"impossible_travel"}


@pytest.mark.parametrize("text", ["", "1", "1 2", "1 2 3 4", "a b c", "1.5 2 3", "1  2 3"])
def test_a_place_of_another_version_is_none(text):
    assert travel.place_in(text) is None


def test_a_place_is_read_as_it_was_written():
    assert travel.place_in(str(TOKYO)) == TOKYO
