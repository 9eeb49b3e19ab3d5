"""Packages are what this checkout makes, to the byte: their scripts too, and what a build makes of tracked files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator

from .archives import KINDS
from .model import Disagreement, Release

# Where it is built, and what builds all KINDS.
AGAIN = "build/again"
BUILDS = ("build_deb.sh", "build_rpm.sh", "build_wheel.sh")


def disagreements(release: Release) -> Iterator[Disagreement]:
    """Build a tagged release again from its commit, and yield each artefact in dist that is another."""
    if not release.tag:
        return
    again = release.root / AGAIN
    shutil.rmtree(again, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-tags", release.root, again], capture_output=True, check=True)
    environment, quiet = {**os.environ, "PYTHON": sys.executable}, subprocess.DEVNULL
    running = {
        build: subprocess.Popen([again / "tools" / build], env=environment, stdout=quiet, stderr=quiet)
        for build in BUILDS
    }
    for build, process in running.items():
        if process.wait():
            yield Disagreement(f"tools/{build}", "fails in a clone", f"{AGAIN}/tools/{build} says why")
    yield from others(release, again / "dist")


def others(release: Release, again: Path) -> Iterator[Disagreement]:
    """Yield each artefact in dist that is not the same as the one in the folder `again`."""
    for name in (kind.format(release.version) for kind in KINDS):
        ours, theirs = release.root / "dist" / name, again / name
        if not (ours.is_file() and theirs.is_file() and ours.read_bytes() == theirs.read_bytes()):
            remedy = f"diffoscope dist/{name} {AGAIN}/dist/{name} shows it; sign nothing before you know why"
            yield Disagreement(f"dist/{name}", "not what this checkout makes", remedy)
