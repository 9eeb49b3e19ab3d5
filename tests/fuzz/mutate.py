"""Bytes made of saved ones by a seeded dice: what runs where there is no atheris."""

from __future__ import annotations

import random
from typing import Sequence

_ODD = (
    b"\x00",
    b"\n",
    b" ",
    b"\xff",
    b"\x80",
    b"\xe2\x80\xae",
    b'"',
    b"'",
    b"\\",
    b":",
    b"=",
    b"|",
    b"<",
    b"&",
    b"`",
    b"0",
)
MOST_BYTES = 70_000


def mutated(dice: random.Random, inputs: Sequence[bytes]) -> bytes:
    """Return one of `inputs` after a few changes."""
    data = bytearray(dice.choice(inputs))
    for _ in range(dice.randrange(1, 6)):
        _change(dice, data, inputs)
    return bytes(data[:MOST_BYTES])


def _change(dice: random.Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    at = dice.randrange(len(data) + 1)
    until = min(len(data), at + dice.randrange(1, 40))
    kind = dice.randrange(6)
    if kind == 0:
        del data[at:until]
    elif kind == 1:
        data[at:at] = dice.choice(_ODD) * dice.choice((1, 1, 2, 300))
    elif kind == 2:
        data[at:at] = data[at:until] * dice.choice((1, 2, 50))
    elif kind == 3 and at < len(data):
        data[at] ^= 1 << dice.randrange(8)
    elif kind == 4:
        other = dice.choice(inputs)
        begin = dice.randrange(len(other) + 1)
        data[at:until] = other[begin : begin + dice.randrange(60)]
    else:
        data[at:until] = bytes(dice.randrange(256) for _ in range(until - at))
