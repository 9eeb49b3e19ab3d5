"""`make repo`: everything signed by the one key, nothing published ever changes, and each refusal says what to do."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.packaging.deb import repack
from tests.system.repositories import KEY, NEWER, PLACE, VERSION, KeyRing, build, packages, run_tool

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
def stranger(ring):
    """A key in the ring with which nobody publishes."""
    return ring.make("A colleague")


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


def test_the_installer_has_the_address_and_the_key_of_the_repository(repository, key):
    installer = (repository / "install.sh").read_text()
    assert f"url='{PLACE}'\nfingerprints='{key}'\n" in installer
    assert (repository / "pamsignal.asc").read_text() in installer
    checked = subprocess.run(["shellcheck", repository / "install.sh"], capture_output=True, text=True, check=False)
    assert checked.stdout == ""


def test_the_installer_keeps_its_address_and_goes_nowhere_without_one(another, ring, key):
    nowhere = {**ring.environment, "URL": ""}
    build(another, "build_repo.sh", key, env=nowhere)
    assert f"url='{PLACE}'\n" in (another / "dist/repo/install.sh").read_text()
    shutil.rmtree(another / "dist/repo")
    assert "No install.sh" in build(another, "build_repo.sh", key, env=nowhere).stderr
    assert not (another / "dist/repo/install.sh").exists()


# apt in a folder, as anybody: what it knows, keeps and asks for is in there alone.
APT_CONF = """Dir "{0}/";
Dir::State::Status "{0}/status";
APT::Sandbox::User "";
"""


def an_apt(folder):
    """Make the folder; return the environment in which apt knows nothing else."""
    for name in ("apt.conf.d", "preferences.d", "sources.list.d"):
        (folder / "etc/apt" / name).mkdir(parents=True)
    for name in ("var/lib/apt/lists/partial", "var/cache/apt"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "conf").write_text(APT_CONF.format(folder))
    return {**os.environ, "APT_CONFIG": f"{folder}/conf"}


@pytest.mark.parametrize(("suite", "said"), [("stable", ""), (VERSION, f"shows {VERSION} in the place of stable")])
def test_the_installer_takes_no_older_suite_in_the_place_of_another(another, suite, said, tmp_path):
    """All suites are signed by the same key, and to apt it is enough that one is."""
    repository, folder = another / "dist/repo", tmp_path / "apt"
    environment = an_apt(folder)
    laid = shutil.copytree(repository / "apt/dists" / suite, folder / "laid")
    shutil.copytree(laid, repository / "apt/dists/stable", dirs_exist_ok=True)
    defined = (repository / "install.sh").read_text().replace(PLACE, f"file://{repository}").rpartition("\n{ main")[0]
    known = f"dry= version=stable key={repository}/pamsignal.asc source={folder}/a.sources scratch={folder}"
    shell = f'{defined}\n{known}\napt_source >"$source"\napt_fetch_lists'
    done = subprocess.run(["sh", "-c", shell], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stderr) == (1 if said else 0, True), done.stderr


def test_without_internet_the_guide_brings_what_is_signed_and_nothing_else(another, ring, key, tmp_path):
    mirror, repository = "https://mirror.example.org/p", another / "dist/repo"
    build(another, "build_repo.sh", key, env={**ring.environment, "URL": mirror})
    guide = (repository / "install-offline.txt").read_text().replace(mirror, f"file://{repository}")
    assert (PLACE in guide, "<!--" in guide) == (False, False)
    fetch, rest, by_apt, by_dnf = re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
    shell = ["sh", "-c", f"{fetch}{rest}".replace("'=https'", "'=file'")]
    assert "=file" in shell[2]

    fetched = subprocess.run(shell, cwd=tmp_path, env=ring.environment, capture_output=True, text=True, check=True)
    assert "OK" not in fetched.stdout
    assert below(tmp_path / "pamsignal") == below(repository)
    assert "baseurl=file:///srv/pamsignal/dnf\n" in by_dnf

    environment, source = an_apt(tmp_path / "apt"), re.search(r"<<'END'\n(.*?)END\n", by_apt, re.DOTALL)[1]
    source = source.replace("/etc/apt/keyrings", "/srv/pamsignal").replace("/srv", str(tmp_path))
    (tmp_path / "apt/etc/apt/sources.list.d/pamsignal.sources").write_text(source)
    for words in (["update"], ["download", "pamsignal"]):
        subprocess.run(["apt-get", *words], cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert (tmp_path / DEB).read_bytes() == (another / "dist" / DEB).read_bytes()

    with (repository / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  planted\n")
    (tmp_path / "again").mkdir()
    refused = subprocess.run(shell, cwd=tmp_path / "again", env=ring.environment, capture_output=True, check=False)
    assert refused.returncode != 0
    assert {*below(tmp_path / "again/pamsignal")} == {"SHA256SUMS", "SHA256SUMS.asc", "pamsignal.asc"}


def test_an_address_that_is_none_leaves_what_is_published(another, ring, key):
    before = contents(another / "dist/repo")
    assert "wanted is https://HOST/PATH" in refusal(ring, another, key, URL="http://packages.example.org")
    assert contents(another / "dist/repo") == before


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
    assert f"fingerprints='{key} {new}'\n" in (announced / "install.sh").read_text()
    ring.publish(another, new, key)
    changed = ring.publish(another, new)
    assert believes(announced, changed / "apt/dists/stable/InRelease", tmp_path=tmp_path)
    assert rpm_is_signed(changed / "dnf" / RPM, changed / "pamsignal.asc", tmp_path)
    assert not believes(changed, announced / "apt/dists/stable/InRelease", tmp_path=tmp_path)


def contents(folder):
    """The content of every file below."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def below(folder):
    """The content of every file by its name in the folder."""
    return {str(path.relative_to(folder)): content for path, content in contents(folder).items()}


def refusal(ring, tree, keys, **environment):
    done = run_tool(tree, "build_repo.sh", keys, env={**ring.environment, **environment})
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
    assert "KEY=signs is no fingerprint" in refusal(ring, another, "signs")
    assert (another / "dist/repo/SHA256SUMS.asc").read_bytes() == before


def plant_a_deb(tree, _ring, _stranger):
    """Put a deb beside the published one."""
    (tree / "later").mkdir()
    shutil.move(repack(tree / "dist" / DEB, "9.9", tree / "later"), tree / "dist/repo" / POOL)


def plant_an_rpm(tree, _ring, _stranger):
    """Put an unsigned rpm beside the published one."""
    shutil.copy(tree / "dist" / RPM, tree / "dist/repo/dnf/pamsignal-9.9-1.noarch.rpm")


def change_a_package(tree, _ring, _stranger):
    """Put the unsigned rpm in place of the signed one."""
    shutil.copy(tree / "dist" / RPM, tree / "dist/repo/dnf")


def change_the_sums(tree, ring, stranger):
    """Plant an rpm and list it."""
    plant_an_rpm(tree, ring, stranger)
    repository = tree / "dist/repo"
    planted = "dnf/pamsignal-9.9-1.noarch.rpm"
    digest = hashlib.sha256((repository / planted).read_bytes()).hexdigest()
    with (repository / "SHA256SUMS").open("a") as sums:
        sums.write(f"{digest}  {planted}\n")


def sign_by_another(tree, ring, stranger):
    """Plant an rpm, list it, and sign the list with a key that is in the ring but not named."""
    change_the_sums(tree, ring, stranger)
    sums = str(tree / "dist/repo/SHA256SUMS")
    ring.gpg("--yes", "--armor", "--local-user", stranger, "--detach-sign", sums)


def leave_no_signature(tree, _ring, _stranger):
    """Take the signature away."""
    (tree / "dist/repo/SHA256SUMS.asc").unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (plant_a_deb, f"Not in the signed dist/repo/SHA256SUMS; .*\n\\./{POOL}/pamsignal_9.9_all.deb"),
        (plant_an_rpm, "Not in the signed dist/repo/SHA256SUMS; .*\n\\./dnf/pamsignal-9.9-1.noarch.rpm"),
        (change_a_package, f"not what was signed; .*\ndnf/{RPM}: FAILED"),
        (change_the_sums, "SHA256SUMS has no good signature by KEY="),
        (sign_by_another, "SHA256SUMS has no good signature by KEY="),
        (leave_no_signature, "SHA256SUMS has no good signature by KEY="),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_this_key_did_not_publish_is_not_signed_now(another, ring, key, stranger, change, said):
    """Whoever could write where dist/repo was fetched from gets nothing signed, and sees nothing change."""
    change(another, ring, stranger)
    before = contents(another / "dist/repo")
    assert re.search(said, refusal(ring, another, key))
    assert contents(another / "dist/repo") == before


def test_what_a_revoked_key_published_is_not_signed_by_the_next(another, ring, key):
    """A thief of the key could have signed it."""
    stolen = ring.make("To be stolen")
    ring.publish(another, key, stolen)
    ring.publish(another, stolen, key)
    revocation = (ring.folder / f"openpgp-revocs.d/{stolen}.rev").read_text().replace(":-----BEGIN", "-----BEGIN")
    ring.gpg("--import", typed=revocation.encode())
    assert "no good signature" in refusal(ring, another, f"{key} {stolen}")


def test_lists_end_after_as_many_days_as_asked_for_and_else_never(another, ring, key):
    release = "dist/repo/apt/dists/{}/Release"
    assert "Valid-Until" not in (another / release.format("stable")).read_text()
    build(another, "build_repo.sh", key, env={**ring.environment, "VALID_DAYS": "30"})
    for suite in ("stable", VERSION):
        told = dict(re.findall(r"(?m)^(Date|Valid-Until): (.+)$", (another / release.format(suite)).read_text()))
        assert parsedate_to_datetime(told["Valid-Until"]) - parsedate_to_datetime(told["Date"]) == timedelta(days=30)


@pytest.mark.parametrize("days", ["0", "-1", "30d"])
def test_a_time_that_is_no_number_of_days_is_refused(another, ring, key, days):
    assert f"VALID_DAYS={days}: " in refusal(ring, another, key, VALID_DAYS=days)


@pytest.mark.parametrize("kind", ["deb", "rpm"])
def test_a_missing_package_is_told(another, ring, key, kind):
    for package in (another / "dist").glob(f"*.{kind}"):
        package.unlink()
    assert refusal(ring, another, key) == f"There is no {kind} in dist: run make deb rpm first\n"
