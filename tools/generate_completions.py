"""Writes packaging/completions: what `pamsignal completion` prints, for the packages; --check only compares."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from drift import write_or_compare  # noqa: E402 - stands beside this one

from pamsignal.cli.shells import SHELLS, script_for  # noqa: E402 - found through the line above

FOLDER = ROOT / "packaging" / "completions"
FILES = {"bash": "bash/pamsignal", "zsh": "zsh/_pamsignal", "fish": "fish/pamsignal.fish"}


def main() -> int:
    return max(write_or_compare(FOLDER / FILES[shell], script_for(shell)) for shell in SHELLS)


if __name__ == "__main__":
    raise SystemExit(main())
