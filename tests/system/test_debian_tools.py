"""The deb before Debian's own tools: piuparts, autopkgtest, and a build from its source with nothing but what it asks for.

All of it without a network: what the package depends on is in the trees, the earlier version in a repository beside.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.packaging.deb import PROJECT, build, check_out
from tests.system import earlier
from tests.system.host import SSH
from tests.system.images import CODENAMES, IMAGES, base_tree
from tests.system.repositories import VERSION
from tests.system.repositories import build as run_tool

# The base tree below an upper layer, in namespaces that end with the command.
OVER = 'mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root" && shift 2 && exec "$@"'
EARLIEST = next(iter(earlier.EARLIER))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with its deb and its source package."""
    tree = check_out(tmp_path_factory.mktemp("checkout"))
    build(tree)
    run_tool(tree, "build_deb_source.sh")
    return tree


@pytest.fixture(scope="module")
def deb(checkout):
    return checkout / f"dist/pamsignal_{VERSION}_all.deb"


@pytest.fixture(scope="module")
def earliest(tmp_path_factory):
    """A repository with the earliest version."""
    folder = tmp_path_factory.mktemp("earliest")
    package = earlier.build(EARLIEST, "deb", "0.0.1", tmp_path_factory.mktemp("build"))
    shutil.copy(package, folder)
    index = subprocess.run(["dpkg-scanpackages", "."], cwd=folder, capture_output=True, check=True).stdout
    (folder / "Packages").write_bytes(index)
    return folder


@pytest.fixture(scope="module")
def maker(lab):
    """A host with what builds the package, and nothing else that a developer has."""
    return lab.boot_named({"maker": "build11"})["maker"]


@pytest.mark.parametrize("release", [min(CODENAMES), max(CODENAMES)])
def test_piuparts_finds_nothing_left_behind_by_an_installation_or_an_upgrade(release, deb, earliest, tmp_path):
    for folder in ("upper/etc/apt/sources.list.d", "work", "root", "tmp"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copytree(earliest, tmp_path / "upper/earliest")
    (tmp_path / "upper/etc/apt/sources.list.d/earliest.list").write_text("deb [trusted=yes] file:///earliest ./\n")
    command = ["piuparts", "--existing-chroot", tmp_path / "root", "--keep-sources-list", "--skip-minimize"]
    # Links into the documentation, which the trees have none of, and a folder of debconf's own.
    command += ["--no-symlinks", r"--ignore-regex=/var/cache/debconf/tmp\.ci/?"]
    command += ["--no-eatmydata", "--warn-on-others", "--warn-on-debsums-errors", "--log-level=info", deb]
    over = ["unshare", "--mount", "sh", "-c", OVER, "over", base_tree(IMAGES[release]), tmp_path, *command]
    told = subprocess.run(over, env={**os.environ, "TMPDIR": str(tmp_path / "tmp")}, capture_output=True, text=True, check=False)  # fmt: skip
    assert told.returncode == 0, told.stdout[-6000:] + told.stderr
    assert "PASS: Installation and purging test." in told.stdout
    assert "PASS: Installation, upgrade and purging tests." in told.stdout


def test_the_source_builds_where_only_its_build_dependencies_are(maker, checkout, deb):
    for file in (checkout / "dist/source").glob(f"pamsignal_{VERSION}.*"):
        maker.put(file, f"/root/source/{file.name}")
    maker.run(f"cd /root/source && dpkg-source --extract pamsignal_{VERSION}.dsc built")
    missing = maker.run("cd /root/source/built && dpkg-checkbuilddeps", check=False).stderr
    # A compiler, which every build has and this package has no use for.
    assert missing.split(": ")[-1].split() == ["build-essential:native"], missing
    maker.run("cd /root/source/built && dpkg-buildpackage --build=binary --no-check-builddeps --no-sign")
    theirs = maker.run(f"dpkg-deb --contents /root/source/pamsignal_{VERSION}_all.deb").stdout
    ours = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, text=True, check=True).stdout
    assert files_in(theirs) == files_in(ours)


def files_in(listing):
    """Mode, owner and name of each file; the manual pages name the docutils that wrote them, so sizes may differ."""
    return [(words[0], words[1], words[-1]) for words in map(str.split, listing.splitlines())]


def test_autopkgtest_runs_every_test_and_all_pass(maker, lab, deb, tmp_path):
    login = ["-H", maker.ip, "-l", "root", "-i", lab.key, f"--options={' '.join(SSH[3:])}"]
    login += ["--capability", "isolation-container"]
    command = ["autopkgtest", "--no-built-binaries", "--output-dir", tmp_path / "told", deb, PROJECT / "packaging"]
    told = subprocess.run(lab.on_network([*command, "--", "ssh", *login]), capture_output=True, text=True, check=False)
    summary = (tmp_path / "told/summary").read_text()
    assert told.returncode == 0, summary + told.stdout[-6000:] + told.stderr[-6000:]
    assert {tuple(line.split()) for line in summary.splitlines()} == {
        (name, "PASS") for name in ("command-line", "service", "login")
    }
