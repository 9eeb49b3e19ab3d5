r"""Hostile text made harmless: one function for each place where it can be shown.

First every character that a reader cannot see, or that moves or covers other characters, is spelled out: `\x1b`,
`\u202e`, `\U000e0041`. The backslash itself is doubled, so a spelling can be told from the same letters typed by
somebody, and read back. Then comes the markup of the target.
"""

from __future__ import annotations

import re
from typing import Match

VALUE_LIMIT = 256
"""Code points of one value in a text for people, where the channel says nothing else."""

# What `str.isprintable` lets pass and a reader still must not get raw (Unicode: PropList and DerivedBidiClass).
_UNSAFE = re.compile(
    "["
    "\\\\"
    "\u201c\u201d"  # our own quotation marks: a value can never close them
    "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # marks that cover the character before them
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"  # printed as nothing
    "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"  # letters that run leftwards
    "]"
)
_LINKED = re.compile(r":(?=//)|(?<=[wW]{3})\.")
_MARKUP = re.compile(rf"{_LINKED.pattern}|[@<>`*~|]|(?<=\])\(")
_UNIT = re.compile(r"&(?:amp|lt|gt);|\\(?:\\|x..|u.{4}|U.{8})|.", re.DOTALL)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.@:+$/%-]+")


def for_terminal(text: str, limit: int = VALUE_LIMIT) -> str:
    """Return `text` on one line, every character in view and in its place, at most `limit` code points."""
    return cut(_spelled_out(text[: limit + 1]), limit)


def visible(text: str) -> str:
    """Return `text`, which is escaped already, with what no terminal shows or moves its cursor spelled out, uncut."""
    if text.isprintable():
        return text
    return "".join(part if part.isprintable() else _spelling(part) for part in text)


def for_telegram_html(text: str, limit: int = VALUE_LIMIT) -> str:
    """Return `text` for Telegram's HTML mode; `limit` counts as Telegram does, after the entities are parsed."""
    return _entities(for_terminal(text, limit))


def for_html(text: str, limit: int = VALUE_LIMIT) -> str:
    """Return `text` for HTML, between tags or within a quoted attribute."""
    return _entities(for_terminal(text, limit)).replace('"', "&quot;").replace("'", "&#39;")


def for_slack(text: str, limit: int = VALUE_LIMIT) -> str:
    r"""Return `text` for the inside of a code span in Slack's mrkdwn, where the only way out is a backtick: `\x60`."""
    return cut(_entities(for_code_span(text, limit)), limit)


def for_code_span(text: str, limit: int = VALUE_LIMIT) -> str:
    r"""Return `text` for the inside of a code span of Markdown, where the only way out is a backtick: `\x60`."""
    return cut(for_terminal(text, limit).replace("`", r"\x60"), limit)


def for_plain_text(text: str, limit: int = VALUE_LIMIT) -> str:
    r"""Return `text` for a place without markup whose readers still make links of addresses: `https\x3a//`."""
    return cut(_LINKED.sub(_spelled_match, for_terminal(text, limit)), limit)


def for_any_markup(text: str, limit: int = VALUE_LIMIT) -> str:
    """Return `text` for a place whose markup nobody knows: no link, mention, tag, code or emphasis by asterisks."""
    return cut(_MARKUP.sub(_spelled_match, for_terminal(text, limit)), limit)


def is_plain_name(text: str) -> bool:
    """Tell whether `text` is one word that nobody can mistake for a part of the sentence around it."""
    return _PLAIN_NAME.fullmatch(text) is not None


def cut(text: str, limit: int) -> str:
    """Return at most `limit` code points of `text`, with an ellipsis for the rest, no entity or spelling torn."""
    if len(text) <= limit:
        return text
    end = 0
    for unit in _UNIT.finditer(text):
        if unit.end() >= limit:
            break
        end = unit.end()
    return text[:end] + "…"


def _spelled_out(text: str) -> str:
    if text.isprintable() and _UNSAFE.search(text) is None:
        return text
    return "".join(map(_spelling, text))


def _spelling(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable() and _UNSAFE.match(character) is None:
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _spelled_match(match: Match[str]) -> str:
    return f"\\x{ord(match[0]):02x}"


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
