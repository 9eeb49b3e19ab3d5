"""The source packages of Debian and of a PPA: their versions, what lintian says, and what is written about the source."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from debian.copyright import Copyright, License
from debian.deb822 import Deb822, Dsc

from pamsignal import __version__
from tests.harness.receiver import Receiver, Reply
from tests.packaging.deb import PROJECT, check_out
from tests.packaging.test_deb import OF_ITS_AGE

FOLDER = PROJECT / "packaging/debian"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A checkout in which source packages were built: one of the version itself, two for a PPA."""
    tree = check_out(tmp_path_factory.mktemp("checkout"))
    for series in ([], ["jammy", "noble"]):
        built = build(tree, *series)
        assert built.returncode == 0, built.stdout + built.stderr
    return tree


@pytest.fixture(scope="module")
def sources(tree):
    return tree / "dist/source"


def build(tree, *series, **options):
    return subprocess.run(
        [tree / "tools/build_deb_source.sh", *series], capture_output=True, text=True, check=False, **options
    )


def changes_of(sources, version):
    return Deb822((sources / f"pamsignal_{version}_source.changes").read_text())


def test_the_version_itself_is_one_source_package(sources):
    described = Dsc((sources / f"pamsignal_{__version__}.dsc").read_text())
    assert (described["Source"], described["Version"]) == ("pamsignal", __version__)
    assert described["Binary"] == described["Package-List"].split()[0] == "pamsignal"


@pytest.mark.parametrize("series", ["jammy", "noble"])
def test_each_series_of_a_ppa_has_a_version_of_its_own_below_the_next_one(sources, series):
    version = f"{__version__}~{series}1"
    changes = changes_of(sources, version)
    assert (changes["Distribution"], changes["Version"]) == (series, version)
    assert (sources / f"pamsignal_{version}.dsc").exists()
    compared = subprocess.run(["dpkg", "--compare-versions", version, "lt", __version__], check=False)
    assert compared.returncode == 0


def test_lintian_has_nothing_to_say_about_a_source_for_a_ppa(sources):
    changes = sources / f"pamsignal_{__version__}~jammy1_source.changes"
    command = ["lintian", "--profile=ubuntu", "-EviIL", "+pedantic", f"--suppress-tags={OF_ITS_AGE}", changes]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.stdout, told.returncode) == ("", 0)


def test_building_again_makes_the_same_source(sources, tmp_path):
    (again := tmp_path / "again").mkdir()
    assert build(check_out(again), env={"PATH": "/usr/bin:/bin", "TZ": "Asia/Kathmandu"}).returncode == 0
    name = f"pamsignal_{__version__}.tar.xz"
    assert (again / "dist/source" / name).read_bytes() == (sources / name).read_bytes()


def test_its_files_are_what_git_tracks_and_no_more(sources, tmp_path):
    unpacked = tmp_path / "unpacked"
    subprocess.run(["dpkg-source", "--extract", sources / f"pamsignal_{__version__}.dsc", unpacked], check=True)
    listed = [PROJECT / "tools/source_files.sh"]
    tracked = subprocess.run(listed, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]
    there = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert there == {re.sub("^packaging/debian/", "debian/", name) for name in tracked}


@pytest.mark.parametrize("series", ["Noble", "no;ble", "24.04", "--build=full"])
def test_a_series_that_is_none_is_refused(tree, series):
    refused = build(tree, series)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"{series}: no name of a series" in refused.stderr


def test_the_copyright_file_is_well_formed_and_tells_the_licence_of_every_file():
    with (FOLDER / "copyright").open() as opened:
        told = Copyright(opened, strict=True)
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    paragraphs = {told.find_files_paragraph(name) for name in tracked.stdout.split("\0") if name}
    assert None not in paragraphs
    assert {one.license for one in paragraphs} <= {
        License(one.license.synopsis) for one in told.all_license_paragraphs()
    }


# What a code host shows of a repository's tags.
TAGS = "".join(
    f'<a href="/pamsignal/archive/refs/tags/{tag}.tar.gz">' for tag in ("v0.1.0", "v9.10.2", "v9.9.3", "nightly")
)


def test_uscan_finds_the_newest_tag(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "pamsignal/debian")
    watch = tmp_path / "pamsignal/debian/watch"
    with Receiver(Reply(body=TAGS.encode())) as host:
        watch.write_text(watch.read_text().replace("https://example.org", host.url("")))
        asked = ["uscan", "--no-conf", "--report", "--dehs"]
        told = subprocess.run(asked, cwd=tmp_path / "pamsignal", capture_output=True, text=True, check=False)
    assert "<upstream-version>9.10.2</upstream-version>" in told.stdout, told.stdout + told.stderr
