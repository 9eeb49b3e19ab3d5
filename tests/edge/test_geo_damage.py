"""Databases that are damaged: they never raise, and one with which the process ends is noted and refused."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamsignal.enrich import geo
from pamsignal.enrich.geo import Settings
from pamsignal.enrich.note import Note
from pamsignal.enrich.place import NOWHERE, Atlas
from tests.harness.databases import (
    BERLIN,
    IN_BERLIN,
    IN_FRANCE,
    IN_QUITO,
    QUITO,
    UNLISTED,
    opened,
    problems,
    write_cities,
)


@pytest.fixture
def city(tmp_path):
    return tmp_path / "city.mmdb"


BROKEN = {
    "empty": b"",
    "a web page": b"<!DOCTYPE html><title>Log in</title>",
    "a marker alone": b"\xab\xcd\xefMaxMind.com",
    "without its end": None,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_does_not_take_the_place_of_a_good_one(content, city):
    atlas = opened(write_cities(city))
    broken = city.with_name("broken")
    broken.write_bytes(city.read_bytes()[:-200] if content is None else content)
    broken.rename(city)
    kept = "; the one that was read before stays in use"
    told = [f"geoip.city: {city} is not used: it is no whole MaxMind DB file; download it again{kept}"]
    for _ in range(2):
        assert not atlas.refresh()
        assert problems(atlas) == told
        assert atlas.place_of(IN_BERLIN).city == "Berlin"
    write_cities(city)
    assert atlas.refresh()
    assert problems(atlas) == []


def test_a_file_that_is_written_over_in_place_does_not_kill_us(city):
    """A process that reads a mapped page which is no longer in the file dies of SIGBUS."""
    atlas = opened(
        write_cities(city, {"203.0.113.0/24": BERLIN, **{f"198.51.100.{last}": QUITO for last in range(256)}})
    )
    whole = city.read_bytes()
    with city.open("wb") as file:
        file.flush()
        assert atlas.place_of(IN_BERLIN) == NOWHERE
        assert problems(atlas) == [f"geoip.city: {city} is being written to; replace it by renaming (mv) a whole one"]
        atlas.refresh()
        assert atlas.place_of(IN_BERLIN) == NOWHERE
        file.write(whole)
    assert atlas.refresh()
    assert atlas.place_of(IN_BERLIN).city == "Berlin"
    assert problems(atlas) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "city.mmdb"
    write_cities(path)
    return path.read_bytes()


def test_a_file_that_turned_out_damaged_is_left_until_it_is_replaced(city):
    atlas = opened(write_cities(city, {"203.0.113.0/24": {"city": {"names": 5}}}))
    assert problems(atlas) == []
    for _ in range(2):
        assert atlas.place_of(IN_BERLIN) == NOWHERE
        assert problems(atlas) == [f"geoip.city: {city} is not used: it is damaged; download it again"]
        assert not atlas.refresh()
    write_cities(city)
    assert atlas.refresh()
    assert problems(atlas) == []


def noted(state, path, pid):
    """Write the note of a process that has the database at `path` open."""
    Note(f"{state}/geoip-city.open").write(geo._file_at(str(path)).identity)
    note = state / "geoip-city.open"
    note.write_text(f"{pid} {note.read_text().partition(' ')[2]}")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_file_never_raises(damage, whole, city, tmp_path):
    """As after a death of it: maxminddb's extension would end this process, too."""
    content = bytearray(whole)
    for place, value in damage:
        content[place % len(content)] = value
    city.write_bytes(content)
    noted(tmp_path, city, pid=0)
    atlas = Atlas(Settings(str(city), None), state=str(tmp_path))
    atlas.refresh()
    for ip in (IN_BERLIN, IN_FRANCE, IN_QUITO, UNLISTED):
        atlas.place_of(ip)
    assert len(problems(atlas)) <= 2
    atlas.close()


LOOK_UP = """
import sys
from ipaddress import ip_address
from pamsignal.enrich.geo import Settings
from pamsignal.enrich.place import Atlas
atlas = Atlas(Settings(sys.argv[1], None), state=sys.argv[2])
atlas.refresh()
print(atlas.place_of(ip_address("203.0.113.9")).city, *atlas.problems(0))
"""


@pytest.mark.parametrize("network", ["203.0.113.0/24", "192.0.2.0/24"], ids=["by the lookup", "by the trial"])
def test_a_file_that_ends_the_process_ends_only_one(network, city, tmp_path):
    """maxminddb's C extension dies of a map key that is no text (2.2 and 3.2): of a byte that is lost."""
    write_cities(city, {network: BERLIN})
    city.write_bytes(city.read_bytes().replace(b"Ben", b"\0en"))
    command = [sys.executable, "-c", LOOK_UP, str(city), str(tmp_path)]
    subprocess.run(command, check=False)
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert told.startswith(f"None geoip.city: {city} is not used: it is ")


def test_after_a_sudden_end_the_same_file_is_read_all_the_same(city, tmp_path):
    write_cities(city)
    for program in (LOOK_UP + "import os; os.kill(os.getpid(), 9)", LOOK_UP):
        done = subprocess.run(
            [sys.executable, "-uc", program, str(city), str(tmp_path)], stdout=subprocess.PIPE, check=False
        )
        assert done.stdout == b"Berlin\n"
    assert (tmp_path / "geoip-city.open").exists()


@pytest.mark.parametrize(
    ("noted", "ends"),
    [
        ("0 0 1 2 3 4", 1),
        ("0 3 1 2 3 4", 4),
        (f"{os.getpid()} 3 1 2 3 4", 0),
        ("0 3 1 2 3 5", 0),
        ("0 1 2 3 4", 0),
        ("x", 0),
        ("", 0),
    ],
    ids=["of another process", "of several", "of this process", "of another file", "of an older version", "x", "empty"],
)
def test_a_note_tells_how_many_processes_ended_with_the_same_file(noted, ends, tmp_path):
    path = tmp_path / "note"
    path.write_text(noted)
    assert Note(str(path)).ends_with("1 2 3 4") == ends


def test_a_file_with_which_process_after_process_ends_is_refused_until_it_changes(city, tmp_path):
    write_cities(city)
    kill = LOOK_UP + "import os; os.kill(os.getpid(), 9)"
    told = [
        subprocess.run(
            [sys.executable, "-uc", kill, str(city), str(tmp_path)], stdout=subprocess.PIPE, check=False
        ).stdout
        for _ in range(6)
    ]
    refused = f"None geoip.city: {city} is not used: {{}} times the daemon ended while it was read; download it again\n"
    assert [one.decode() for one in told] == ["Berlin\n"] * 4 + [refused.format(4), refused.format(5)]
    write_cities(city, {"203.0.113.0/24": QUITO})
    assert subprocess.check_output([sys.executable, "-c", LOOK_UP, str(city), str(tmp_path)], text=True) == "Quito\n"


def test_a_pipe_in_the_place_of_a_database_is_refused_without_waiting(city):
    os.mkfifo(city)
    assert problems(opened(str(city))) == [
        f"geoip.city: {city} is not used: it is no whole MaxMind DB file; download it again"
    ]


def notes(folder):
    return [path.name for path in folder.glob("*.open")]


def test_the_note_is_there_as_long_as_the_database_is_open(city, tmp_path):
    atlas = Atlas(Settings(write_cities(city), None), state=str(tmp_path))
    for _ in range(2):
        atlas.refresh()
        assert notes(tmp_path) == ["geoip-city.open"]
        atlas.close()
        assert notes(tmp_path) == []


def test_no_note_is_left_of_a_database_that_is_not_used(city, tmp_path):
    city.write_bytes(b"nothing")
    atlas = Atlas(Settings(str(city), None), state=str(tmp_path))
    atlas.refresh()
    assert notes(tmp_path) == []


def test_a_directory_that_cannot_be_written_costs_no_place(city, tmp_path):
    atlas = Atlas(Settings(write_cities(city), None), state=f"{tmp_path}/nowhere")
    atlas.refresh()
    assert atlas.place_of(IN_BERLIN).city == "Berlin"
