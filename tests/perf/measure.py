"""Measuring other processes: CPU from the kernel's accounting, anonymous memory from smaps_rollup."""

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

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(argv, rounds=3):
    """Run `argv` `rounds` times; return the median of user + system seconds, and what it printed last."""
    spent, printed = [], ""
    for _ in range(rounds):
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(argv, stdout=output, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            if process.returncode != 0:
                raise RuntimeError(f"{argv[0]} … ended with {process.returncode}: {errors.read().decode()[-400:]}")
            output.seek(0)
            printed = output.read().decode(errors="replace")
        spent.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(spent), printed


def discard_cpu_seconds(command, rounds=3):
    """Return the median CPU seconds of a shell command whose output goes to /dev/null."""
    return cpu_seconds(["sh", "-c", f"exec {command} >/dev/null"], rounds)[0]


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

    def anonymous_mb(self):
        """Memory that is the process's own, not mapped journal files: the figure that can be compared."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith("Anonymous:"))

    def cpu_s(self):
        """Seconds of CPU since the start (proc_pid_stat(5): utime and stime)."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / _TICKS_PER_SECOND

    def idle_percent(self, seconds):
        """Return the share of one core over `seconds` in which nothing happens."""
        before = self.cpu_s()
        time.sleep(seconds)
        return (self.cpu_s() - before) / seconds * 100

    def settle(self, within_s):
        """Wait until a second goes by with less than 5 % of a core, at most `within_s`; return the seconds it took."""
        started = time.monotonic()
        while time.monotonic() - started < within_s and self.idle_percent(1) > 5:
            pass
        return time.monotonic() - started

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
