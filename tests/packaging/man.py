"""The manual pages as people read them: on a terminal of 80 columns."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
RENDER = PROJECT / "packaging/man/render.py"
# Nothing of the caller's taste: no width, no pager, no language.
PLAIN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}


def shown(*words: Path | str) -> str:
    """Return what `man` with these arguments prints; fail where it finds no page."""
    return subprocess.run(["man", *words], env=PLAIN, capture_output=True, text=True, check=True).stdout


def render(python: str, folder: Path, **environment: str) -> Path:
    """Make the pages in `folder` with the docutils of that Python."""
    subprocess.run([python, RENDER, folder], env={**PLAIN, **environment}, check=True)
    return folder


def is_found(tree: Path) -> bool:
    """Whether man finds the pages in an unpacked package by each of their names, and means the same by two of them."""
    manual, configuration, alias = (
        shown("-M", tree / "usr/share/man", *name.split())
        for name in ("pamsignal", "pamsignal.conf", "5 pamsignal.yaml")
    )
    return "\nVERBS\n" in manual and "\nKEYS\n" in configuration and configuration == alias


def section(page: str, heading: str, indent: int = 0) -> str:
    """Return what stands below a heading, up to the next one of its level (0) or below it (3)."""
    text = re.split(rf"(?m)^{' ' * indent}{re.escape(heading)}$", page, maxsplit=1)
    assert len(text) == 2, f"no heading {heading!r}"
    return re.split(rf"(?m)^ {{0,{indent}}}(?=\S)", text[1].lstrip("\n"), maxsplit=1)[0]


def entries(text: str) -> set[str]:
    """Return what a list of definitions explains: words at its indent, each by itself."""
    terms = re.findall(r"(?m)^ {7}([^\s,]+(?:, [^\s,]+)*)", text)
    return {word for term in terms for word in term.split(", ")}
