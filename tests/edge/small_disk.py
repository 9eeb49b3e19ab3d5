"""A small disk of one's own: scenarios of a module that run on it, and what they do to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.harness.checkout import PROJECT
from tests.harness.mounts import OWN_MOUNTS


def on_a_small_disk(module, scenario, folder, kib):
    """Run a scenario of `module` on a file system of so many KiB in `folder` that nobody else sees; return what it told."""
    script = f'mount -t tmpfs -o size={kib}k tmpfs "$0" && exec "$@"'
    run = [sys.executable, "-m", module.__name__, scenario, str(folder)]
    command = [*OWN_MOUNTS, "sh", "-c", script, str(folder), *run]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fill_disk(directory):
    """Leave no room on it: `ballast` takes it."""
    with Path(directory, "ballast").open("wb", buffering=0) as ballast:
        try:
            while ballast.write(b"x" * 1024):
                pass
        except OSError:
            pass


def remount(directory, how):
    """Mount it as `how` says: `ro`, `rw`."""
    subprocess.run(["mount", "-o", f"remount,{how}", directory], check=True)
