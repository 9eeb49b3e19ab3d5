"""The lab's command line: a lab outlives the command that made it, and nothing outlives the lab."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys

import pytest

from tests.harness.waiting import PATIENCE_S, until
from tests.system.lab import folder_of


def labctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    command = [sys.executable, "-m", "tests.system.labctl", *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=4 * PATIENCE_S, check=False
    )


@pytest.fixture
def lab_name():
    name = f"try-{secrets.token_hex(3)}"
    yield name
    assert labctl("down", name).returncode == 0


@pytest.fixture
def folder(lab_name):
    """The folder of a lab with two hosts, and a web server alongside."""
    served = "python3 -m http.server --bind 10.77.0.1 --directory /usr/share 8080"
    made = labctl("up", lab_name, "first:12", "second:12", "--alongside", served)
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip() == str(folder_of(lab_name))
    return folder_of(lab_name)


def ssh(folder, ip):
    options = ["-i", folder / "key", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    command = [folder / "ssh", *options, f"alice@{ip}", "hostname"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout


def processes_of(lab_name):
    """Pids of everything whose command line names the lab."""
    listed = subprocess.run(["pgrep", "--full", "--", lab_name], capture_output=True, text=True, check=False)
    return listed.stdout.split()


def test_hosts_answer_after_the_command_that_booted_them_has_ended(folder):
    assert [ssh(folder, ip) for ip in ("10.77.0.11", "10.77.0.12")] == ["first\n", "second\n"]


def test_what_runs_alongside_answers_on_the_labs_network_only(folder, lab_name):
    fetch = "import sys, urllib.request as u; u.urlopen('http://10.77.0.1:8080/', timeout=int(sys.argv[1]))"
    here = [sys.executable, "-c", fetch]
    assert labctl("run", lab_name, *here, str(PATIENCE_S)).returncode == 0
    assert subprocess.run([*here, "5"], stderr=subprocess.DEVNULL, check=False).returncode == 1


def test_a_second_lab_of_the_same_name_is_refused(folder, lab_name):
    refused = labctl("up", lab_name, "first:12")
    assert refused.returncode == 1
    assert "is there already" in refused.stderr
    assert ssh(folder, "10.77.0.11") == "first\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_nothing_outlives_its_keeper(folder, lab_name, number):
    keeper = int((folder / "keeper").read_text())
    os.kill(keeper, number)
    until(lambda: not processes_of(lab_name), lambda: processes_of(lab_name))
    labctl("down", lab_name)
    assert not folder.exists()
