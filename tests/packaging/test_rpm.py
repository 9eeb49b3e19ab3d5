"""The rpm as it is built: its files, their modes and owners, what it wants, what its scriptlets do, twice the same."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.packaging import man
from tests.system.repositories import PROJECT, VERSION, build, checkout

NAME = f"pamsignal-{VERSION}-1.noarch.rpm"
PRIVATE = "/usr/lib/pamsignal"

# Everything but the modules: mode, and rpm's letters for what it is: c config, n noreplace, d documentation, l licence.
FILES = {
    "/etc/pamsignal": "drwxr-xr-x",
    "/etc/pamsignal/credentials": "drwx------",
    "/etc/pamsignal/pamsignal.yaml": "-rw------- cn",
    "/usr/bin/pamsignal": "-rwxr-xr-x",
    "/usr/libexec/pamsignal/stage-config": "-rwxr-xr-x",
    "/usr/lib/systemd/system/pamsignal.service": "-rw-r--r--",
    "/usr/share/bash-completion/completions/pamsignal": "-rw-r--r--",
    "/usr/share/doc/pamsignal/CHANGELOG.md": "-rw-r--r-- d",
    "/usr/share/doc/pamsignal/README.md": "-rw-r--r-- d",
    "/usr/share/doc/pamsignal/examples/grafana/pamsignal.json": "-rw-r--r-- d",
    "/usr/share/doc/pamsignal/examples/pamsignal.yaml": "-rw-r--r-- d",
    **{
        f"/usr/share/doc/pamsignal/examples/prometheus/{name}": "-rw-r--r-- d"
        for name in ("alertmanager.yml", "pamsignal.rules.yml", "pamsignal.test.yml", "scrape.yml")
    },
    **{
        f"/usr/share/doc/pamsignal/examples/systemd/{name}.conf": "-rw-r--r-- d"
        for name in ("only-these-addresses", "read-audit-log-of-adm", "read-audit-log", "run-nothing-new")
    },
    "/usr/share/fish/vendor_completions.d/pamsignal.fish": "-rw-r--r--",
    "/usr/share/licenses/pamsignal/LICENSE": "-rw-r--r-- l",
    "/usr/share/man/man5/pamsignal.conf.5.gz": "-rw-r--r-- d",
    "/usr/share/man/man5/pamsignal.yaml.5.gz": "-rw-r--r-- d",
    "/usr/share/man/man8/pamsignal.8.gz": "-rw-r--r-- d",
    "/usr/share/zsh/site-functions/_pamsignal": "-rw-r--r--",
}

# Folders that are open to everybody.
FOLDERS = """
/usr/lib/pamsignal
/usr/libexec/pamsignal
/usr/share/bash-completion
/usr/share/bash-completion/completions
/usr/share/doc/pamsignal
/usr/share/doc/pamsignal/examples
/usr/share/doc/pamsignal/examples/grafana
/usr/share/doc/pamsignal/examples/prometheus
/usr/share/doc/pamsignal/examples/systemd
/usr/share/fish
/usr/share/fish/vendor_completions.d
/usr/share/licenses/pamsignal
/usr/share/zsh
/usr/share/zsh/site-functions
"""

# What Fedora's systemd-rpm-macros offer, as far as a test can tell them from the fallback.
FEDORA = {
    "_unitdir": "/usr/lib/systemd/system",
    "systemd_post()": "helper install-system-units %{?*}",
    "systemd_preun()": "helper remove-system-units %{?*}",
    "systemd_postun_with_restart()": "helper mark-restart-system-units %{?*}",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A checkout in which the rpm was built."""
    copied = checkout(tmp_path_factory.mktemp("rpm") / "one")
    build(copied, "build_rpm.sh")
    return copied


@pytest.fixture(scope="module")
def rpm(tree):
    return tree / "dist" / NAME


def query(rpm, form):
    """Return what `rpm --query` tells of a package, one line per entry."""
    command = ["rpm", "--query", "--package", "--queryformat", form, rpm]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def files_of(rpm):
    lines = query(rpm, "[%{FILENAMES}\t%{FILEMODES:perms} %{FILEFLAGS:fflags}\n]")
    return {path: mode.strip() for path, mode in (line.split("\t") for line in lines)}


def scriptlets(tree, **macros):
    """Return the sections of the spec, as they are with these macros."""
    defined = [word for name, body in macros.items() for word in ("--define", f"{name} {body}")]
    command = ["rpmspec", "--parse", *defined, tree / "build/rpm/pamsignal.spec"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"(?ms)^%(\w+)\n(.*?)(?=^%[a-z]|\Z)", text))


def modules():
    """Every tracked file of the Python package, and its folders, with their modes."""
    listed = ["git", "ls-files", "pamsignal"]
    tracked = subprocess.run(listed, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
    folders = {str(folder) for file in tracked for folder in Path(file).parents if folder.name}
    return {f"{PRIVATE}/{path}": "drwxr-xr-x" if path in folders else "-rw-r--r--" for path in {*tracked, *folders}}


def test_it_brings_exactly_these_files_with_these_modes(rpm):
    assert files_of(rpm) == {**FILES, **dict.fromkeys(FOLDERS.split(), "drwxr-xr-x"), **modules()}


def test_everything_is_roots(rpm):
    assert set(query(rpm, "[%{FILEUSERNAME}:%{FILEGROUPNAME}\n]")) == {"root:root"}


def test_it_wants_no_python_but_the_hosts_own(rpm):
    required = query(rpm, "[%{REQUIRENEVRS}\n]")
    own = {line for line in required if not line.startswith(("rpmlib(", "config("))}
    python = {f"python3-{name}" for name in ("jsonschema", "pyyaml", "requests", "systemd")}
    assert own == {*python, "/bin/sh", "/usr/bin/python3", "findutils", "python3 >= 3.9", "systemd", "systemd >= 247"}


def test_a_host_without_epel_installs(rpm):
    assert query(rpm, "[%{RECOMMENDNEVRS}\n]") == ["python3-maxminddb"]


def test_man_finds_the_pages_by_each_of_their_names(rpm, tmp_path):
    shutil.copy(rpm, tmp_path)
    subprocess.run(["rpm2archive", tmp_path / NAME], check=True)
    shutil.unpack_archive(tmp_path / f"{NAME}.tgz", tmp_path, "gztar")
    assert man.is_found(tmp_path)


def test_its_change_log_ends_with_the_version(rpm):
    assert query(rpm, "%{CHANGELOGNAME}")[0].endswith(f"> - {VERSION}-1")


def test_two_checkouts_make_the_same_package(rpm, tmp_path):
    other = checkout(tmp_path / "two")
    old = [path for path in other.rglob("*") if path.is_file() and ".git" not in path.parts]
    for path in old:
        path.chmod(path.stat().st_mode & 0o700)
        os.utime(path, (1, 1))
    build(other, "build_rpm.sh", env={**os.environ, "TZ": "Asia/Tokyo"}, umask=0o077)
    digests = [hashlib.sha256(built.read_bytes()).hexdigest() for built in (rpm, other / "dist" / NAME)]
    assert digests[0] == digests[1]


def test_the_sums_of_dist_hold(rpm):
    assert NAME in (rpm.parent / "SHA256SUMS").read_text()
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=rpm.parent, check=True)


def test_rpmlint_says_nothing_that_is_not_answered(tree, rpm):
    config = PROJECT / "packaging/rpm/rpmlint.toml"
    command = ["rpmlint", "--config", config, rpm, tree / "build/rpm/pamsignal.spec"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "checked; 0 errors, 0 warnings" in told, told


@pytest.fixture(scope="module")
def srpm(tree, tmp_path_factory):
    """The source rpm as COPR has it built: by root, out of a clone that is somebody else's, outside of it."""
    cloned = tmp_path_factory.mktemp("copr") / "clone"
    subprocess.run(["cp", "--archive", tree, cloned], check=True)
    if os.geteuid() == 0:
        subprocess.run(["chown", "--recursive", "nobody", cloned], check=True)
    asked = [
        "make",
        "--silent",
        "-f",
        cloned / ".copr/Makefile",
        "srpm",
        f"outdir={cloned.parent}",
        "spec=pamsignal.spec",
    ]
    subprocess.run(asked, cwd=cloned, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, check=True, capture_output=True)
    return cloned.parent / f"pamsignal-{VERSION}-1.src.rpm"


def header_of(rpm):
    """All that the header of a package says, but for what sums the header up and rpm's mark of a rebuild."""
    told = subprocess.run(["rpm", "--query", "--package", "--xml", rpm], capture_output=True, check=True).stdout
    tags = {tag.get("name"): [value.text for value in tag] for tag in ET.fromstring(told)}
    return {name: tags[name] for name in tags if not name.startswith(("Sig", "Sha")) and name != "Cookie"}


def test_the_package_that_copr_makes_of_the_source_rpm_is_the_same(rpm, srpm, tmp_path):
    build = ["rpmbuild", "--rebuild", "--nodeps", "--quiet", "--define", f"_topdir {tmp_path}", srpm]
    subprocess.run(build, check=True, capture_output=True)
    assert header_of(tmp_path / "RPMS/noarch" / NAME) == header_of(rpm)


def test_rpmlint_says_nothing_about_the_source_rpm(srpm):
    command = ["rpmlint", "--config", PROJECT / "packaging/rpm/rpmlint.toml", srpm]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "checked; 0 errors, 0 warnings" in told, told


def test_fedoras_macros_are_used_where_they_are(tree):
    section = scriptlets(tree, **FEDORA)
    assert section["post"].strip() == "helper install-system-units pamsignal.service"
    assert section["preun"].startswith("helper remove-system-units pamsignal.service\n")
    assert section["postun"].strip() == "helper mark-restart-system-units pamsignal.service"


@pytest.mark.parametrize(
    ("scriptlet", "left", "called"),
    [
        ("post", 1, ["--no-reload preset pamsignal.service"]),
        ("post", 2, []),
        ("preun", 0, ["--no-reload disable --now pamsignal.service"]),
        ("preun", 1, []),
        ("postun", 0, []),
        ("postun", 1, ["try-restart pamsignal.service"]),
    ],
)
def test_without_them_the_same_happens(tree, tmp_path, scriptlet, left, called):
    log = tmp_path / "log"
    log.touch()
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\n[ "$1" = daemon-reload ] || echo "$@" >>{log}\n')
    (tmp_path / "systemctl").chmod(0o755)
    body = scriptlets(tree)[scriptlet].replace(PRIVATE, str(tmp_path / "none"))
    ran = subprocess.run(["sh", "-e", "-c", body, "sh", str(left)], env={"PATH": f"{tmp_path}:/usr/bin"}, check=False)
    assert (ran.returncode, log.read_text().splitlines()) == (0, called)
