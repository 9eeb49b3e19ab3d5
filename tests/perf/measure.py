"""Measuring other processes: CPU from the scheduler's clock, anonymous memory from smaps_rollup."""

import contextlib
import os
import select
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

_CPU_CLOCK = 2  # CPUCLOCK_SCHED of Linux' posix-timers.h: what the scheduler counted
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def medians(ways, rounds):
    """Run each of `ways` (label, argv) in turn, `rounds` times over, so that other load on the machine hits all alike.

    Return (label, median CPU seconds) of those that can be run; say why of the others.
    """
    spent = {label: [] for label, _ in ways}
    for _ in range(rounds):
        for label, argv in ways:
            try:
                spent[label].append(cpu_seconds(argv)[0])
            except RuntimeError as error:  # a part that is broken must not hide the others
                print(f"{label}: not measured: {error}")
    return [(label, statistics.median(seconds)) for label, seconds in spent.items() if seconds]


def cpu_seconds(argv):
    """Run `argv`; return its user + system seconds, and what it printed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(argv, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            last = errors.read().decode(errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"ended with {process.returncode}: {''.join(last)}")
        return usage.ru_utime + usage.ru_stime, output.read().decode(errors="replace")


def cpu_seconds_until_idle(argv, within_s):
    """Run `argv`, a service, until it has done nothing for three seconds; return its user + system seconds."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(argv, stdout=output, stderr=output)
        started, quiet = time.monotonic(), 0
        while quiet < 3:
            if process.poll() is not None or time.monotonic() - started > within_s:
                process.kill()
                output.seek(0)
                raise RuntimeError(f"not idle within {within_s} s: {output.read()[-500:].decode(errors='replace')}")
            before = cpu_s(process.pid)
            time.sleep(1)
            quiet = quiet + 1 if cpu_s(process.pid) - before < 0.02 else 0
        spent = cpu_s(process.pid)
        process.terminate()
        process.wait()
        return spent


def cpu_s(pid):
    """Return the seconds of CPU that a process used since its start, in ns, which /proc/PID/stat counts by 10 ms.

    Its clock is what clock_getcpuclockid(3) answers; Python has no name for that.
    """
    return time.clock_gettime(~pid << 3 | _CPU_CLOCK)


def cpu_in(stat):
    """Return the seconds of CPU in the text of a process's stat (proc_pid_stat(5): utime and stime)."""
    after_name = stat.rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS_PER_SECOND


def memory_mb(pid, kind="Anonymous"):
    """Return a line of proc_pid_smaps_rollup(5): Anonymous is a process's own alone, without files that are mapped;
    Pss has its share of those, too."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith(f"{kind}:"))


def anonymous_mb(pid):
    """Return the memory of a process that is its own alone."""
    return memory_mb(pid)


class Service:
    """A program started as systemd starts a Type=notify service, with a notification socket of our own."""

    def __init__(self, argv, environ=None, ready_within_s=20):
        self._folder = tempfile.TemporaryDirectory()
        self._errors = Path(self._folder.name) / "stderr"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, self._errors.open("wb") as errors:
            address = str(Path(self._folder.name) / "notify")
            manager.bind(address)
            started = time.monotonic()
            environ = {**(environ or os.environ), "NOTIFY_SOCKET": address}
            self._process = subprocess.Popen(argv, env=environ, stdout=subprocess.DEVNULL, stderr=errors)
            self.pid = self._process.pid
            self.ready_s = self._ready_after(manager, started, ready_within_s)

    def _ready_after(self, manager, started, within_s):
        """Seconds from start to READY=1, or None if it ended or did not say so in time."""
        while time.monotonic() - started < within_s:
            if select.select([manager], [], [], 0.05)[0]:
                if b"READY=1" in manager.recv(4096):
                    return time.monotonic() - started
            elif self._process.poll() is not None:
                return None
        return None

    def idle_percent(self, seconds):
        """Return the share of one core over `seconds` in which nothing happens."""
        before = cpu_s(self.pid)
        time.sleep(seconds)
        return (cpu_s(self.pid) - before) / seconds * 100

    def settle(self, within_s):
        """Wait until three seconds in a row go by with less than 5 % of a core each, at most `within_s`.

        Three, because on a busy machine a process may get no more than that for a while. RuntimeError if none came.
        """
        started, quiet = time.monotonic(), 0
        while quiet < 3:
            if time.monotonic() - started > within_s:
                raise RuntimeError(f"still at work after {within_s} s")
            quiet = quiet + 1 if self.idle_percent(1) < 5 else 0

    def said(self):
        """Return the last line on stderr."""
        lines = self._errors.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "nothing"

    def stop(self):
        """End it as systemd does; return the seconds it took."""
        started = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        took_s = time.monotonic() - started
        self._folder.cleanup()
        return took_s
