"""Programs of others, as Debian builds them: from the PATH, or from where tools/unpack.sh puts them."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.checkout import UNPACKED
from tests.harness.mounts import OWN_MOUNTS

# What Debian's Alertmanager opens wherever it is itself.
FIXED_FILE = Path("/usr/share/prometheus/alertmanager/default.tmpl")
LAID_OVER = 'mount -t overlay overlay -o "lowerdir=$0/usr/share:/usr/share" /usr/share && exec "$@"'


def program(name):
    """The path of a program; without it the test is left out, or fails where nothing may be."""
    found = shutil.which(name, path=f"{UNPACKED}/usr/bin:{os.environ.get('PATH', '')}")
    if found is None:
        leave_out(f"{name} is missing; on Debian and Ubuntu: tools/install.sh dev")
    return found


def leave_out(reason):
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


def at_home(name):
    """The command for a program that wants its files below /usr/share: it gets them laid over, in its own namespace."""
    if name != "prometheus-alertmanager" or FIXED_FILE.exists():
        return [program(name)]
    over = [*OWN_MOUNTS, "sh", "-c", LAID_OVER, str(UNPACKED)]
    if subprocess.run([*over, "test", "-e", FIXED_FILE], capture_output=True, check=False).returncode:
        leave_out(f"no right to lay {FIXED_FILE} over /usr/share for {name}")
    return [*over, program(name)]


def said(name, *arguments, **options):
    """The exit code of a program that ends by itself, and all that it said."""
    done = subprocess.run(
        [program(name), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    return done.returncode, done.stdout


@contextmanager
def running(name, *arguments, log):
    """A program that runs until the end of the block."""
    with log.open("wb") as stream:
        process = subprocess.Popen([*at_home(name), *map(str, arguments)], stdout=stream, stderr=stream)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
