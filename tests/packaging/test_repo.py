"""`make repo`: everything signed by the one key, nothing published ever changes, and each refusal says what to do."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import shutil
import subprocess
import time

import pytest

from tests.packaging.deb import repack
from tests.system.repositories import KEY, NEWER, VERSION, KeyRing, packages, run_tool

DEB, RPM = f"pamsignal_{VERSION}_all.deb", f"pamsignal-{VERSION}-1.noarch.rpm"
POOL = "apt/pool/main/p/pamsignal"
LOCKED = KEY.replace("%no-protection\n", "") + "Passphrase: locked\n"
EXPIRING = KEY.replace("Expire-Date: 0", "Expire-Date: 1d")


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    with contextlib.closing(KeyRing(tmp_path_factory.mktemp("gpg") / "home")) as made:
        yield made


@pytest.fixture(scope="module")
def key(ring):
    return ring.make("The one that signs")


@pytest.fixture(scope="module")
def repository(ring, key, tmp_path_factory):
    """The repositories in the dist of a checkout."""
    return ring.publish(packages(tmp_path_factory.mktemp("repo") / "tree"), key)


@pytest.fixture
def another(repository, tmp_path):
    """A copy of the checkout with its repositories, to be changed."""
    return shutil.copytree(repository.parents[1], tmp_path / "tree")


def believes(repository, signature, *signed, tmp_path):
    """Is this a good signature by a key of the repository's public key file?"""
    ring = tmp_path / "public.gpg"
    subprocess.run(["gpg", "--batch", "--yes", "--dearmor", "--output", ring, repository / "pamsignal.asc"], check=True)
    command = ["gpgv", "--quiet", "--keyring", ring, signature, *signed]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def rpm_is_signed(rpm, key_file, tmp_path):
    """Does rpm find a good signature by the key in the file, and demand one?"""
    base = ["rpmkeys", "--dbpath", str(tmp_path / "rpmdb")]
    (tmp_path / "rpmdb").mkdir(exist_ok=True)
    subprocess.run([*base, "--import", key_file], check=True)
    checked = [*base, "--define", "_pkgverify_level all", "--checksig", rpm]
    return subprocess.run(checked, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("signature", "signed"),
    [
        (f"apt/dists/{suite}/{name}", signed)
        for suite in ("stable", VERSION)
        for name, signed in (("InRelease", ()), ("Release.gpg", ("Release",)))
    ]
    + [("dnf/repodata/repomd.xml.asc", ("repomd.xml",)), ("SHA256SUMS.asc", ("SHA256SUMS",))],
)
def test_what_clients_read_first_is_signed(repository, tmp_path, signature, signed):
    file = repository / signature
    assert believes(repository, file, *(file.parent / name for name in signed), tmp_path=tmp_path)


def test_the_rpm_is_signed_and_the_one_in_dist_stays_as_it_was_built(repository, tmp_path):
    assert rpm_is_signed(repository / "dnf" / RPM, repository / "pamsignal.asc", tmp_path)
    assert not rpm_is_signed(repository.parent / RPM, repository / "pamsignal.asc", tmp_path)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=repository.parent, check=True)


def test_the_signed_sums_cover_every_other_file(repository):
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=repository, check=True)
    listed = {line.split("  ")[1] for line in (repository / "SHA256SUMS").read_text().splitlines()}
    present = {str(path.relative_to(repository)) for path in repository.rglob("*") if path.is_file()}
    assert present - listed == {"SHA256SUMS", "SHA256SUMS.asc"}


@pytest.mark.parametrize("machine", ["amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x"])
def test_apt_is_offered_the_deb_of_dist_on_every_machine(repository, machine):
    packages = gzip.decompress((repository / f"apt/dists/stable/main/binary-{machine}/Packages.gz").read_bytes())
    digest = hashlib.sha256((repository.parent / DEB).read_bytes()).hexdigest()
    assert f"SHA256: {digest}\n" in packages.decode()


def test_no_secret_leaves_the_key_ring(repository):
    assert not [path for path in repository.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]


def test_everybody_may_read_all_of_it(repository):
    assert not [path for path in repository.rglob("*") if path.stat().st_mode & 0o004 == 0]


def test_a_newer_version_comes_and_the_older_one_stays_as_it_was(another, ring, key, tmp_path):
    published = another / "dist/repo"
    before = {path: (published / path).read_bytes() for path in (f"{POOL}/{DEB}", f"dnf/{RPM}")}
    (tmp_path / "newer").mkdir()
    shutil.copy(repack(another / "dist" / DEB, NEWER, tmp_path / "newer"), another / "dist")
    (another / "dist" / DEB).unlink()
    ring.publish(another, key)
    assert {path: (published / path).read_bytes() for path in before} == before
    versions = {
        suite: re.findall(r"Version: (.*)", (published / f"apt/dists/{suite}/main/binary-amd64/Packages").read_text())
        for suite in ("stable", NEWER, VERSION)
    }
    assert versions == {"stable": [NEWER], NEWER: [NEWER], VERSION: [VERSION]}


def test_a_new_key_reaches_users_before_it_signs(another, ring, key, tmp_path):
    new = ring.make("The one to come")
    announced = shutil.copytree(ring.publish(another, key, new), tmp_path / "announced")
    changed = ring.publish(another, new)
    assert believes(announced, changed / "apt/dists/stable/InRelease", tmp_path=tmp_path)
    assert rpm_is_signed(changed / "dnf" / RPM, changed / "pamsignal.asc", tmp_path)
    assert not believes(changed, announced / "apt/dists/stable/InRelease", tmp_path=tmp_path)


def refusal(ring, tree, keys):
    done = run_tool(tree, "build_repo.sh", keys, env=ring.environment)
    assert done.returncode == 1
    return done.stderr


def test_a_key_that_cannot_sign_is_refused_before_anything_changes(another, ring, key):
    """Expired, locked, unknown, unnamed: what is published stays, and nobody is asked."""
    two_days_ago = time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() - 2 * 86400))
    expired = ring.make("Of yesterday", EXPIRING, clock=two_days_ago)
    locked = ring.make("Behind a passphrase", LOCKED)
    ring.close()  # the agent forgets the passphrase
    before = (another / "dist/repo/SHA256SUMS.asc").read_bytes()
    assert "make repo KEY=FINGERPRINT" in refusal(ring, another, "")
    assert "no secret key of this name" in refusal(ring, another, "0" * 40)
    assert f"--quick-set-expire {expired} 2y" in refusal(ring, another, expired)
    assert "unlock it in gpg-agent" in refusal(ring, another, locked)
    assert "no public key of this name" in refusal(ring, another, f"{key} {'0' * 40}")
    assert (another / "dist/repo/SHA256SUMS.asc").read_bytes() == before


@pytest.mark.parametrize("kind", ["deb", "rpm"])
def test_a_missing_package_is_told(another, ring, key, kind):
    for package in (another / "dist").glob(f"*.{kind}"):
        package.unlink()
    assert refusal(ring, another, key) == f"There is no {kind} in dist: run make deb rpm first\n"
