"""Where things are kept, for a service, for root and for a user."""

import os
from pathlib import Path

import pytest

from pamsignal.errors import AccessError
from pamsignal.runtime.directories import SYSTEM, Directories, directories, ensure


def test_what_systemd_gives_comes_first():
    environ = {
        "STATE_DIRECTORY": "/var/lib/private/pamsignal:/var/lib/other",
        "LOGS_DIRECTORY": "/l",
        "RUNTIME_DIRECTORY": "/r",
    }

    expected = Directories("/var/lib/private/pamsignal", "/l", "/r")
    assert directories(environ, 61234) == expected


def test_root_without_systemd_uses_the_systems_directories():
    assert directories({"HOME": "/root", "XDG_STATE_HOME": "/x"}, 0) == SYSTEM


def test_a_user_uses_their_own():
    environ = {"HOME": "/home/alice", "XDG_RUNTIME_DIR": "/run/user/1000"}

    assert directories(environ, 1000) == Directories(
        state="/home/alice/.local/state/pamsignal",
        logs="/home/alice/.local/state/pamsignal/log",
        runtime="/run/user/1000/pamsignal",
    )


def test_a_user_can_move_them_but_not_to_a_relative_path():
    environ = {"HOME": "/h", "XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "relative"}

    found = directories(environ, 1000)

    assert (found.state, found.runtime) == ("/s/pamsignal", "/s/pamsignal/run")


def test_a_directory_is_made_for_us_alone_and_may_be_there_already(tmp_path):
    path = str(tmp_path / "a" / "b")

    assert ensure(path) == ensure(path) == path
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(AccessError, match="file/b: cannot be made"):
        ensure(str(tmp_path / "file" / "b"))


def test_a_directory_for_everybody_is_so_under_any_umask(tmp_path):
    before = os.umask(0o077)
    try:
        path = ensure(str(tmp_path / "run"), 0o755)
    finally:
        os.umask(before)
    assert Path(path).stat().st_mode & 0o777 == 0o755
