"""Nested documents in which nothing unknown stands: no null, no empty text, list or object."""

from __future__ import annotations

import re
from typing import Dict, Mapping, Sequence, Union

Value = Union[None, str, int, float, bool, Sequence[Union[str, Mapping[str, "Value"]]], Mapping[str, "Value"]]
Document = Dict[str, Value]

_SURROGATE = re.compile("[\ud800-\udfff]")


def merged(base: Document, over: Document) -> Document:
    """Return `base` with every known value of `over` laid on it, object by object."""
    result = dict(base)
    for name, value in over.items():
        below = result.get(name)
        if isinstance(value, dict) and isinstance(below, dict):
            result[name] = merged(below, value)
        elif value not in (None, "", [], {}):
            result[name] = value
    return result


def known(document: Document, text_limit: int) -> Document:
    """Return `document` without what is unknown, its texts cut and fit for UTF-8."""
    kept = {name: _kept(value, text_limit) for name, value in document.items()}
    return {name: value for name, value in kept.items() if value is not None}


def _kept(value: Value, text_limit: int) -> Value:
    if isinstance(value, str):
        return _text(value, text_limit) or None
    if isinstance(value, dict):
        return known(value, text_limit) or None
    if isinstance(value, list):
        return [_text(item, text_limit) if isinstance(item, str) else known(item, text_limit) for item in value] or None
    return value


def _text(value: str, limit: int) -> str:
    """Return at most `limit` code points; a byte that was no UTF-8 (a lone surrogate here) becomes U+FFFD."""
    if len(value) > limit:
        value = value[: limit - 1] + "…"
    return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
