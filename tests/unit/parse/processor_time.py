"""A limit of processor time, which shows that work grows with the length of a text and not with its square.

No time is compared: linear work stays far below the limit on any machine, however busy, and work which grows with the
square of the length exceeds it: 64 kB are four thousand million steps then, half a minute.
"""

import signal
from contextlib import contextmanager

LIMIT_SECONDS = 2.0  # of processor time, for one text; the slowest takes a hundredth of it
LONGEST = 64_000


class TooLongError(Exception):
    """The processor worked on one text for LIMIT_SECONDS."""


@contextmanager
def limited(seconds=LIMIT_SECONDS):
    """Break off what takes so much processor time; `re` looks for signals while it matches (Modules/_sre)."""

    def stop(_number, _frame):
        raise TooLongError

    former = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)
