"""The status file is whole, readable by all, and says what to do where it is not."""

import os

import pytest

from pamsignal.errors import NotRunningError
from pamsignal.runtime import status_file


def test_what_was_written_is_read(tmp_path):
    path = str(tmp_path / "status.json")
    status_file.write(path, {"events": 1})
    status_file.write(path, {"events": 2, "channels": {"slack": "ok"}})

    assert status_file.read(path) == {"events": 2, "channels": {"slack": "ok"}}
    assert os.listdir(tmp_path) == ["status.json"]  # noqa: PTH208 - names are what is compared


def test_it_is_readable_by_all_whatever_the_umask(tmp_path):
    former = os.umask(0o077)
    try:
        status_file.write(str(tmp_path / "status.json"), {})
    finally:
        os.umask(former)

    assert (tmp_path / "status.json").stat().st_mode & 0o777 == 0o644


def test_a_planted_link_is_not_followed(tmp_path):
    (tmp_path / "status.json.new").symlink_to(tmp_path / "victim")

    with pytest.raises(OSError, match="symbolic links"):
        status_file.write(str(tmp_path / "status.json"), {})
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_status_counts_as_not_running(tmp_path, content):
    (tmp_path / "status.json").write_bytes(content)

    with pytest.raises(NotRunningError, match="not a status file"):
        status_file.read(str(tmp_path / "status.json"))


def test_a_missing_file_says_how_to_start(tmp_path):
    with pytest.raises(NotRunningError, match="systemctl start pamsignal"):
        status_file.read(str(tmp_path / "status.json"))
