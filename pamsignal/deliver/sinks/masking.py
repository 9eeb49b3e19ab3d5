"""Words of a server made fit for a log: none of our secrets, in whatever spelling it may have sent them back. Pure."""

from __future__ import annotations

import binascii
import json
import re
from typing import Iterator, List, Sequence, Tuple

from pamsignal.render import escape
from pamsignal.secret import Secret

Span = Tuple[int, int]  # of a text: where it begins, and where it is over

MASK = "***"
_DETAIL_LIMIT = 200
_FOREIGN_LIMIT = 4096
_SHORTEST_BEGINNING = 8  # characters: so many of a longer secret give much away
_SHORTEST_IN_HEX = 4  # bytes: fewer stand in many a dump that is none of ours
_SHORTEST_PART = 4  # of base64: less would be found in any word
_LONGEST_PART = 12  # so much says which eight bytes stand there, and perhaps the rest was cut
_IN_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
_ENCODINGS = {"utf-8": 1, "utf-16-le": 2, "utf-16-be": 2}  # and the least bytes of a character
_BEFORE_BYTE = r"(?:\\{1,2}x|0x)?"
_BETWEEN_BYTES = r"[\s:,;.-]{0,2}"
# Base64 and what becomes of its marks in a URL (RFC 4648, 5), quoted for one, or in JSON of PHP.
_BASE64_WORD = re.compile(r"(?:[A-Za-z0-9+/_=-]|\\/|%2[BbFf]|%3[Dd])+")
_IN_BASE64 = {"+": "(?:[+-]|%2[Bb])", "/": r"(?:\\?/|_|%2[Ff])"}


def redacted(foreign: str, *secrets: Secret) -> str:
    """Return text of a server fit for a log: no secret of ours that it may have echoed, one line, cut.

    Neither as it is, nor quoted for a URL, JSON or HTML, nor the beginning of one that the server has cut, nor in
    hexadecimal digits or within base64, be it UTF-8 or UTF-16: a mail server that says which command it did not like
    says the password in base64 (RFC 4954, 4). Of one of less than four bytes, a coded form stays.
    """
    foreign = foreign[:_FOREIGN_LIMIT]
    given = [secret.reveal() for secret in secrets]
    spans = sorted(span for secret in given if secret for span in _spans_of(secret, foreign))
    return escape.for_terminal(_masked(foreign, spans), _DETAIL_LIMIT)


def _masked(text: str, spans: Sequence[Span]) -> str:
    """Return `text` with a mask for each of `spans`, which are sorted; one for those that overlap."""
    pieces, done = [], 0
    for start, end in spans:
        if start >= done:
            pieces += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*pieces, text[done:]])


def _spans_of(secret: str, text: str) -> Iterator[Span]:
    """Yield where `secret` stands in `text`, in any form."""
    yield from _runs(text, [_spelling_of(letter) for letter in secret], _SHORTEST_BEGINNING)
    parts: List[str] = []
    for encoding, width in _ENCODINGS.items():
        coded = secret.encode(encoding, "surrogatepass")
        if len(coded) >= _SHORTEST_IN_HEX * width:
            yield from _runs(text, list(_in_hex(coded)), _SHORTEST_BEGINNING * width)
        parts += _within_base64(coded)
    if parts:
        part = re.compile("|".join(parts))
        # The whole word: what stands beside the part is the secret's, too, or of a name that came with it.
        yield from (word.span() for word in _BASE64_WORD.finditer(text) if part.search(word[0]))


def _runs(text: str, units: Sequence[str], enough: int) -> Iterator[Span]:
    """Yield where the expressions `units` match one after the other, or the first of them, `enough` at least."""
    beginning = re.compile("".join(units[:enough]))
    rest = [re.compile(unit) for unit in units[enough:]]
    done = 0
    while (found := beginning.search(text, done)) is not None:
        done = found.end()
        for unit in rest:
            spelling = unit.match(text, done)
            if spelling is None:
                break
            done = spelling.end()
        yield found.start(), done


def _spelling_of(letter: str) -> str:
    """Return an expression for one character: quoted for a URL, however often, for JSON or HTML, or as it is."""
    code = ord(letter)
    utf8 = letter.encode("utf-8", "surrogatepass")
    quoted = "".join(f"%(?:25)*{byte:02x}" for byte in utf8)
    in_bytes = "".join(rf"\\{{1,2}}x{byte:02x}" for byte in utf8)
    units = letter.encode("utf-16-be", "surrogatepass")
    in_json = "".join(rf"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
    by_number = rf"(?i:{quoted}|{in_bytes}|\\{{1,2}}x{code:02x}|{in_json}|&#0*{code};|&#x0*{code:x};)"
    by_name = {json.dumps(letter)[1:-1], _IN_HTML.get(letter, letter), {" ": "+", "/": r"\/"}.get(letter, letter)}
    return f"(?:{'|'.join([by_number, *map(re.escape, sorted(by_name - {letter})), re.escape(letter)])})"


def _in_hex(coded: bytes) -> Iterator[str]:
    """Yield an expression for each byte in hexadecimal digits, with what programs write before and between them."""
    for at, byte in enumerate(coded):
        yield rf"(?i:{_BETWEEN_BYTES if at else ''}{_BEFORE_BYTE}{byte:02x})"


def _within_base64(coded: bytes) -> Iterator[str]:
    """Yield an expression for what base64 makes of `coded`, wherever in groups of three bytes it begins.

    Digits that hold bits of a neighbour are left out.
    """
    for before in range(3):
        digits = binascii.b2a_base64(bytes(before) + coded, newline=False).decode()
        part = digits[(0, 2, 3)[before] : (before + len(coded)) * 8 // 6][:_LONGEST_PART]
        if len(part) >= _SHORTEST_PART:
            yield "".join(_IN_BASE64.get(digit, digit) for digit in part)
