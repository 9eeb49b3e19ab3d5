"""Folders in memory for targets that read files; they go with the process that imported this, not with its children."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOT = Path(tempfile.mkdtemp(prefix="pamsignal-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None))


def _remove(owner: int = os.getpid()) -> None:
    if os.getpid() == owner:
        shutil.rmtree(_ROOT, ignore_errors=True)


atexit.register(_remove)


def folder(name: str) -> Path:
    """Return the folder of a target."""
    made = _ROOT / name
    made.mkdir(exist_ok=True)
    return made
