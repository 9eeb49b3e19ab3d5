"""A child of this process that is killed at any moment, as the kernel or a power cut would."""

from __future__ import annotations

import os
import signal
import time


def killed_after(seconds, live, *arguments):
    """Let a child do `live(*arguments)`, which goes on for ever, and kill it after so many seconds."""
    child = os.fork()
    if child == 0:
        try:
            live(*arguments)
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
