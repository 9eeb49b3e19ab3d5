"""Where tools/unpack.sh puts packages of Debian's that tests use and nobody installs."""

from __future__ import annotations

from pathlib import Path

UNPACKED = Path(__file__).parents[2] / "build" / "unpacked"
