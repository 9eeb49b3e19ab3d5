"""Places from databases: found, replaced, broken, of another kind, old."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pamsignal.enrich import geo
from pamsignal.enrich.geo import FOLDERS
from pamsignal.enrich.place import DAY_US, NOWHERE, OLD_DAYS, Place
from tests.harness.databases import (
    BERLIN,
    CITIES,
    FRANCE,
    IN_BERLIN,
    IN_FRANCE,
    IN_QUITO,
    NETWORKS,
    QUITO,
    UNLISTED,
    built_on,
    opened,
    problems,
    write,
    write_cities,
    write_networks,
)


@pytest.fixture
def city(tmp_path):
    return tmp_path / "city.mmdb"


def test_an_address_has_a_place_and_a_network(city, tmp_path):
    atlas = opened(write_cities(city), write_networks(tmp_path / "asn.mmdb"))
    assert atlas.place_of(IN_BERLIN) == Place(
        "DE",
        "Berlin",
        64496,
        "Example Net",
        "EU",
        latitude_microdegrees=52_519_600,
        longitude_microdegrees=13_406_900,
        radius_km=200,
    )
    assert atlas.place_of(IN_FRANCE) == Place("FR", None, 64496, "Example Net", "EU")
    assert atlas.place_of(IN_QUITO).latitude_microdegrees == -214_300
    assert atlas.place_of(UNLISTED) == NOWHERE
    assert problems(atlas) == []


@pytest.mark.parametrize(
    ("kind", "edition", "records", "known"),
    [
        ("city", "GeoLite2-City", CITIES, Place(country="DE", city="Berlin", continent="EU")),
        ("city", "GeoIP2-City-Europe", CITIES, Place(country="DE", city="Berlin", continent="EU")),
        ("city", "DBIP-City-Lite", CITIES, Place(country="DE", city="Berlin", continent="EU")),
        ("city", "GeoIP2-Enterprise", CITIES, Place(country="DE", city="Berlin", continent="EU")),
        ("city", "GeoLite2-Country", {"203.0.113.0/24": FRANCE}, Place(country="FR", continent="EU")),
        ("asn", "GeoLite2-ASN", NETWORKS, Place(asn=64496, org="Example Net")),
        ("asn", "GeoIP2-ISP", NETWORKS, Place(asn=64496, org="Example Net")),
        ("asn", "DBIP-ASN-Lite (compat=GeoLite2-ASN)", NETWORKS, Place(asn=64496, org="Example Net")),
    ],
)
def test_every_edition_that_serves_is_read(kind, edition, records, known, tmp_path):
    atlas = opened(**{kind: write(tmp_path / "x.mmdb", edition, records)})
    found = atlas.place_of(IN_BERLIN)
    assert found._replace(latitude_microdegrees=None, longitude_microdegrees=None, radius_km=None) == known


@pytest.mark.parametrize(
    ("kind", "edition", "wanted"),
    [
        ("city", "GeoLite2-ASN", "a City or Country or Enterprise one is needed"),
        ("asn", "GeoLite2-City", "a GeoLite2-ASN or GeoIP2-ISP one is needed"),
        ("city", "GeoIP2-Domain", "a City or Country or Enterprise one is needed"),
    ],
)
def test_a_database_of_another_kind_is_not_used(kind, edition, wanted, tmp_path):
    path = write(tmp_path / "x.mmdb", edition, {})
    atlas = opened(**{kind: path})
    assert atlas.place_of(IN_BERLIN) == NOWHERE
    assert problems(atlas) == [f"geoip.{kind}: {path} is not used: it is a {edition} database; {wanted}"]


def test_a_database_is_found_in_the_first_folder_that_has_one(tmp_path):
    for folder, record in zip(FOLDERS[::-1], (BERLIN, QUITO, BERLIN)):
        write_cities(tmp_path / folder[1:] / "GeoLite2-City.mmdb", {"203.0.113.0/24": record})
        atlas = opened(geo.AUTO, geo.AUTO, tmp_path)
        assert atlas.place_of(IN_BERLIN).country == record["country"]["iso_code"]
    assert atlas.state(0)["city"]["path"] == f"{tmp_path}{FOLDERS[0]}/GeoLite2-City.mmdb"
    assert atlas.state(0)["asn"] is None
    assert problems(atlas) == []


def test_a_city_is_preferred_to_a_country(tmp_path):
    folder = tmp_path / FOLDERS[0][1:]
    write(folder / "GeoLite2-Country.mmdb", "GeoLite2-Country", CITIES)
    write_cities(folder / "GeoLite2-City.mmdb")
    assert opened(geo.AUTO, geo.AUTO, tmp_path).place_of(IN_BERLIN).city == "Berlin"


def test_no_database_is_no_problem_unless_one_was_named(tmp_path):
    assert problems(opened(geo.AUTO, geo.AUTO, tmp_path)) == []
    assert problems(opened(None, None)) == []
    missing = f"{tmp_path}/none.mmdb"
    told = f"geoip.city: {missing} is not there, or cannot be reached; put a database there"
    assert problems(opened(missing)) == [told]


def test_a_database_that_comes_later_is_used(city):
    atlas = opened(str(city))
    write_cities(city)
    assert atlas.refresh()
    assert not atlas.refresh()
    assert atlas.place_of(IN_BERLIN).city == "Berlin"
    assert problems(atlas) == []


def test_a_database_that_is_replaced_is_read_anew(city):
    atlas = opened(write_cities(city))
    write_cities(city, {"203.0.113.0/24": QUITO})
    assert atlas.place_of(IN_BERLIN).city == "Berlin"  # what is mapped stays whole
    assert atlas.refresh()
    assert atlas.place_of(IN_BERLIN).city == "Quito"
    assert problems(atlas) == []


def test_a_database_that_was_replaced_is_let_go(city):
    atlas = opened(write_cities(city))
    for _ in range(3):
        write_cities(city)
        atlas.refresh()
    assert Path("/proc/self/maps").read_text().count(str(city)) == 1


def test_a_file_of_another_edition_does_not_take_the_place_of_a_good_one(city):
    atlas = opened(write_cities(city))
    write_networks(city)
    atlas.refresh()
    assert atlas.place_of(IN_BERLIN).city == "Berlin"
    assert len(problems(atlas)) == 1


def test_a_good_file_that_is_put_back_ends_the_trouble(city, tmp_path):
    atlas = opened(write_cities(city))
    city.rename(tmp_path / "aside")
    atlas.refresh()
    assert problems(atlas) == [f"geoip.city: {city} is gone; what was in it is used until the next reload"]
    assert atlas.place_of(IN_BERLIN).city == "Berlin"
    (tmp_path / "aside").rename(city)
    atlas.refresh()
    assert problems(atlas) == []


def test_a_file_that_may_not_be_read_is_used_once_it_may(open_folder):
    city = open_folder / "city.mmdb"
    write_cities(city)
    city.chmod(0)
    program = f"""
import os; os.setgid(65534); os.setuid(65534)
from ipaddress import ip_address
from pamsignal.enrich.place import Atlas
from pamsignal.enrich.geo import Settings
atlas = Atlas(Settings({str(city)!r}, None)); atlas.refresh(); print(*atlas.problems(0), flush=True)
input(); atlas.refresh(); print(atlas.place_of(ip_address("203.0.113.9")).city, *atlas.problems(0))
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        told = child.stdout.readline()
        city.chmod(0o644)
        rest, _ = child.communicate("\n")
    assert told == f"geoip.city: {city} is not used: Permission denied; let everybody read it: chmod 0644 FILE\n"
    assert rest == "Berlin\n"


def test_an_ipv4_database_knows_nothing_of_ipv6_and_that_is_no_damage(city):
    atlas = opened(write(city, "GeoLite2-City", {"203.0.113.0/24": BERLIN}, ip_version=4))
    assert atlas.place_of(IN_QUITO) == NOWHERE
    assert atlas.place_of(IN_BERLIN).city == "Berlin"


def test_an_old_database_is_a_problem_always_in_the_same_words(city):
    atlas = opened(write_cities(city))
    assert problems(atlas, OLD_DAYS - 1) == []
    built = built_on(city)
    told = [f"geoip.city: {city} was built on {built}, over 30 days ago; get a new one"]
    assert problems(atlas, OLD_DAYS + 1) == problems(atlas, OLD_DAYS + 99) == told


def test_the_state_tells_what_is_in_use(city):
    atlas = opened(write_cities(city))
    state = atlas.state(time.time_ns() // 1000 + 3 * DAY_US)["city"]
    assert (state["path"], state["edition"], state["age_days"]) == (str(city), "GeoLite2-City", 3)
    assert state["built"].startswith(f"{built_on(city)}T")


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"country": {}},
        {"country": {"iso_code": 7}, "city": {"names": {"en": 8}}},
        {"location": {"latitude": "north", "longitude": 1e300, "accuracy_radius": -1}},
        {"country": {"iso_code": ""}, "continent": {"code": ""}},
        {"city": {"names": 5}},
    ],
)
def test_a_record_of_an_unexpected_shape_tells_nothing(record, city):
    assert opened(write_cities(city, {"203.0.113.0/24": record})).place_of(IN_BERLIN) == NOWHERE


def test_a_long_name_is_cut(city):
    atlas = opened(write_cities(city, {"203.0.113.0/24": {"city": {"names": {"en": "x" * 5000}}}}))
    assert atlas.place_of(IN_BERLIN).city == "x" * 128


def test_maxminddb_is_imported_only_where_there_is_a_database(tmp_path):
    program = """
import sys
from pamsignal.enrich import Enricher, Settings
from pamsignal.enrich.geo import Settings as Geo
Enricher(Settings(Geo("auto", None)), sys.argv[1])
print("maxminddb" in sys.modules)
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    assert subprocess.check_output(command, text=True) == "False\n"
    write_cities(tmp_path / FOLDERS[0][1:] / "GeoLite2-City.mmdb")
    assert subprocess.check_output(command, text=True) == "True\n"


def test_a_missing_maxminddb_is_told_with_what_to_install(city):
    program = """
import sys
sys.modules["maxminddb"] = None
from pamsignal.enrich.place import Atlas
from pamsignal.enrich.geo import Settings
atlas = Atlas(Settings(sys.argv[1], None)); atlas.refresh(); print(*atlas.problems(0))
"""
    told = subprocess.check_output([sys.executable, "-c", program, write_cities(city)], text=True)
    missing = "Python's maxminddb, which reads it, is missing; install python3-maxminddb"
    assert told == f"geoip.city: {city} is not used: {missing}\n"
