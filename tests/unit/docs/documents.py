"""The project's documents, taken apart: code blocks, links, headings, tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, List, NamedTuple, Set

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Documents that stand beside what they are about.
BESIDE = [ROOT / f"{folder}/README.md" for folder in ("molecule", "roles/pamsignal", "tests/data/scenarios")]

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HOST = re.compile(r"https?://((?:[a-z0-9-]+\.)+[a-z]+)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A fenced block: `place` is FILE:LINE of its first line, for messages."""

    place: str
    language: str
    text: str


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> List[Block]:
    text = path.read_text()
    return [
        Block(f"{name(path)}:{text.count(chr(10), 0, match.start(3)) + 1}", match[2], _dedented(match[3], match[1]))
        for match in _BLOCK.finditer(text)
        if match[2] == language
    ]


def all_blocks(language: str) -> List[Block]:
    return [block for path in DOCUMENTS for block in blocks(path, language)]


def _dedented(text: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in text.splitlines(True))


def prose(path: Path) -> str:
    """The text without its blocks."""
    return _BLOCK.sub("", path.read_text())


def links(path: Path) -> List[str]:
    return _LINK.findall(prose(path))


def hosts(path: Path) -> Set[str]:
    """The names in URLs, anywhere in the document; no addresses, and no HOST that stands for one."""
    return set(_HOST.findall(path.read_text()))


def anchors(path: Path) -> List[str]:
    """What a code host makes of headings: lower case, no punctuation, blanks to hyphens."""
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(prose(path))]


def section(path: Path, heading: str) -> str:
    """The text below a heading, up to the next one of its level or higher."""
    level = heading.split(" ", 1)[0]
    below = path.read_text().partition(f"\n{heading}\n")[2]
    assert below, f"{name(path)} has no heading {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> Iterator[List[str]]:
    """The rows of all tables in `text`, heads included, as cells."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def code(text: str) -> List[str]:
    """All that stands between backticks."""
    return _CODE.findall(text)
