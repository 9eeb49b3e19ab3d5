"""One daemon per state directory: two would each send every alert."""

from __future__ import annotations

import fcntl
import os

from pamsignal.errors import AccessError, UsageError


def take(path: str) -> int:
    """Lock the file `path` as long as this process lives and return its descriptor; UsageError if another has it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise AccessError(
            f"{path}: {error.strerror}; run as root, or set STATE_DIRECTORY to a directory of yours"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise UsageError(
            f"{path} is locked: pamsignal runs already. See `pamsignal status`; to run this one instead: "
            "systemctl stop pamsignal"
        ) from error
    return descriptor
