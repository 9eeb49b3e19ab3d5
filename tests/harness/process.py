"""What a process costs: CPU by the scheduler's clock, memory from smaps_rollup; and what it is at."""

from __future__ import annotations

import os
import time
from pathlib import Path

_CPU_CLOCK = 2  # CPUCLOCK_SCHED of Linux' posix-timers.h: what the scheduler counted
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Return the seconds of CPU that a process used since its start, in ns, which /proc/PID/stat counts by 10 ms.

    Its clock is what clock_getcpuclockid(3) answers; Python has no name for that.
    """
    return time.clock_gettime(~pid << 3 | _CPU_CLOCK)


def cpu_in(stat: str) -> float:
    """Return the seconds of CPU in the text of a process's stat, which may come from a host of its own."""
    fields = _fields_of(stat)
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def state(pid: int) -> str:
    """Return the letter for what a process is at: T, if it was stopped."""
    return _fields_of(Path(f"/proc/{pid}/stat").read_text())[0]


def _fields_of(stat: str) -> list[str]:
    """Return what stands behind the name, which can have spaces (proc_pid_stat(5): state, ..., utime and stime)."""
    return stat.rpartition(")")[2].split()


def memory_mb(pid: int, kind: str = "Anonymous") -> float:
    """Return a line of proc_pid_smaps_rollup(5): Anonymous is a process's own alone, without files that are mapped;
    Pss has its share of those, too."""
    return memory_in(Path(f"/proc/{pid}/smaps_rollup").read_text(), kind)


def memory_in(rollup: str, kind: str = "Anonymous") -> float:
    """Return that line, in MB, of the text of a process's smaps_rollup."""
    return next(int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith(f"{kind}:"))


def idle_percent(pid: int, seconds: float) -> float:
    """Return the share of one core that a process uses over `seconds` in which nothing happens."""
    before = cpu_s(pid)
    time.sleep(seconds)
    return (cpu_s(pid) - before) / seconds * 100


def settle(pid: int, within_s: float, percent: float = 5) -> None:
    """Wait until three seconds in a row go by with less than `percent` of a core each, at most `within_s`.

    Three, because on a busy machine a process may get no more than that for a while. RuntimeError if none came.
    """
    started, quiet = time.monotonic(), 0
    while quiet < 3:
        if time.monotonic() - started > within_s:
            raise RuntimeError(f"still at work after {within_s} s")
        quiet = quiet + 1 if idle_percent(pid, 1) < percent else 0
