"""Compresses one closed file of the trail: what the daemon's child process does."""

from __future__ import annotations

import fcntl
import gzip
import os
import shutil
from contextlib import suppress

from pamsignal.audit.files import PACKED
from pamsignal.audit.ledger import sync_directory


def pack(path: str) -> None:
    """Replace the file at `path` by `PATH.gz`. At any moment one of the two is whole.

    Only one process at a time does it: the child of a daemon that was killed may still be at work.
    """
    fresh = f"{path}{PACKED}.new"
    flags = os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileNotFoundError, BlockingIOError), os.fdopen(os.open(path, os.O_RDONLY | flags), "rb") as source:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | flags, 0o600), "wb") as target:
            fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
            target.truncate()
            with gzip.GzipFile("", "wb", fileobj=target, mtime=0) as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
            os.rename(fresh, path + PACKED)
        sync_directory(os.path.dirname(path))
        os.unlink(path)
