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

    def write(self, what: Optional[str]) -> None:
        """Write down that `what` is open; None says that nothing is."""
        if self._path is None:
            return
        with suppress(OSError):
            if what is None:
                os.unlink(self._path)
                return
            with open(self._path, "w", encoding="ascii") as file:
                file.write(f"{os.getpid()} {what}")

    def tells_of_an_end_with(self, what: str) -> bool:
        """Tell whether another process had `what` open and ended without closing it."""
        if self._path is None:
            return False
        try:
            with open(self._path, encoding="ascii") as file:
                pid, _, noted = file.read(_MOST_TEXT).partition(" ")
        except (OSError, ValueError):
            return False
        return noted == what and pid != str(os.getpid())
