"""What the checks are given, and what they answer with."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import NamedTuple, Optional


class Disagreement(NamedTuple):
    """Something that does not agree with the rest: in which file, what was found there, what to do."""

    file: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.found}; {self.remedy}"


class Release(NamedTuple):
    """What is to be released: a checkout, the version its program has, and the tag, None for a candidate."""

    root: Path
    version: str
    tag: Optional[str]

    def text(self, name: str) -> str:
        """Return the text of a file of the checkout; OSError if it is not there."""
        return (self.root / name).read_text(encoding="utf-8")

    def git(self, *arguments: str) -> str:
        """Return what git prints, "" if it fails."""
        return ask("git", "-C", str(self.root), *arguments)


def ask(*command: str) -> str:
    """Return what a command prints, "" if it fails; OSError if there is none of its name."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.rstrip("\n")


def version_of(root: Path) -> str:
    """Return the version that the program says; ValueError if it does not."""
    found = re.search(r'(?m)^__version__ = "(\d+\.\d+\.\d+)"$', (root / "pamsignal/__init__.py").read_text("utf-8"))
    if not found:
        raise ValueError('pamsignal/__init__.py has no line __version__ = "X.Y.Z"')
    return found[1]
