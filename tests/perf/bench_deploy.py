"""How long playbooks/deploy.yml takes: for fresh hosts, and where nothing is to be done.

Run as root from the checkout: .venv/bin/python -m tests.perf.bench_deploy [--json]
The hosts are real Debian machines of one lab, so they share this machine's cores with Ansible. A fleet of three has
one of each release; ten, some more. Nothing here is a test: figures depend on the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.system.lab import Lab
from tests.system.repositories import PROJECT, build, checkout

FLEETS = {3: [11, 12, 13], 10: [11, 11, 11, 12, 12, 12, 12, 13, 13, 13]}
GOALS = {(3, "fresh"): 90, (3, "no change"): 15}  # seconds, on two cores


class Figure(NamedTuple):
    """One run of the playbook: of how many hosts, on what kind of them, how long, how many tasks changed something."""

    hosts: int
    run: str
    seconds: float
    goal_seconds: int | None
    changed: int


def main() -> None:
    """Measure each fleet, and print the figures as a table or as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        tree = checkout(Path(folder) / "tree")
        build(tree, "build_deb.sh")
        figures = [figure for fleet in FLEETS.values() for figure in measured(fleet, tree)]
    if "--json" in sys.argv[1:]:
        cores, load = os.cpu_count(), os.getloadavg()[0]
        print(json.dumps({"cores": cores, "load": load, "figures": [figure._asdict() for figure in figures]}, indent=2))
        return
    print(f"{'hosts':>5}  {'run':<10} {'seconds':>8} {'goal':>5} {'changed':>8}")
    for figure in figures:
        goal = figure.goal_seconds or ""
        print(f"{figure.hosts:>5}  {figure.run:<10} {figure.seconds:>8.1f} {goal:>5} {figure.changed:>8}")


def measured(fleet: list[int], tree: Path) -> list[Figure]:
    """Boot a fleet, deploy to it, and deploy again."""
    with contextlib.closing(Lab()) as lab:
        hosts = lab.boot_named({f"host{number}": kind for number, kind in enumerate(fleet, 1)})
        variables = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(lab.key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
            "ansible_control_path_dir": str(lab.folder / "cp"),
        }
        members = {name: {"ansible_host": host.ip} for name, host in hosts.items()}
        inventory = lab.folder / "inventory.json"
        inventory.write_text(json.dumps({"pamsignal": {"hosts": members, "vars": variables}}))
        return [deploy(lab, inventory, tree, run) for run in ("fresh", "no change")]


def deploy(lab: Lab, inventory: Path, tree: Path, run: str) -> Figure:
    """Run the playbook from `tree` on the lab's network, and time it."""
    tools = PROJECT / ".venv-ansible/bin"
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "NO_COLOR": "1"}
    command = lab.on_network([str(tools / "ansible-playbook"), f"--inventory={inventory}", "playbooks/deploy.yml"])
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=tree, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    took = time.monotonic() - begun
    if done.returncode:
        logs = [host.run("hostname; journalctl --no-pager --unit=pamsignal", check=False).stdout for host in lab.hosts]
        raise SystemExit("\n".join([*logs, "the playbook failed:", done.stdout[-4000:], done.stderr[-2000:]]))
    changed = sum(int(count) for count in re.findall(r"changed=(\d+)", done.stdout))
    return Figure(len(lab.hosts), run, took, GOALS.get((len(lab.hosts), run)), changed)


if __name__ == "__main__":
    main()
