"""`make release-check`: a checkout and what was built from it agree, and each thing that does not is named."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import sys

import pytest
import trustme

from pamsignal import __version__
from tests.harness.web import Files, Server
from tests.packaging.broken_release import (
    BILL,
    BREAKS,
    DAY,
    DEB,
    RPM,
    SOURCE,
    TAG,
    WHEEL,
    an_rpm_with,
    deb_after,
    git,
    replace,
    rewrite,
    run,
    wheel_with,
)
from tests.packaging.deb import PROJECT, check_out
from tests.system.repositories import KeyRing, build
from tools.release import rights
from tools.release.__main__ import main
from tools.release.model import Release
from tools.release.rebuild import AGAIN, others
from tools.release.tag import STAND_INS, tag_at_head

BUILDS = ("build_deb.sh", "build_rpm.sh", "build_wheel.sh")
NOT_BUILT_FROM = ("docs/reference", "inventories", "molecule", "playbooks", "roles", "tests")
PYTHON = str(PROJECT / ".venv-release/bin/python")


def release(tree):
    """Turn the checkout, whatever state it is in, into one that is about to be tagged."""
    rewrite(tree, "CHANGELOG.md", r"## Unreleased: (\S+)|## (\S+) - \S+", rf"## {__version__} - {DAY}")
    rewrite(tree, "packaging/debian/changelog", r"\) \S+;", ") stable;")
    rewrite(tree, "packaging/debian/changelog", r">  .*", ">  Mon, 01 Dec 2025 12:00:00 +0000")
    rewrite(tree, "packaging/rpm/pamsignal.spec", r"(?m)(%changelog\n\*) \w+ \w+ \d+ \d+", r"\1 Mon Dec 01 2025")
    for name in run(tree, "git", "grep", "-lF", *(f"-e{word}" for word in STAND_INS)).stdout.split():
        text = (tree / name).read_text()
        for word in STAND_INS:
            text = text.replace(word, re.sub(r"example\.org|pamsignal\.invalid|localhost", "example.net", word))
        replace(tree / name, text.encode())


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


@pytest.mark.parametrize(("damage", "good"), [(b"", True), (b"x", False)])
def test_what_the_guide_says_finds_a_download_good_and_a_changed_one_bad(released, tmp_path, damage, good):
    guide = (PROJECT / "docs/how-to/verify.md").read_text()
    (commands,) = re.findall(r"<!-- verify -->\n```sh\n(.*?)```", guide, re.DOTALL)
    for name in (DEB, "SHA256SUMS", "SHA256SUMS.asc", "repo/pamsignal.asc"):
        shutil.copy(released / "dist" / name, tmp_path)
    with (tmp_path / DEB).open("ab") as downloaded:
        downloaded.write(damage)
    done = run(tmp_path, "sh", "-eu", "-c", commands, GNUPGHOME=str(tmp_path))
    assert (done.returncode == 0, f"{DEB}: OK" in done.stdout, "Good signature" in done.stderr) == (good, good, True)


@pytest.mark.parametrize("name", ["", "Who releases"])
def test_sums_are_signed_by_a_fingerprint_alone(released, name):
    done = run(released, "tools/sign_sums.sh", name)
    assert (done.returncode, "make sums KEY=FINGERPRINT" in done.stderr) == (1, True)


class Published(Files):
    """A file server that sends those who ask below /moved on to `elsewhere`."""

    elsewhere = ""

    def send_head(self):
        if not self.path.startswith("/moved"):
            return super().send_head()
        self.send_response(302)
        self.send_header("Location", self.elsewhere + self.path.removeprefix("/moved"))
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None


@pytest.fixture
def published(tree, tmp_path, monkeypatch):
    """The repositories as they are published, and where: by https, with a certificate that curl believes."""
    folder = shutil.move(tree / "dist/repo", tree / "published")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "authority.pem"))
    handler = functools.partial(Published, directory=str(folder))
    with Server(handler, certificate=authority.issue_cert("127.0.0.1")) as server:
        yield folder, server.url


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_published_comes_back_as_it_is(tree, published):
    folder, place = published
    build(tree, "fetch_repo.sh", place)
    assert files(tree / "dist/repo") == files(folder)


@pytest.mark.parametrize("moved", ["", "/moved"])
def test_what_is_published_comes_by_https_alone(tree, published, monkeypatch, moved):
    """Neither typed nor sent on to by the server is http an address."""
    folder, place = published
    with Server(functools.partial(Files, directory=str(folder))) as plain:
        monkeypatch.setattr(Published, "elsewhere", plain.url)
        done = run(tree, "tools/fetch_repo.sh", f"{place}/moved" if moved else plain.url)
    assert (done.returncode, 'Protocol "http" not supported' in done.stderr) == (1, True)
    assert not (tree / "dist/repo").exists()


def test_no_published_file_fills_the_disk(tree, published):
    folder, place = published
    (folder / "SHA256SUMS").unlink()
    with (folder / "SHA256SUMS").open("wb") as huge:
        huge.truncate(100_000_001)
    assert "Maximum file size exceeded" in run(tree, "tools/fetch_repo.sh", place).stderr


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "a/../../outside", "a b", ""])
def test_no_published_name_leads_out_of_the_folder(tree, published, name):
    folder, place = published
    replace(folder / "SHA256SUMS", f"{'0' * 64}  {name}\n".encode())
    done = run(tree, "tools/fetch_repo.sh", place)
    assert (done.returncode, done.stderr) == (1, f"{place}/SHA256SUMS: no name of ours: {name}\n")
    assert not (tree / "dist/repo").exists()


@pytest.mark.parametrize(
    ("look", "break_it"),
    [(module.disagreements, break_it) for module, breaks in BREAKS.items() for break_it in breaks],
    ids=lambda function: function.__name__,
)
def test_what_does_not_agree_is_named(tree, look, break_it):
    expected = break_it(tree)
    release = Release(tree, __version__, tag_at_head(Release(tree, __version__, None)))
    found = [str(disagreement) for disagreement in look(release)]
    assert [line for line in found if line.startswith(expected)], found


# After those that break copies: none of them has broken the original.
def test_a_tagged_release_agrees(check, released):
    assert check(released) == (0, [f"release check of {TAG}: all agrees"])


def more_in_a_script(unpacked):
    with (unpacked / "DEBIAN/postinst").open("a") as script:
        script.write("touch /tmp/here\n")


def test_what_the_checkout_does_not_make_is_found_by_building_again(released, tree):
    """Held against what the check of the release has built again, just before."""
    agreed = list(others(Release(tree, __version__, TAG), released / AGAIN / "dist"))
    deb_after(tree, more_in_a_script)
    replace(tree / "dist" / RPM, (tree / "dist" / RPM).read_bytes() + b"x")
    name = f"pamsignal-{__version__}.dist-info/entry_points.txt"
    wheel_with(tree, name, b"[console_scripts]\npamsignal = os:abort\n", but=[name])
    found = [disagreement.file for disagreement in others(Release(tree, __version__, TAG), released / AGAIN / "dist")]
    assert (agreed, found) == ([], [f"dist/{changed}" for changed in (DEB, RPM, WHEEL)])


def rights_for_everybody(unpacked):
    (unpacked / "usr/bin/pamsignal").chmod(0o4755)
    (unpacked / "usr/lib/pamsignal").chmod(0o777)
    (unpacked / "etc/pamsignal/pamsignal.yaml").chmod(0o644)
    (unpacked / "etc/pamsignal/credentials").chmod(0o755)
    (unpacked / "usr/share/doc/pamsignal/more").symlink_to("/etc/shadow")
    (unpacked / "usr/share/man/man5/pamsignal.yaml.5.gz").unlink()
    (unpacked / "usr/share/man/man5/pamsignal.yaml.5.gz").symlink_to("/etc/shadow")
    os.mkfifo(unpacked / "usr/libexec/pamsignal/pipe")


def test_rights_that_no_package_may_have_are_named(tree):
    release, program = Release(tree, __version__, None), "%{_bindir}/pamsignal"
    assert list(rights.disagreements(release)) == []
    deb_after(tree, rights_for_everybody)
    an_rpm_with(tree, re.escape(program), f"%attr(4755, games, games) %caps(cap_setuid=ep) {program}")
    assert {(file, found) for file, found, _ in rights.disagreements(release)} == {
        (f"dist/{DEB}", "/etc/pamsignal/credentials has the mode 0755"),
        (f"dist/{DEB}", "/etc/pamsignal/pamsignal.yaml has the mode 0644"),
        (f"dist/{DEB}", "/usr/bin/pamsignal has the mode 4755"),
        (f"dist/{DEB}", "/usr/lib/pamsignal has the mode 0777"),
        (f"dist/{DEB}", "/usr/libexec/pamsignal/pipe is neither a file nor a directory"),
        (f"dist/{DEB}", "/usr/share/doc/pamsignal/more is a link to /etc/shadow"),
        (f"dist/{DEB}", "/usr/share/man/man5/pamsignal.yaml.5.gz is a link to /etc/shadow"),
        (f"dist/{RPM}", "/usr/bin/pamsignal belongs to games:games"),
        (f"dist/{RPM}", "/usr/bin/pamsignal has the capabilities cap_setuid=ep"),
        (f"dist/{RPM}", "/usr/bin/pamsignal has the mode 4755"),
    }


def test_a_tag_that_is_named_has_to_be_that_of_the_checkout(check, tree):
    rewrite(tree, "README.md", r"\Z", "More.\n")
    git(tree, "commit", "--quiet", "--all", "--message=Later")
    code, lines = check(tree, TAG)
    assert code == 1
    assert f"tag {TAG}: not at the commit that is checked out; make it, or check it out" in lines


@pytest.mark.parametrize("tag", ["v1", "1.2.3", "v1.2.3;id", "--all", "v1.2.3\n", "v1.2.x"])
def test_what_is_no_tag_of_a_version_is_not_looked_for(monkeypatch, capsys, tag):
    monkeypatch.setenv("TAG", tag)
    assert main() == 2
    assert capsys.readouterr() == ("", f"TAG={tag!a}: no tag of a version; one looks like v0.1.0\n")


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
