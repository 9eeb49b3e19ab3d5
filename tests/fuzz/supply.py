"""What a target makes of the bytes that it is given."""

from __future__ import annotations

from typing import List

FIELD_END = b"\x00"


def text_of(data: bytes) -> str:
    """Return `data` as the journal's reader does: what is no UTF-8 becomes lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def fields_of(data: bytes, count: int) -> List[str]:
    """Return the first `count` fields of `data`, which NUL bytes divide; those that are not there are empty."""
    parts = data.split(FIELD_END, count - 1)
    return [text_of(part) for part in [*parts, *[b""] * (count - len(parts))]]
