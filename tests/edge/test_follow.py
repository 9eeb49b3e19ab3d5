"""Following the trail: each finished record once, whatever happens to the files meanwhile."""

from __future__ import annotations

from pamsignal.audit.files import files_in
from pamsignal.audit.follow import Follower
from pamsignal.audit.pack import pack
from pamsignal.audit.search import Query
from tests.harness.trails import NOON_US, a_trail, events, newest

EVERYTHING = Query()


def pids(follower, directory, query=EVERYTHING):
    return [found.subject.event.pid for found in follower.read(files_in(str(directory)), query)]


def test_only_what_is_new_is_read_and_only_once(tmp_path):
    trail = a_trail(tmp_path)
    trail.append(NOON_US, events(0, 3), ())
    follower = Follower(files_in(str(tmp_path)))
    assert pids(follower, tmp_path) == []
    trail.append(NOON_US, events(3, 2), ())
    assert pids(follower, tmp_path) == [3, 4]
    assert pids(follower, tmp_path) == []
    trail.close()


def test_what_is_not_asked_for_is_passed_over_for_good(tmp_path):
    trail = a_trail(tmp_path)
    trail.append(NOON_US, events(0), ())
    follower = Follower(files_in(str(tmp_path)))
    trail.append(NOON_US, [*events(1, user="bob"), *events(2)], ())
    assert pids(follower, tmp_path, Query(user="bob")) == [1]
    assert pids(follower, tmp_path) == []
    trail.close()


def test_a_record_that_is_half_written_is_read_when_it_is_whole(tmp_path):
    trail = a_trail(tmp_path)
    trail.append(NOON_US, events(0), ())
    follower = Follower(files_in(str(tmp_path)))
    trail.append(NOON_US, events(1), ())
    trail.close()
    path = newest(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert pids(follower, tmp_path) == []
    path.write_bytes(whole)
    assert pids(follower, tmp_path) == [1]


def test_a_file_that_is_closed_and_compressed_in_between_loses_nothing(tmp_path):
    trail = a_trail(tmp_path, rotate_bytes=2000)
    trail.append(NOON_US, events(0, 2), ())
    follower = Follower(files_in(str(tmp_path)))
    for number in range(2, 12):
        trail.append(NOON_US, events(number), ())
        trail.tend(NOON_US)
    trail.close()
    files = files_in(str(tmp_path))
    assert len(files) > 2
    for file in files[:-1]:
        pack(file.path)
    assert pids(follower, tmp_path) == list(range(2, 12))
    assert pids(follower, tmp_path) == []
