"""How a message keeps the limit of its channel: the values in it shrink, and it is never torn itself. Pure."""

from __future__ import annotations

from typing import Callable, Sequence, TypeVar

VALUE_LIMITS = (512, 200, 80, 40, 16)  # code points

Made = TypeVar("Made")


def fitted(make: Callable[[int], Made], fits: Callable[[Made], bool], limits: Sequence[int] = VALUE_LIMITS) -> Made:
    """Return `make(limit)` with the longest values that fit; where none do, with the shortest."""
    for limit in limits:
        made = make(limit)
        if fits(made):
            break
    return made


def utf16_units(text: str) -> int:
    """Return the length as services of JavaScript and Java count it: what is beyond the BMP counts twice."""
    return len(text.encode("utf-16-le")) // 2
