"""The deb: built twice alike, of the right version, complete, with the right modes, and nothing for lintian to say."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
import tarfile
from email.utils import parsedate_to_datetime
from io import BytesIO

import pytest

from pamsignal import __version__
from tests.packaging import man
from tests.packaging.deb import PROJECT, build, check_out

FOLDER = PROJECT / "packaging/debian"

# What depends on lintian's own age: the newest Policy that it knows, and overrides for tags that are gone by then.
OF_ITS_AGE = "alien-tag,newer-standards-version,out-of-date-standards-version"

# Everything but the modules: mode and path.
FILES = """
600 etc/pamsignal/pamsignal.yaml
755 usr/bin/pamsignal
755 usr/libexec/pamsignal/stage-config
644 usr/lib/systemd/system/pamsignal.service
644 usr/share/bash-completion/completions/pamsignal
644 usr/share/doc/pamsignal/CHANGELOG.md.gz
644 usr/share/doc/pamsignal/README.md.gz
644 usr/share/doc/pamsignal/changelog.gz
644 usr/share/doc/pamsignal/copyright
644 usr/share/doc/pamsignal/examples/grafana/pamsignal.json
644 usr/share/doc/pamsignal/examples/pamsignal.yaml
644 usr/share/doc/pamsignal/examples/prometheus/alertmanager.yml
644 usr/share/doc/pamsignal/examples/prometheus/pamsignal.rules.yml
644 usr/share/doc/pamsignal/examples/prometheus/pamsignal.test.yml
644 usr/share/doc/pamsignal/examples/prometheus/scrape.yml
644 usr/share/doc/pamsignal/examples/systemd/only-these-addresses.conf
644 usr/share/doc/pamsignal/examples/systemd/read-audit-log-of-adm.conf
644 usr/share/doc/pamsignal/examples/systemd/read-audit-log.conf
644 usr/share/doc/pamsignal/examples/systemd/run-nothing-new.conf
644 usr/share/fish/vendor_completions.d/pamsignal.fish
644 usr/share/man/man5/pamsignal.conf.5.gz
777 usr/share/man/man5/pamsignal.yaml.5.gz
644 usr/share/man/man8/pamsignal.8.gz
644 usr/share/lintian/overrides/pamsignal
755 usr/share/python3/runtime.d/pamsignal.rtupdate
644 usr/share/zsh/vendor-completions/_pamsignal
"""

# What is installed as it stands in the checkout.
SAME = {
    "etc/pamsignal/pamsignal.yaml": "packaging/config/pamsignal.yaml",
    "usr/bin/pamsignal": "packaging/bin/pamsignal",
    "usr/libexec/pamsignal/stage-config": "packaging/systemd/stage-config",
    "usr/lib/systemd/system/pamsignal.service": "packaging/systemd/pamsignal.service",
    "usr/share/bash-completion/completions/pamsignal": "packaging/completions/bash/pamsignal",
    "usr/share/doc/pamsignal/examples/pamsignal.yaml": "examples/pamsignal.yaml",
    "usr/share/fish/vendor_completions.d/pamsignal.fish": "packaging/completions/fish/pamsignal.fish",
    "usr/share/zsh/vendor-completions/_pamsignal": "packaging/completions/zsh/_pamsignal",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return build(check_out(tmp_path_factory.mktemp("checkout")))


@pytest.fixture(scope="module")
def archive(package):
    """The package's files, by path."""
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(unpacked)) as opened:
        yield {member.name[2:]: (member, opened.extractfile(member)) for member in opened if member.name != "."}


def field(package, name):
    return subprocess.run(["dpkg-deb", "--field", package, name], capture_output=True, text=True, check=True).stdout


def changelog(name):
    asked = ["dpkg-parsechangelog", "--file", FOLDER / "changelog", "--show-field", name]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def test_another_checkout_under_other_habits_makes_the_same_package(package, tmp_path):
    private = tmp_path / "another"
    shutil.copytree(package.parents[1], private, ignore=shutil.ignore_patterns("dist"), copy_function=shutil.copy)
    subprocess.run(["chmod", "-R", "go-rwx", private], check=True)
    subprocess.run(["find", private, "-exec", "touch", "--date=2020-01-01", "{}", "+"], check=True)
    again = build(private, TZ="Asia/Kathmandu", LC_ALL="C", PYTHONPATH="/nowhere", SOURCE_DATE_EPOCH="1")
    assert again.name == package.name
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(package.read_bytes()).digest()


def test_the_sums_name_every_package_once_however_often_they_are_written(package):
    sums = package.parent / "SHA256SUMS"
    line = f"{hashlib.sha256(package.read_bytes()).hexdigest()}  {package.name}\n"
    assert sums.read_text() == line
    sums.write_text(f"{'0' * 64}  {package.name}\n{'0' * 64}  pamsignal_0.0.9_all.deb\n")
    subprocess.run([package.parents[1] / "tools/sum_up.sh"], check=True)
    assert sums.read_text() == line


def test_name_and_version_are_those_of_the_program(package):
    assert package.name == f"pamsignal_{__version__}_all.deb"
    assert field(package, "Version").strip() == changelog("Version") == __version__


def test_debians_changelog_is_of_the_release_and_the_day_that_ours_names():
    heading = re.search(
        r"^## (Unreleased: )?(\S+?)(?: - (\S+))?$", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    is_unreleased, version, day = heading.groups()
    assert changelog("Version") == version
    assert changelog("Distribution") == ("UNRELEASED" if is_unreleased else "stable")
    assert is_unreleased or parsedate_to_datetime(changelog("Date")).date().isoformat() == day


def test_lintian_has_nothing_to_say_about_package_and_source(package):
    (changes,) = (package.parents[1] / "build/deb").glob("*.changes")
    command = ["lintian", "--profile=debian", "-EviIL", "+pedantic", f"--suppress-tags={OF_ITS_AGE}", changes]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.stdout, told.returncode) == ("", 0)


def test_it_brings_exactly_these_files_with_these_modes(archive):
    brought = {(f"{member.mode:o}", name) for name, (member, _) in archive.items() if not member.isdir()}
    tracked = subprocess.run(["git", "ls-files", "pamsignal"], cwd=PROJECT, capture_output=True, text=True, check=True)
    modules = {("644", f"usr/lib/pamsignal/{name}") for name in tracked.stdout.split()}
    assert brought == {tuple(line.split()) for line in FILES.split("\n") if line} | modules


def test_everything_belongs_to_root_and_only_the_credentials_folder_is_closed(archive):
    assert {(member.uid, member.gid) for member, _ in archive.values()} == {(0, 0)}
    folders = {name: member.mode for name, (member, _) in archive.items() if member.isdir()}
    assert folders.pop("etc/pamsignal/credentials") == 0o700
    assert set(folders.values()) == {0o755}


@pytest.mark.parametrize(("installed", "source"), SAME.items(), ids=SAME)
def test_a_file_is_installed_as_it_is(installed, source, archive):
    assert archive[installed][1].read() == (PROJECT / source).read_bytes()


def test_man_finds_the_pages_by_each_of_their_names(package, tmp_path):
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path], check=True)
    assert man.is_found(tmp_path)


def test_both_changelogs_and_the_readme_are_there(archive):
    debians = gzip.decompress(archive["usr/share/doc/pamsignal/changelog.gz"][1].read())
    assert debians == (FOLDER / "changelog").read_bytes()
    readme = gzip.decompress(archive["usr/share/doc/pamsignal/README.md.gz"][1].read())
    assert readme == (PROJECT / "README.md").read_bytes()


def test_the_licence_is_told_word_for_word():
    told = re.sub(r"^ \.?", "", (FOLDER / "copyright").read_text(), flags=re.MULTILINE)
    terms = (PROJECT / "LICENSE").read_text().split("\n\n", 2)[2]
    assert terms in told


def test_the_configuration_is_a_conffile_and_says_nothing_but_comments(package):
    asked = ["dpkg-deb", "--info", package, "conffiles"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "/etc/pamsignal/pamsignal.yaml\n"
    text = (PROJECT / "packaging/config/pamsignal.yaml").read_text()
    assert all(line.startswith("#") for line in text.splitlines())


def test_it_needs_only_what_every_release_has(package):
    needed = {"python3-jsonschema", "python3-requests", "python3-systemd", "python3-yaml", "systemd (>= 247)"}
    assert set(field(package, "Depends").strip().split(", ")) == {*needed, "python3:any (>= 3.9~)"}
    assert field(package, "Recommends").strip() == "python3-maxminddb"


def test_dpkg_of_debian_11_can_unpack_it(package):
    members = subprocess.run(["ar", "t", package], capture_output=True, text=True, check=True).stdout.split()
    assert members == ["debian-binary", "control.tar.xz", "data.tar.xz"]


@pytest.mark.parametrize(
    "script",
    [
        "tools/build_deb.sh",
        "tools/build_deb_source.sh",
        "tools/stage_deb.sh",
        "tools/source_files.sh",
        "tools/sum_up.sh",
        "packaging/debian/postrm",
        "packaging/debian/tests/command-line",
        "packaging/debian/tests/login",
        "packaging/debian/tests/service",
    ],
)
def test_shellcheck_finds_no_fault_in(script):
    checked = subprocess.run(["shellcheck", PROJECT / script], capture_output=True, text=True, check=False)
    assert checked.stdout == ""
