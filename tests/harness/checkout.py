"""The checkout that is tested, and where tools/unpack.sh puts packages of Debian's that tests use and nobody installs."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]
UNPACKED = PROJECT / "build" / "unpacked"
