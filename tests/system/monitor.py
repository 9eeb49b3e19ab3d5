"""pamsignal as a user installs it on a host: the built wheel, the unit, the copy step, a configuration."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import yaml

from tests.harness.checkout import PROJECT
from tests.harness.waiting import until
from tests.system.host import Host
from tests.system.receiver import SECRET, Receiver

SYSTEMD = PROJECT / "packaging/systemd"
CONFIG = "/etc/pamsignal/pamsignal.yaml"
LAUNCHER = b"#!/usr/bin/python3 -Es\nimport sys\nfrom pamsignal.cli import main\nsys.exit(main())\n"
BUILD = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"

# Every use of privilege is reported here, which the default leaves out, and no budget cuts the tests short.
ACTIONS = ["login_success", "login_denied", "elevation_success", "elevation_failure", "elevation_denied"]


def build_wheel(folder: Path) -> Path:
    """Build the project's wheel into `folder`."""
    command = [sys.executable, "-c", BUILD, str(folder)]
    built = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return folder / built.stdout.split()[-1]


class Monitor:
    """The service on one host, and the receiver that its alerts go to."""

    def __init__(self, host: Host, receiver: Receiver) -> None:
        self.host, self.receiver = host, receiver

    def install(self, wheel: Path) -> None:
        """Unpack the wheel where Debian's packages put modules, and install launcher, unit and copy step."""
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.host.lab.folder / "wheel")
        tree = ["tar", "--create", f"--directory={self.host.lab.folder / 'wheel'}", "--owner=root", "--group=root", "."]
        modules = subprocess.run(tree, stdout=subprocess.PIPE, check=True).stdout
        self.host.run("tar -x --directory=/usr/lib/python3/dist-packages", typed=modules)
        self.host.write("/usr/bin/pamsignal", LAUNCHER, 0o755)
        self.host.put(SYSTEMD / "stage-config", "/usr/libexec/pamsignal/stage-config", 0o755)
        self.host.put(SYSTEMD / "pamsignal.service", "/usr/lib/systemd/system/pamsignal.service")
        self.host.write("/etc/pamsignal/ca.pem", self.receiver.authority)
        self.host.run("systemctl daemon-reload")

    def hook(self, secret: object = SECRET, **changes: object) -> dict[str, object]:
        """Return a webhook to the receiver, signed with `secret`, which is told of all logins."""
        hook = {"type": "webhook", "url": self.receiver.url(), "secrets": [secret], "ca_file": "/etc/pamsignal/ca.pem"}
        return {**hook, "min_severity": "info", "success_per_10_minutes": 600, **changes}

    def configure(self, secret: object = SECRET, **changes: object) -> None:
        """Write the configuration: a webhook to the receiver, signed with `secret`, and `changes` of top-level keys."""
        sinks = {"hook": self.hook(secret, noise_per_10_minutes=600), "journald": {"type": "journald"}}
        self.write_config(yaml.safe_dump({"alerts": {"actions": ACTIONS}, "sinks": sinks, **changes}))

    def write_config(self, text: str) -> None:
        """Write the configuration file as an administrator does: root's own, mode 0600."""
        self.host.write(CONFIG, text.encode(), 0o600)

    def start(self) -> None:
        """Start the service; fail with its log if it does not."""
        started = self.host.run("systemctl start pamsignal", check=False)
        assert started.returncode == 0, self.log()

    def restart(self) -> None:
        """Stop and start the service, forgetting earlier failures."""
        self.host.run("systemctl reset-failed pamsignal", check=False)
        self.host.run("systemctl stop pamsignal")
        self.start()

    def shows(self, name: str) -> str:
        """Return a property of the unit as `systemctl show` tells it."""
        return self.host.run(f"systemctl show --property={name} --value pamsignal").stdout.strip()

    @property
    def pid(self) -> int:
        """The daemon's pid inside the host, as soon as it runs: never 0, which kill(1) takes for everybody around it."""
        return until(lambda: int(self.shows("MainPID")), self.log)

    def log(self) -> str:
        """Return the last lines of the unit's log."""
        return self.host.run("journalctl --no-pager --unit=pamsignal --lines=60", check=False).stdout
