"""What programs do to the text of others before they write it into a line."""

from __future__ import annotations

import re

_VIS = {0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x08: "\\b", 0x07: "\\a", 0x0B: "\\v", 0x09: "\\t", 0x0C: "\\f"}
_BLAND = re.compile(r"[ -\[\]-~]*")
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_UNPRINTABLE = re.compile("[^ -~]")


def vis(text: str) -> str:
    """OpenSSH: strnvis(3) with VIS_SAFE, VIS_OCTAL and VIS_CSTYLE over the whole line (log.c); blanks stay."""
    if _BLAND.fullmatch(text):
        return text
    return "".join(
        _VIS.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
        for byte in text.encode("utf-8", "surrogateescape")
    )


def vis_twice(text: str) -> str:
    """OpenSSH's child without rights: escaped by itself, and once more by the monitor that writes it."""
    return vis(vis(text))


def octal(text: str) -> str:
    """sudo: control characters as `#ooo` (lib/eventlog/eventlog.c)."""
    return _CONTROLS.sub(lambda match: f"#{ord(match[0]):03o}", text)


def printable(text: str) -> str:
    """vsftpd: a question mark for what is not printable (str_replace_unprintable in str.c)."""
    return _UNPRINTABLE.sub("?", text)


def raw(text: str) -> str:
    """Everybody else: as it is."""
    return text
