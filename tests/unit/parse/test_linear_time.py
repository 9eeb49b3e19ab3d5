"""A hostile line of any length takes time in proportion to its length: eight times the text is not 64 times the work."""

import time

import pytest

from pamsignal.parse import observe_line

from .journal_lines import LINES

PIECES = (
    "a", " ", " from 10.0.0.1 port 22 ssh2", " 10.0.0.1 port 22", " for x from y", " not allowed because shell ", " ; COMMAND",
    " rhost=x user=y", ") x on ", " as x from /", "] (owned by unix-user:", "'", ", ", ":", " by x(uid=1", "] FAIL LOGIN: Client ",
)  # fmt: skip
SHORT, LONG = 8_000, 64_000


def _seconds(line, identifier, rounds):
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        observe_line(line, identifier)
        best = min(best, time.perf_counter() - start)
    return max(best, 20e-6)  # below this the clock says nothing


def _growth(head, piece, identifier, rounds):
    long, short = (head + piece * (size // len(piece)) + "\x00!" for size in (LONG, SHORT))
    return _seconds(long, identifier, rounds) / _seconds(short, identifier, rounds)


@pytest.mark.parametrize("piece", PIECES)
def test_a_near_miss_of_any_shape_takes_linear_time(piece):
    shapes = {line.expect["pattern"]: line.record for line in LINES if line.expect and "pattern" in line.expect}
    for name, record in shapes.items():
        for cut in (0.3, 0.6, 0.9):
            head = record.message[: int(len(record.message) * cut)]
            if _growth(head, piece, record.identifier, rounds=1) < 40:
                continue
            assert min(_growth(head, piece, record.identifier, rounds=5) for _ in range(3)) < 40, (name, cut)
