"""Programs that are run to be measured."""

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

from tests.harness.process import cpu_s, settle


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
        try:
            settle(process.pid, within_s, percent=2)
            if process.poll() is None:
                return cpu_s(process.pid)
        finally:
            process.terminate()
            process.wait()
        output.seek(0)
        raise RuntimeError(f"it ended: {output.read()[-500:].decode(errors='replace')}")


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
