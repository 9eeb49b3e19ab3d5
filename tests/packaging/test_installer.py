"""install.sh as far as that needs no host: which systems and options it takes, and that a part of it does nothing.

The system that it sees is a folder: the paths that it looks at are turned into ones below.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.system.repositories import PLACE, PROJECT, run_tool

FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
LOOKED_AT = ("/etc/os-release", "/run/systemd/system", "/run/ostree-booted", "/etc/systemd/", "/usr/bin/pamsignal")
SHELLS = [shell for shell in ("dash", "bash", "busybox sh") if shutil.which(shell.split()[0])]
APT, DNF = "/etc/apt/sources.list.d/pamsignal.sources", "/etc/yum.repos.d/pamsignal.repo"
DEBIAN = "ID=debian\nVERSION_ID=12"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """The text of an installer."""
    key = tmp_path_factory.mktemp("key") / "pamsignal.asc"
    key.write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----\n")
    built = run_tool(PROJECT, "build_installer.sh", PLACE, str(key), FINGERPRINT)
    assert built.returncode == 0, built.stderr
    return built.stdout


@pytest.fixture
def system():
    """The folder of a system that runs systemd, for everybody to read."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in ("etc", "run/systemd/system"):
            (Path(folder) / name).mkdir(parents=True)
        yield Path(folder)


@pytest.fixture
def run(script, system):
    """Run the installer on the system, with that os-release, and return how that ended."""

    def run_it(*arguments, release=DEBIAN, before=(), text=script):
        (system / "etc/os-release").write_text(release + "\n")
        for path in LOOKED_AT:
            text = text.replace(path, f"{system}{path}")
        return run_text(text, *before, "sh", "-s", "--", *arguments)

    return run_it


def run_text(text, *command):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


ACCEPTED = [
    ("ID=debian\nVERSION_ID=11", APT),
    ("ID=debian\nVERSION_CODENAME=forky", APT),
    ("ID=raspbian\nID_LIKE=debian\nVERSION_ID=12", APT),
    ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\nUBUNTU_CODENAME=jammy', APT),
    ('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="21.3"\nUBUNTU_CODENAME=jammy', APT),
    ('ID=linuxmint\nID_LIKE=debian\nVERSION_ID="6"\nDEBIAN_CODENAME=bookworm', APT),
    ('ID=kali\nID_LIKE=debian\nVERSION_ID="2026.3"\nVERSION_CODENAME=kali-rolling', APT),
    ("ID=fedora\nVERSION_ID=43", DNF),
    ('ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="10.1"', DNF),
    ('ID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="9"', DNF),
    ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"', DNF),
    ('ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="10.0"', DNF),
    ('ID="eurolinux"\nID_LIKE="rhel fedora centos"\nVERSION_ID="9.2"', DNF),
    ('ID=nobara\nID_LIKE="fedora"\nVERSION_ID=42', DNF),
]
REFUSED = [
    ("ID=debian\nVERSION_ID=10", "too old"),
    ('ID=ubuntu\nVERSION_ID="20.04"', "too old"),
    ('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="20.3"\nUBUNTU_CODENAME=focal', "too old"),
    ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.10"', "too old"),
    ('ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="8.9"', "too old"),
    ('ID="eurolinux"\nID_LIKE="rhel fedora centos"\nVERSION_ID="8.7"', "too old"),
    ("ID=fedora\nVERSION_ID=33", "too old"),
    ("ID=alpine\nVERSION_ID=3.22.0", "no systemd"),
    ("ID=arch", "by hand"),
    ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"', "by hand"),
    ('ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"', "by hand"),
    ("", "by hand"),
]


@pytest.mark.parametrize(("release", "source"), ACCEPTED)
def test_a_system_that_a_package_is_for_is_recognised(run, release, source):
    done = run("--dry-run", release=release)
    assert done.returncode == 0, done.stderr
    assert f"Would write {source}:" in done.stdout


def test_dnf_is_kept_from_updating_a_version_that_was_asked_for_but_not_from_installing_it(run):
    said = run("--dry-run", "--version", "0.1.0", release="ID=fedora\nVERSION_ID=43").stdout
    first, _, then = said.partition("Would run: dnf install --assumeyes pamsignal-0.1.0\n")
    assert "[pamsignal]" in first
    assert ("exclude=" in first, "exclude=pamsignal" in then) == (False, True)


@pytest.mark.parametrize(("release", "advice"), REFUSED)
def test_another_system_is_refused_with_what_to_do(run, release, advice):
    done = run("--dry-run", release=release)
    assert (done.returncode, done.stdout) == (1, "")
    assert advice in done.stderr


def test_without_systemd_it_is_refused(run, system):
    (system / "run/systemd/system").rmdir()
    assert "systemd does not run here" in run("--dry-run").stderr


def test_an_image_of_layers_is_refused(run, system):
    (system / "run/ostree-booted").touch()
    assert "rpm-ostree install" in run("--dry-run", release="ID=fedora\nVERSION_ID=43").stderr


@pytest.mark.parametrize("file", ["usr/bin/pamsignal", "etc/systemd/system/pamsignal.service"])
def test_what_was_installed_by_hand_is_left_alone(run, system, file):
    (system / file).parent.mkdir(parents=True)
    (system / file).touch()
    done = run("--dry-run")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"/{file} is there, and no package's" in done.stderr


def test_whoever_is_not_root_is_told_the_line_with_sudo(run):
    done = run(before=NOBODY if os.geteuid() == 0 else ())
    assert (done.returncode, done.stdout) == (1, "")
    assert f"curl --proto '=https' -fsS {PLACE}/install.sh | sudo sh" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--instal"], "--instal is no option"),
        (["--version"], "--version wants one"),
        (["--version", "1;reboot"], "--version 1;reboot is none"),
        (["--version=../.."], "--version ../.. is none"),
        (["--purge"], "--purge goes with --uninstall"),
        (["--uninstall", "--version", "0.1.0"], "does not go with --uninstall"),
    ],
)
def test_a_mistake_in_the_options_is_told(run, arguments, words):
    done = run("--dry-run", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr


def test_help_tells_every_option_and_who_signs(run, script):
    done = run("--help")
    assert done.returncode == 0
    assert FINGERPRINT in done.stdout
    options = [
        line.strip().split(")")[0].rstrip("=*")
        for line in script.splitlines()
        if re.match(r" {8}--[-a-z]+(=\*)?\)", line)
    ]
    assert set(options) == {"--dry-run", "--uninstall", "--purge", "--version", "--help"}
    assert all(f"  {option} " in done.stdout for option in options)


@pytest.mark.parametrize("manager", ["apt", "dnf"])
def test_a_dry_removal_says_what_would_go(run, manager):
    release = {"apt": DEBIAN, "dnf": "ID=fedora\nVERSION_ID=43"}[manager]
    done = run("--uninstall", "--purge", "--dry-run", release=release)
    assert done.returncode == 0, done.stderr
    assert {"apt": APT, "dnf": DNF}[manager] in done.stdout
    assert "Would run: rm -rf /etc/pamsignal" in done.stdout


# What each function that reads it sets itself, before.
OF_A_FUNCTION = {"after", "change", "file", "line", "lists", "name", "package", "status", "suites", "waited_seconds"}


@pytest.mark.parametrize("release", [DEBIAN, "ID=fedora\nVERSION_ID=43"])
def test_what_stands_in_roots_environment_is_never_taken_for_a_value_of_its_own(script, run, release):
    """Else `new=sudo` would have sudo purged when an installation fails."""
    names = set(re.findall(r"\$\{?([a-z_]+)", script)) - OF_A_FUNCTION
    assert names >= {"new", "held", "old_key", "before"}
    tells = script.replace('    "${verb}_it"\n', '    "${verb}_it"\n    set\n')
    told = run("--dry-run", release=release, before=["env", *(f"{name}=POISON" for name in names)], text=tells)
    assert told.returncode == 0, told.stderr
    assert "undo=''" in told.stdout
    assert [line for line in told.stdout.splitlines() if "POISON" in line] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_a_download_that_broke_off_runs_nothing(script, shell, tmp_path):
    """Cut behind each line, and at each place of the last one, it only sets variables; `-x` tells of more."""
    whole = script.rstrip("\n")
    last = whole.rindex("\n") + 1
    for at, character in enumerate(whole):
        if character == "\n" or at >= last:
            (tmp_path / f"{at:06}").write_text(whole[:at])
    each = f'for part in {tmp_path}/*; do {shell} -x "$part" --help; done'
    done = subprocess.run(["sh", "-c", each], capture_output=True, text=True, check=False)
    traced = {line.split()[1].split("=")[0] for line in done.stderr.splitlines() if line.startswith("+ ")}
    assert (traced, done.stdout) == ({"set", "url", "fingerprints"}, "")


def test_the_template_runs_nothing():
    done = run_text((PROJECT / "packaging/installer/install.sh").read_text(), "sh")
    assert (done.returncode, done.stdout) == (1, "")
    assert "make repo URL=" in done.stderr


@pytest.mark.parametrize(
    "url", ["http://packages.example.org", f"{PLACE}/", f"{PLACE}'", "https://a b", "https://@", ""]
)
def test_an_address_that_is_none_makes_no_installer(url):
    refused = run_tool(PROJECT, "build_installer.sh", url, "/dev/null", FINGERPRINT)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "wanted is https://HOST/PATH" in refused.stderr
