"""Run every group of tests that this machine can run, and name each one that it cannot, with the reason.

Ends with 0 only if everything that ran passed; with CI=true a group left out is a failure.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Optional

JOURNAL_REMOTE = ("/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote")
BROWSERS = ("chromium", "google-chrome")
LAB_PROGRAMS = ("mmdebstrap", "systemd-nspawn", "setpriv", "unshare", "nsenter", "ip", "ssh", "ssh-keygen")

# What a lab needs of the kernel, tried in namespaces that end with the command.
LAB_RIGHTS = """
set -eu
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link add br0 type bridge
mkdir /tmp/lower /tmp/upper /tmp/work /tmp/root
mount -t overlay overlay -o lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work,volatile /tmp/root
"""


def why_not_edge() -> Optional[str]:
    """Look for the program of systemd that makes real journal files."""
    if any(Path(program).exists() for program in JOURNAL_REMOTE):
        return None
    return "systemd-journal-remote is missing"


def why_not_perf() -> Optional[str]:
    """Look for what counts instructions, beside what makes real journal files."""
    return why_not_edge() if shutil.which("valgrind") else "valgrind is missing"


def why_not_site() -> Optional[str]:
    """Look for what builds the documentation's site, and for a browser to look at it."""
    if not Path(".venv-docs/installed").exists():
        return "Sphinx is missing: tools/install.sh docs"
    return None if any(map(shutil.which, BROWSERS)) else f"no browser: none of {', '.join(BROWSERS)}"


def why_not_system() -> Optional[str]:
    """Look for root, some programs, and a kernel that allows mounts in a namespace of one's own."""
    if os.geteuid() != 0:
        return "booting test hosts needs root: sudo make test"
    missing = [program for program in LAB_PROGRAMS if not shutil.which(program)]
    if missing:
        return f"missing: {', '.join(missing)}"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-c", LAB_RIGHTS], capture_output=True, text=True, check=False
    )
    return f"no right to mount or to make a bridge: {tried.stderr.strip()}" if tried.returncode else None


def never() -> Optional[str]:
    """Nothing stands against it anywhere."""
    return None


GROUPS = {
    "unit": never,
    "edge": why_not_edge,
    "perf": why_not_perf,
    "packaging": never,
    "fuzz": never,
    "site": why_not_site,
    "system": why_not_system,
    "role": why_not_system,
}

PYTEST = [sys.executable, "-m", "pytest"]

# System tests that try the service on one host of each release; other files boot hosts of their own.
OF_THE_SERVICE = [
    f"tests/system/test_{name}.py"
    for name in ("alerts", "context", "drill", "leaks", "metrics", "modes", "service", "stage_config", "survival")
]

RELEASES = ("11", "12", "13")

# What takes long and has a verb of its own: `make deb-check`.
APART = ["tests/system/test_debian_tools.py"]

# What runs beside the rest, each command in a process of its own: much of it is waiting for hosts.
BESIDE = {
    "role": [["tools/check_role.sh"]],
    "system": [
        *([*PYTEST, "--release", release, *OF_THE_SERVICE] for release in RELEASES),
        [*PYTEST, "tests/system", *(f"--ignore={file}" for file in (*OF_THE_SERVICE, *APART))],
    ],
}


def main() -> int:
    """Run lint, then the tests that need no hosts, one group after the other, and beside all that the others."""
    # A shell has what it starts in the background ignore it, and a test that interrupts a program would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    reasons = {group: why_not() for group, why_not in GROUPS.items()}
    able = [group for group, reason in reasons.items() if reason is None]
    beside = {group: [Beside(command) for command in BESIDE[group]] for group in able if group in BESIDE}
    failed = [] if run(["make", "--no-print-directory", "lint"]) else ["lint"]
    failed += [group for group in able if group not in BESIDE and not run([*PYTEST, f"tests/{group}"])]
    ended_well = {group: [one.ends_well() for one in ones] for group, ones in beside.items()}
    failed += [group for group, well in ended_well.items() if not all(well)]
    return verdict(failed, {group: reason for group, reason in reasons.items() if reason})


def run(command: List[str]) -> bool:
    """Run `command` and say whether it ended well."""
    return subprocess.run(command, check=False).returncode == 0


class Beside:
    """A command that runs beside others; what it says is kept, and shown when its end is waited for."""

    def __init__(self, command: List[str]) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the command runs
        self._process = subprocess.Popen(command, stdout=self._said, stderr=subprocess.STDOUT)
        atexit.register(self._process.terminate)

    def ends_well(self) -> bool:
        """Wait for the end, show what was said, and say whether it was a good one."""
        status = self._process.wait()
        self._said.seek(0)
        sys.stdout.write(self._said.read().decode(errors="replace"))
        sys.stdout.flush()
        return status == 0


def verdict(failed: List[str], left_out: Dict[str, str]) -> int:
    """Print what failed and what was left out; return the exit status."""
    for name in failed:
        print(f"FAILED: {name}")
    for group, reason in left_out.items():
        print(f"LEFT OUT: {group} tests: {reason}")
    return 1 if failed or (left_out and os.environ.get("CI") == "true") else 0


if __name__ == "__main__":
    sys.exit(main())
