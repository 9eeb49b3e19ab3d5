"""Ansible for the tests: the commands of .venv-ansible, run as a user would run them in the checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
ROLE = PROJECT / "roles/pamsignal"
BIN = PROJECT / ".venv-ansible/bin"


def run(command: str, *arguments: object, cwd: Path = PROJECT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's commands and return what it did, with both of its outputs in stdout."""
    return subprocess.run(
        [BIN / command, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
