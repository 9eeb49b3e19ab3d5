"""The deb, built from a checkout of its own, so that tests neither need nor touch what lies in dist/."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from pamsignal import __version__

PROJECT = Path(__file__).parents[2]


def check_out(folder: Path) -> Path:
    """Lay the tracked files, as they are now, into a new repository at `folder`: no history, no tags, nothing built."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    return folder


def build(checkout: Path, **environment: str) -> Path:
    """Build the deb as `make deb` does, and return it; fail with the build's last lines."""
    command = ["env", *(f"{name}={value}" for name, value in environment.items()), "tools/build_deb.sh"]
    built = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert built.returncode == 0, (built.stdout + built.stderr)[-4000:]
    (package,) = (checkout / "dist").glob("*.deb")
    return package


def repack(package: Path, version: str, folder: Path) -> Path:
    """Make the package that a later version would be: a new number, and another default configuration."""
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder / "tree"], check=True)
    for name in ("DEBIAN/control", "usr/lib/pamsignal/pamsignal/__init__.py"):
        file = folder / "tree" / name
        file.write_text(file.read_text().replace(__version__, version))
    with (folder / "tree/etc/pamsignal/pamsignal.yaml").open("a") as configuration:
        configuration.write(f"# The default of {version}.\n")
    later = folder / f"pamsignal_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Zxz", folder / "tree", later], check=True)
    return later
