"""A note of what this process has open, so that the next one knows what the last one died with."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Optional

_MOST_TEXT = 256


class Note:
    """The file at `path`; None keeps no note. What cannot be written costs the knowledge and nothing else."""

    def __init__(self, path: Optional[str]) -> None:
        self._path = path

    def write(self, what: Optional[str], ends: int = 0) -> None:
        """Write down that `what` is open, with which `ends` processes ended before; None says that nothing is."""
        if self._path is None:
            return
        with suppress(OSError):
            if what is None:
                os.unlink(self._path)
                return
            with open(self._path, "w", encoding="ascii") as file:
                file.write(f"{os.getpid()} {ends} {what}")

    def ends_with(self, what: str) -> int:
        """Return how many processes in a row had `what` open and ended without closing it, this one not counted."""
        if self._path is None:
            return 0
        try:
            with open(self._path, encoding="ascii") as file:
                pid, ends, noted = file.read(_MOST_TEXT).split(" ", 2)
                return int(ends) + 1 if noted == what and pid != str(os.getpid()) else 0
        except (OSError, ValueError):
            return 0
