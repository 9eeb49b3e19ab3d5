"""Ids that follow from what they stand for: the same text always gives the same 32 hexadecimal digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b
else:
    try:
        from _blake2 import blake2b  # the C half of hashlib, without the 0.6 MB that OpenSSL takes
    except ImportError:  # an interpreter that was built otherwise
        from hashlib import blake2b


def identity(*parts: object) -> str:
    """Return 128 bits of BLAKE2b (RFC 7693) over `parts`; text that is not UTF-8 counts as it is spelt out."""
    return digest("\n".join(map(str, parts)))


def digest(text: str) -> str:
    """Return the identity of one text."""
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
