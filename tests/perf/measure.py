"""The CPU that programs take which are run to be measured."""

import os
import statistics
import subprocess
import tempfile

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
