"""One daemon per state directory: two would each send every alert."""

from __future__ import annotations

import errno
import fcntl
import os

from pamsignal.errors import AccessError, UsageError

_DISK_TAKES_NOTHING = frozenset({errno.EROFS, errno.ENOSPC, errno.EDQUOT})


def take(path: str) -> int:
    """Lock the file `path` as long as this process lives and return its descriptor; UsageError if another has it."""
    try:
        descriptor = _opened(path)
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


def _opened(path: str) -> int:
    """Open the file; where the disk takes none, what is there instead: that is no reason not to watch."""
    common = os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | common, 0o600)
    except OSError as error:
        if error.errno not in _DISK_TAKES_NOTHING:
            raise
    try:
        return os.open(path, os.O_RDONLY | common)
    except FileNotFoundError:
        return os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY | common)
