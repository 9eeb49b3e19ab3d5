"""A process that has no file descriptor left, for a while."""

from __future__ import annotations

import os
import resource
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def none_left():
    """Use all of them up, by a limit just above those in use; give them back at the end of the block."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(int(path.name) for path in Path("/proc/self/fd").iterdir()), hard))
    taken = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC))
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
