"""What the role is tried with: packages and signed repositories of this checkout and of one that passes for older.

    python -m tests.system.artefacts FOLDER

FOLDER/tree is a copy of the checkout with what `make deb rpm wheel repo` leaves in its dist, FOLDER/older the same of
the version 0.0.1; the repositories of tree have both. The key that signs them is thrown away. FOLDER/tree/dist/shim.rpm
lets dnf install on Debian, and FOLDER/tree/dist/geoip is laid out like MaxMind's download service, the databases beside.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tarfile
from pathlib import Path

from tests.harness.databases import write_cities, write_networks
from tests.system.repositories import KeyRing, build, build_shim, packages

OLDER = "0.0.1"
EDITIONS = {"GeoLite2-City": write_cities, "GeoLite2-ASN": write_networks}


def main() -> None:
    """Build everything into the folder of the command line."""
    folder = Path(sys.argv[1]).resolve()
    trees = [packages(folder / "older", OLDER), packages(folder / "tree")]
    for tree in trees:
        build(tree, "build_wheel.sh", env={**os.environ, "PYTHON": sys.executable})
    with contextlib.closing(KeyRing(folder / "keys")) as ring:
        key = ring.make("pamsignal packages")
        published = ring.publish(trees[0], key)
        shutil.copytree(published, trees[1] / "dist/repo")
        ring.publish(trees[1], key)
    build_shim(trees[1] / "dist/shim.rpm", folder / "shim")
    for edition in EDITIONS:
        lay_out_database(trees[1] / "dist/geoip" / edition, edition)


def lay_out_database(folder: Path, edition: str) -> None:
    """Write a database, and what `FOLDER/download?suffix=…` answers with: an archive of it, and its sum."""
    database = EDITIONS[edition](folder / f"{edition}.mmdb")
    archive = folder / "download.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(database, f"{edition}_20261123/{edition}.mmdb")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (folder / "download.tar.gz.sha256").write_text(f"{digest}  {edition}_20261123.tar.gz\n")


if __name__ == "__main__":
    main()
