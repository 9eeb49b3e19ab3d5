"""How tests wait: for what comes about, and for as long as the busiest machine may need."""

from __future__ import annotations

import time

PATIENCE_S = 180  # where all is well nobody waits so long for anything


def until(condition, why=lambda: "it did not come about", pause_s=0.02):
    """Wait until `condition()` holds, and return what it gave; else fail, and say `why()`."""
    deadline = time.monotonic() + PATIENCE_S
    while not (given := condition()):
        assert time.monotonic() < deadline, why()
        time.sleep(pause_s)
    return given
