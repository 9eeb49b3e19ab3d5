"""Packages of earlier states of this repository, as they were then but for their number: what an upgrade starts from."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.system.repositories import PROJECT

# Commits, and what an upgrade from them has to cope with.
EARLIER = {
    "f01804a": "the first packages of both kinds: no trail yet, the copy step in another place",
    "de10c6f": "a trail, and a store that keeps alerts that wait in another form",
    "2ea768b": "events are forwarded, and a queue is kept for that",
}

# What packages are built from: with the Makefile beside them, dh would run that one's test.
SOURCE = ("CHANGELOG.md", "LICENSE", "README.md", "examples", "packaging", "pamsignal")


def build(commit: str, kind: str, version: str, folder: Path) -> Path:
    """Build the package ("deb" or "rpm") of a commit as `version`, and return it; skip where its history is missing.

    In CI that is a failure: a test that is never run says nothing.
    """
    if not is_known(commit):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"this clone is too shallow for {commit}: git fetch --unshallow"
        )
    packed = subprocess.run(["git", "archive", commit, *SOURCE], cwd=PROJECT, capture_output=True, check=True).stdout
    source = folder / f"pamsignal-{version}"
    source.mkdir()
    subprocess.run(["tar", "--extract"], cwd=source, input=packed, check=True)
    for name, own in (
        ("pamsignal/__init__.py", r'(?m)^__version__ = "(.*)"$'),
        ("packaging/debian/changelog", r"\Apamsignal \((.*)\)"),
    ):
        text = (source / name).read_text()
        begin, end = re.search(own, text).span(1)  # the version of that time
        (source / name).write_text(text[:begin] + version + text[end:])
    return {"deb": build_deb, "rpm": build_rpm}[kind](source, version)


def is_known(commit: str) -> bool:
    """Look for a commit in this clone."""
    asked = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(asked, cwd=PROJECT, capture_output=True, check=False).returncode == 0


def build_deb(source: Path, version: str) -> Path:
    """Build the deb with what the commit's own packaging says."""
    (source / "packaging/debian").rename(source / "debian")
    call(["dpkg-buildpackage", "--build=binary", "--no-check-builddeps", "--no-sign"], source)
    return source.parent / f"pamsignal_{version}_all.deb"


def build_rpm(source: Path, version: str) -> Path:
    """Build the rpm with the commit's own spec."""
    top = source.parent
    (top / "SOURCES").mkdir(exist_ok=True)
    call(["tar", "--create", "--gzip", f"--file=SOURCES/{source.name}.tar.gz", source.name], top)
    spec = (source / "packaging/rpm/pamsignal.spec").read_text().replace("@VERSION@", version)
    (top / "pamsignal.spec").write_text(spec)
    call(["rpmbuild", "-bb", "--quiet", "--nodeps", "--define", f"_topdir {top}", "pamsignal.spec"], top)
    return top / f"RPMS/noarch/pamsignal-{version}-1.noarch.rpm"


def call(command: list[str], folder: Path) -> None:
    """Run a command with the distribution's Python before any other; fail with what it said."""
    clean = ["env", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", *command]
    done = subprocess.run(clean, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
