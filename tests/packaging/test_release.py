"""`make release-check`: a checkout and what was built from it agree, and each thing that does not is named."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from http.server import ThreadingHTTPServer

import pytest

from pamsignal import __version__
from tests.packaging.deb import PROJECT, check_out
from tests.system.repositories import KeyRing, Quiet, build
from tools.release.__main__ import main

DAY, TAG = "2026-12-01", f"v{__version__}"
WHEEL, SOURCE = f"pamsignal-{__version__}-py3-none-any.whl", f"pamsignal-{__version__}.tar.gz"
DEB, RPM = f"pamsignal_{__version__}_all.deb", f"pamsignal-{__version__}-1.noarch.rpm"
BILL = f"pamsignal-{__version__}.cdx.json"
BUILDS = ("build_deb.sh", "build_rpm.sh", "build_wheel.sh")
NOT_BUILT_FROM = ("docs/reference", "inventories", "molecule", "playbooks", "roles", "tests")
PYTHON = str(PROJECT / ".venv-release/bin/python")


def run(tree, *command, **environment):
    ours = {**os.environ, **environment}
    return subprocess.run(command, cwd=tree, env=ours, capture_output=True, text=True, check=False)


def git(tree, *arguments):
    done = run(tree, "git", "-c", "user.name=One", "-c", "user.email=one@example.org", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rewrite(tree, name, before, after):
    """Change a file of the checkout; `before` has to be in it."""
    text = (tree / name).read_text()
    assert re.search(before, text), (name, before)
    replace(tree / name, re.sub(before, after, text, count=1).encode())


def release(tree):
    """Turn the checkout, whatever state it is in, into one that is about to be tagged."""
    rewrite(tree, "CHANGELOG.md", r"## Unreleased: (\S+)|## (\S+) - \S+", rf"## {__version__} - {DAY}")
    rewrite(tree, "packaging/debian/changelog", r"\) \S+;", ") stable;")
    rewrite(tree, "packaging/debian/changelog", r">  .*", ">  Tue, 01 Dec 2026 12:00:00 +0000")
    rewrite(tree, "packaging/rpm/pamsignal.spec", r"(?m)(%changelog\n\*) \w+ \w+ \d+ \d+", r"\1 Tue Dec 01 2026")
    for name in git(tree, "grep", "-lE", "pamsignal.invalid|pamsignal@localhost", "packaging").split():
        text = re.sub("maintainers@pamsignal.invalid|pamsignal@localhost", "us@example.net", (tree / name).read_text())
        (tree / name).write_text(text)


def summed(tree):
    build(tree, "sum_up.sh")


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    made = KeyRing(tmp_path_factory.mktemp("gpg") / "home")
    yield made
    made.close()


@pytest.fixture(scope="module")
def key(ring):
    return ring.make("Who releases")


@pytest.fixture(scope="module")
def released(tmp_path_factory, ring, key):
    """A checkout with a signed tag, and all that is built of it, the repositories too."""
    tree = check_out(tmp_path_factory.mktemp("release") / "tree")
    for folder in NOT_BUILT_FROM:
        shutil.rmtree(tree / folder)
    release(tree)
    git(tree, "config", "core.trustctime", "false")  # a link changes the ctime, and git would read every file again
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message=Release")
    for script in BUILDS:
        build(tree, script, env={**os.environ, "PYTHON": sys.executable})
    written = run(tree, PYTHON, "-m", "tools.release.sbom")
    assert written.returncode == 0, written.stderr
    build(tree, "build_repo.sh", key, env={**os.environ, **ring.environment})
    build(tree, "sign_sums.sh", key, env={**os.environ, **ring.environment})
    tag = ("git", "-c", "user.name=One", "-c", "user.email=one@example.org", "tag", "--sign", f"--local-user={key}")
    done = run(tree, *tag, "--message=One", TAG, **ring.environment)
    assert done.returncode == 0, done.stderr
    return tree


@pytest.fixture
def tree(released, tmp_path):
    """A copy of it, to be broken; of links, which is quicker: so files are replaced, and never written to."""
    return shutil.copytree(released, tmp_path / "tree", symlinks=True, copy_function=os.link)


def replace(file, content):
    file.unlink(missing_ok=True)
    file.write_bytes(content)


@pytest.fixture
def check(capsys, monkeypatch):
    """Check a checkout, and return the exit code and the lines."""

    def checked(tree, tag=""):
        monkeypatch.chdir(tree)
        monkeypatch.setenv("TAG", tag)
        code = main()
        return code, capsys.readouterr().out.splitlines()

    return checked


def test_a_candidate_needs_neither_tag_nor_day_nor_all_artefacts(check, tree):
    git(tree, "tag", "--delete", TAG)
    rewrite(tree, "CHANGELOG.md", rf"## {__version__} - .*", f"## Unreleased: {__version__}")
    rewrite(tree, "packaging/debian/changelog", "stable;", "UNRELEASED;")
    shutil.rmtree(tree / "dist")
    assert check(tree) == (0, [f"release check of a candidate for {__version__}, as there is no tag: all agrees"])


def test_a_signature_over_the_sums_of_dist_is_good_until_they_change(tree, ring):
    sums = [str(tree / f"dist/SHA256SUMS{end}") for end in (".asc", "")]
    ring.gpg("--verify", *sums)
    summed(tree)
    assert (tree / "dist/SHA256SUMS.asc").exists()
    (tree / "dist" / SOURCE).unlink()
    summed(tree)
    assert not (tree / "dist/SHA256SUMS.asc").exists()


@pytest.mark.parametrize("name", ["", "Who releases"])
def test_sums_are_signed_by_a_fingerprint_alone(released, name):
    done = run(released, "tools/sign_sums.sh", name)
    assert (done.returncode, "make sums KEY=FINGERPRINT" in done.stderr) == (1, True)


@pytest.fixture
def published(tree):
    """The repositories as they are published, and where."""
    folder = shutil.move(tree / "dist/repo", tree / "published")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_published_comes_back_as_it_is(tree, published):
    folder, place = published
    build(tree, "fetch_repo.sh", place)
    assert files(tree / "dist/repo") == files(folder)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside", "a b", ""])
def test_no_published_name_leads_out_of_the_folder(tree, published, name):
    folder, place = published
    replace(folder / "SHA256SUMS", f"{'0' * 64}  {name}\n".encode())
    done = run(tree, "tools/fetch_repo.sh", place)
    assert (done.returncode, done.stderr) == (1, f"{place}/SHA256SUMS: no name of ours: {name}\n")
    assert not (tree / "dist/repo").exists()


# Each way to break it: what is said of which file. The name of the function says what was done.
def another_version_in_galaxy(tree):
    rewrite(tree, "galaxy.yml", r"(?m)^version: \S+", "version: 9.9.9")
    return "galaxy.yml: version 9.9.9; "


def another_version_in_our_change_log(tree):
    rewrite(tree, "CHANGELOG.md", f"## {__version__} - ", "## 9.9.9 - ")
    return "CHANGELOG.md: version 9.9.9; "


def another_version_in_debians_change_log(tree):
    rewrite(tree, "packaging/debian/changelog", r"\(\S+\)", "(9.9.9)")
    return "packaging/debian/changelog: version 9.9.9; "


def another_version_in_the_spec(tree):
    rewrite(tree, "packaging/rpm/pamsignal.spec", rf"{__version__}-1\n", "9.9.9-1\n")
    return "packaging/rpm/pamsignal.spec: version 9.9.9; "


def no_version_in_a_document(tree):
    rewrite(tree, "docs/how-to/webhook.md", r'"observer": \{[^}]*\}', '"observer": {}')
    return "docs/how-to/webhook.md: no version; "


def no_day_in_our_change_log(tree):
    rewrite(tree, "CHANGELOG.md", rf"## {__version__} - .*", f"## Unreleased: {__version__}")
    return f"CHANGELOG.md: says that it is not released; {TAG} needs a day there"


def not_released_for_debian(tree):
    rewrite(tree, "packaging/debian/changelog", "stable;", "UNRELEASED;")
    return f"packaging/debian/changelog: not released, while CHANGELOG.md has the day {DAY}; "


def another_day_in_the_spec(tree):
    rewrite(tree, "packaging/rpm/pamsignal.spec", "Tue Dec 01", "Wed Dec 02")
    return f"packaging/rpm/pamsignal.spec: of 2026-12-02; CHANGELOG.md has {DAY}"


def a_change_that_is_not_committed(tree):
    rewrite(tree, "README.md", r"\Z", "More.\n")
    return "README.md: not as it was committed; "


def a_file_that_git_does_not_know(tree):
    (tree / "notes").touch()
    return "notes: not as it was committed; "


def an_address_that_is_none(tree):
    rewrite(tree, "README.md", r"\Z", "https://packages.example.org\n")
    number = (tree / "README.md").read_text().count("\n")
    return f"README.md:{number}: packages.example.org stands for an address of ours; "


def a_tag_that_is_not_signed(tree):
    git(tree, "tag", "--force", "--annotate", "--message=One", TAG)
    return f"tag {TAG}: not signed; "


def a_tag_without_a_message(tree):
    git(tree, "tag", "--force", TAG)
    return f"tag {TAG}: not signed; "


def a_tag_of_another_version(tree):
    git(tree, "tag", "--delete", TAG)
    git(tree, "tag", "v9.9.9")
    return f"tag v9.9.9: pamsignal/__init__.py has {__version__}; "


def an_artefact_that_is_missing(tree):
    (tree / "dist" / WHEEL).unlink()
    return f"dist/{WHEEL}: missing; make deb rpm wheel sbom"


def an_artefact_of_an_older_version(tree):
    shutil.copy(tree / "dist" / RPM, tree / "dist/pamsignal-0.0.9-1.noarch.rpm")
    return f"dist/pamsignal-0.0.9-1.noarch.rpm: not an artefact of {__version__}; "


def wheel_with(tree, name, content, *, but=()):
    """Write the wheel again, with one more file."""
    with zipfile.ZipFile(tree / "dist" / WHEEL) as archive:
        files = {each: archive.read(each) for each in archive.namelist() if each not in but}
    (tree / "dist" / WHEEL).unlink()
    with zipfile.ZipFile(tree / "dist" / WHEEL, "w") as archive:
        for each, bytes_ in {**files, name: content}.items():
            archive.writestr(each, bytes_)


def a_wheel_of_another_version(tree):
    wheel_with(tree, f"pamsignal-{__version__}.dist-info/METADATA", b"Version: 9.9.9\n")
    return f"dist/{WHEEL}: says version 9.9.9; it should be {__version__}: "


def a_module_that_git_does_not_track(tree):
    wheel_with(tree, "pamsignal/more.py", b"")
    return f"dist/{WHEEL}: pamsignal/more.py is not tracked by git; "


def a_module_that_is_another(tree):
    wheel_with(tree, "pamsignal/cli/run.py", b"pass")
    return f"dist/{WHEEL}: pamsignal/cli/run.py is another than the one in the checkout; "


def a_module_that_is_missing(tree):
    wheel_with(tree, "pamsignal/__main__.py", b"", but=["pamsignal/cli/run.py"])
    return f"dist/{WHEEL}: pamsignal/cli/run.py is not there; "


def a_wheel_without_a_licence(tree):
    wheel_with(tree, f"pamsignal-{__version__}.dist-info/licenses/LICENSE", b"None.\n")
    return f"dist/{WHEEL}: no LICENSE in it; "


def a_deb_with_a_database(tree):
    """As somebody's own copy of a database would come into it."""
    unpacked, deb = tree / "build/unpacked-deb", tree / "dist" / DEB
    subprocess.run(["dpkg-deb", "--raw-extract", deb, unpacked], check=True)
    (unpacked / "usr/share/GeoIP").mkdir()
    (unpacked / "usr/share/GeoIP/City.mmdb").write_bytes(bytes(65537))
    deb.unlink()
    subprocess.run(
        ["dpkg-deb", "--build", "-Zgzip", "--root-owner-group", unpacked, deb], capture_output=True, check=True
    )
    return f"dist/{DEB}: /usr/share/GeoIP/City.mmdb is a database of 65537 bytes; "


def a_source_archive_with_a_stray_file(tree):
    unpacked = tree / "build/unpacked-source"
    with tarfile.open(tree / "dist" / SOURCE) as archive:
        archive.extractall(unpacked)
    (unpacked / f"pamsignal-{__version__}/token").write_text("s3cret")
    (tree / "dist" / SOURCE).unlink()
    with tarfile.open(tree / "dist" / SOURCE, "w:gz") as archive:
        archive.add(unpacked / f"pamsignal-{__version__}", f"pamsignal-{__version__}")
    return f"dist/{SOURCE}: token is nothing that git tracks; "


def an_rpm_of_an_older_program(tree):
    rewrite(tree, "pamsignal/__main__.py", r"\Z", "# newer than the rpm\n")
    return f"dist/{RPM}: pamsignal/__main__.py is another than the one in the checkout; "


def sums_of_something_else(tree):
    rewrite(tree, "dist/SHA256SUMS", r"[0-9a-f]{64}  pamsignal_", f"{'0' * 64}  pamsignal_")
    return f"dist/SHA256SUMS: not the sum of {DEB}; "


def a_bill_of_other_artefacts(tree):
    rewrite(tree, f"dist/{BILL}", r'"content": "[0-9a-f]{64}"', f'"content": "{"0" * 64}"')
    return f"dist/{BILL}: not of the artefacts in dist; make sbom"


def a_repository_without_the_deb(tree):
    (tree / "dist/repo/apt/pool/main/p/pamsignal" / DEB).unlink()
    return f"dist/repo/apt: no {DEB} as it lies in dist; make repo"


def a_repository_without_the_rpm(tree):
    (tree / "dist/repo/dnf" / RPM).unlink()
    return f"dist/repo/dnf: no {RPM}; make repo"


BREAKS = [
    another_version_in_galaxy,
    another_version_in_our_change_log,
    another_version_in_debians_change_log,
    another_version_in_the_spec,
    no_version_in_a_document,
    no_day_in_our_change_log,
    not_released_for_debian,
    another_day_in_the_spec,
    a_change_that_is_not_committed,
    a_file_that_git_does_not_know,
    an_address_that_is_none,
    a_tag_that_is_not_signed,
    a_tag_without_a_message,
    a_tag_of_another_version,
    an_artefact_that_is_missing,
    an_artefact_of_an_older_version,
    a_wheel_of_another_version,
    a_module_that_git_does_not_track,
    a_module_that_is_another,
    a_module_that_is_missing,
    a_wheel_without_a_licence,
    a_deb_with_a_database,
    a_source_archive_with_a_stray_file,
    an_rpm_of_an_older_program,
    sums_of_something_else,
    a_bill_of_other_artefacts,
    a_repository_without_the_deb,
    a_repository_without_the_rpm,
]


@pytest.mark.parametrize("break_it", BREAKS, ids=lambda function: function.__name__)
def test_what_does_not_agree_is_named(check, tree, break_it):
    expected = break_it(tree)
    code, lines = check(tree)
    assert code == 1
    assert [line for line in lines if line.startswith(expected)], lines


# After those that break copies: none of them has broken the original.
def test_a_tagged_release_agrees(check, released):
    assert check(released) == (0, [f"release check of {TAG}: all agrees"])


def test_a_tag_that_is_named_has_to_be_that_of_the_checkout(check, tree):
    rewrite(tree, "README.md", r"\Z", "More.\n")
    git(tree, "commit", "--quiet", "--all", "--message=Later")
    assert f"tag {TAG}: not at the commit that is checked out; make it, or check it out" in check(tree, TAG)[1]


@pytest.fixture
def bill(released):
    return json.loads((released / "dist" / BILL).read_text())


def test_the_bill_names_what_the_packages_depend_on(bill):
    parts = bill["components"]
    names = {part["name"]: part for part in parts}
    assert [part["name"] for part in parts if part["scope"] == "required"] == [
        "jsonschema",
        "pyyaml",
        "requests",
        "systemd-python",
    ]
    assert names["maxminddb"]["versionRange"] == "vers:pypi/>=2.0"
    control = (PROJECT / "packaging/debian/control").read_text()
    spec = (PROJECT / "packaging/rpm/pamsignal.spec").read_text()
    for part in parts:
        deb, rpm = (item["value"].rpartition("/")[2] for item in part["properties"])
        assert re.search(rf"(?m)^ {deb},$", control), deb
        assert re.search(rf"(?m)^(Requires|Recommends|Suggests): +{rpm}$", spec), rpm


def test_the_bill_has_the_sum_of_each_artefact_and_the_day_of_the_release(bill, released):
    references = bill["metadata"]["component"]["externalReferences"]
    sums = {each["url"]: each["hashes"][0]["content"] for each in references}
    assert sums == {
        name: hashlib.sha256((released / "dist" / name).read_bytes()).hexdigest() for name in (DEB, RPM, WHEEL, SOURCE)
    }
    assert bill["metadata"]["timestamp"] == f"{DAY}T12:00:00Z"
