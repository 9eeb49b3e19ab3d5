"""What this process costs its host."""

from __future__ import annotations

import os

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes() -> int:
    """Return the memory that is resident, 0 where the kernel does not tell (proc(5), /proc/self/statm)."""
    try:
        with open("/proc/self/statm", "rb") as stream:
            return int(stream.read().split()[1]) * PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0


def cpu_us() -> int:
    """Return the time of a processor that was used, in µs."""
    times = os.times()
    return int((times.user + times.system) * 1_000_000)
