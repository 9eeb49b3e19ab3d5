"""Pieces of reStructuredText for the manual pages: entries and sections, of texts that mean nothing to its markup."""

from __future__ import annotations

import re
import textwrap
from typing import Iterable, Iterator, List

WIDTH = 66  # of the text: a terminal's 80 columns less two indents
SHORT = 40  # what is never broken at the end of a line, in characters
_LINK = re.compile(r" \(\[[^]]*\]\([^)]*\)\)")


def section(title: str, about: str, entries: Iterable[str]) -> Iterator[str]:
    """Yield a heading of the second level, what stands below it (none if empty), and `entries`."""
    yield from [title, "-" * len(title), ""]
    yield from [*wrapped(about), ""] if about else []
    yield from entries


def entry(term: str, *parts: str) -> Iterator[str]:
    """Yield one item of a list of definitions, of as many paragraphs; the one that begins with a dash is a list's."""
    yield term
    for part in parts:
        yield from [*wrapped(part, "    "), ""]


def wrapped(text: str, indent: str = "") -> List[str]:
    """Return the lines of a paragraph, or of an item of a list."""
    hanging = indent + ("  " if text.startswith("- ") else "")
    room = WIDTH + len(indent)
    return textwrap.wrap(
        text, room, initial_indent=indent, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def sentence(text: str) -> str:
    """Return a fragment such as a help text as a sentence, marked up."""
    whole = marked(text)
    return f"{whole[:1].upper()}{whole[1:]}" + ("" if whole.endswith(".") else ".")


def marked(text: str) -> str:
    """Return `text` marked up: what stands between backticks is literal; links to documents are left out."""
    parts = _LINK.sub("", text).split("`")
    return "".join(literal(part) if index % 2 else escaped(part) for index, part in enumerate(parts))


def literal(text: str) -> str:
    """Return `text` to be typed as it is; a short one stays on one line."""
    return f"``{text if len(text) > SHORT else text.replace(' ', chr(0xA0))}``"


def strong(text: str) -> str:
    """Return the name of something that is typed."""
    return f"**{escaped(text)}**"


def escaped(text: str) -> str:
    """Return `text` without any meaning to reStructuredText."""
    return re.sub(r"([\\*`_|<>@\[\]]|:(?=//))", r"\\\1", text)
