"""Compresses one closed file of the trail: what the daemon's child process does."""

from __future__ import annotations

import gzip
import os
import shutil

from pamsignal.audit.files import PACKED
from pamsignal.audit.ledger import sync_directory


def pack(path: str) -> None:
    """Replace the file at `path` by `PATH.gz`. At any moment one of the two is whole."""
    fresh = f"{path}{PACKED}.new"
    flags = os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | flags, 0o600)
    with os.fdopen(descriptor, "wb") as target, os.fdopen(os.open(path, os.O_RDONLY | flags), "rb") as source:
        with gzip.GzipFile("", "wb", fileobj=target, mtime=0) as packed:
            shutil.copyfileobj(source, packed, 1 << 20)
        target.flush()
        os.fsync(target.fileno())
    os.rename(fresh, path + PACKED)
    sync_directory(os.path.dirname(path))
    os.unlink(path)
