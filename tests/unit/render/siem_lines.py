"""Strict readers of CEF and LEEF, after their specifications and not after our writers: anything odd is a ValueError."""

from __future__ import annotations

import re

_KEY = re.compile("[A-Za-z0-9]+")
_PAIR = re.compile(r"([A-Za-z0-9]+)=((?:[^\\=\r\n]|\\\\|\\=|\\n|\\r)*?)(?= [A-Za-z0-9]+=|\Z)")
_ESCAPES = {"\\\\": "\\", "\\=": "=", "\\n": "\n", "\\r": "\r", "\\|": "|"}


def read_cef(line):
    """Return the seven parts of the header and the extension of one line of CEF."""
    match = re.match(r"CEF:((?:(?:[^\\|\r\n]|\\\\|\\\|)*\|){7})", line)
    if match is None:
        raise ValueError("no header")
    header = re.findall(r"((?:[^\\|]|\\.)*)\|", match[1])
    return [_unescaped(part) for part in header], _extension(line[match.end() :])


def read_leef(line):
    """Return the header's parts and the attributes of one line of LEEF."""
    if re.search("[\r\n]", line):
        raise ValueError("more than a line")
    count = 5 if line.startswith("LEEF:1.0|") else 6
    *header, body = line.split("|", count)
    if len(header) != count:
        raise ValueError("no header")
    delimiter = "\t" if count == 5 else chr(int(header[5][1:], 16))
    attributes = {}
    for pair in body.split(delimiter):
        key, equals, value = pair.partition("=")
        if not equals or _KEY.fullmatch(key) is None or key in attributes or not value:
            raise ValueError(f"no pair: {pair!r}")
        attributes[key] = value
    return header, attributes


def _extension(text):
    pairs, place = {}, 0
    while place < len(text):
        match = _PAIR.match(text, place)
        if match is None:
            raise ValueError(f"no pair at {text[place : place + 40]!r}")
        key, value = match[1], match[2]
        if key in pairs or not value or value != value.strip():
            raise ValueError(f"bad pair {key}")
        pairs[key] = _unescaped(value)
        place = match.end() + 1
    return pairs


def _unescaped(text):
    return re.sub(r"\\.", lambda match: _ESCAPES[match[0]], text)
