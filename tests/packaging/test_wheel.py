"""The wheel and the source archive: `make wheel` builds them, the role pushes the wheel."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile

import pytest

from pamsignal import __version__
from tests.packaging.deb import check_out

WHEEL, SOURCE = f"pamsignal-{__version__}-py3-none-any.whl", f"pamsignal-{__version__}.tar.gz"
# What the source archive has beside the program.
BESIDE = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
BESIDE |= {f"packaging/systemd/{name}" for name in ("pamsignal.service", "stage-config")}


def build(tree, **options):
    command = [tree / "tools/build_wheel.sh"]
    subprocess.run(command, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, check=True, **options)
    return tree / "dist"


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    return build(check_out(tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def tracked(dist):
    return {str(path.relative_to(dist.parent)) for path in dist.parent.glob("pamsignal/**/*") if path.is_file()}


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_both_lie_in_dist_with_their_sums(dist):
    assert (dist / "SHA256SUMS").read_text() == "".join(f"{digest(dist / name)}  {name}\n" for name in (WHEEL, SOURCE))


def test_the_wheel_has_all_that_git_tracks_of_the_program(dist, tracked):
    with zipfile.ZipFile(dist / WHEEL) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == tracked


def test_the_source_archive_has_the_program_and_what_an_installation_by_hand_copies(dist, tracked):
    with tarfile.open(dist / SOURCE) as archive:
        assert {name.partition("/")[2] for name in archive.getnames()} == tracked | BESIDE


def test_another_checkout_makes_the_same_files(dist, tmp_path):
    check_out(tmp_path)
    for file in tmp_path.glob("pamsignal/**/*"):
        os.utime(file, (1, 1))
    (tmp_path / "LICENSE").chmod(0o600)
    again = build(tmp_path, umask=0o077)
    assert (again / "SHA256SUMS").read_bytes() == (dist / "SHA256SUMS").read_bytes()
