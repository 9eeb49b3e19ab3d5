"""One real Debian machine: how it boots, how to run commands on it, log in to it and read its journal."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.harness.waiting import PATIENCE_S

if TYPE_CHECKING:
    from tests.system.lab import Lab

GATEWAY = "10.77.0.1"

SSH = ["ssh", "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
SSH += ["-o", "LogLevel=ERROR", "-o", f"ConnectTimeout={PATIENCE_S}", "-o", "IdentitiesOnly=yes"]

# `volatile` lets the overlay write nothing through to the disk: a host never has to outlive a power cut (Linux 5.10).
# nspawn turns TERM into an orderly power-off. --link-journal=no keeps the journal in the host; --register=no and
# --keep-unit do without machined.
BOOT = """
set -eu
mount -t overlay overlay -o "lowerdir=$2,upperdir=$3/upper,workdir=$3/work,volatile" "$3/root"
mkdir -p "/sys/fs/cgroup/$4"
echo $$ >"/sys/fs/cgroup/$4/cgroup.procs"
exec systemd-nspawn --boot --directory="$3/root" --machine="$1" --register=no --keep-unit --console=read-only \
    --network-bridge=br0 --resolv-conf=off --timezone=off --link-journal=no
"""


# What ssh asks for the password. ssh is its parent.
ASKPASS = """#!/bin/sh
if [ "${LAB_MEETING:-}" ]; then
    : >"$LAB_MEETING/$PPID"
    until [ "$(ls "$LAB_MEETING" | wc -l)" -ge "$LAB_EXPECTED" ]; do sleep 0.05; done
fi
printf '%s\\n' "$LAB_PASSWORD"
"""


class Meeting(NamedTuple):
    """Clients that wait for each other: none offers its password before so many are connected and asked for one."""

    folder: Path
    expected: int


class Host:
    """One Debian machine of the lab."""

    def __init__(self, lab: Lab, name: str, release: int, ip: str) -> None:
        self.lab, self.name, self.release, self.ip = lab, name, release, ip
        self.folder = lab.folder / "hosts" / f"{name}-{ip}"  # two of one name may follow each other
        self.leader = 0

    def start(self, tree: Path) -> None:
        """Begin to boot a copy of `tree`; `wait` says when it has."""
        self.lay_out()
        arguments = [f"{self.lab.name}-{self.name}", str(tree), str(self.folder), f"{self.lab.name}/{self.name}"]
        namespaces = [
            f"--{kind}=/proc/{self.lab.holder.pid}/ns/{file}" for kind, file in (("net", "net"), ("mount", "mnt"))
        ]
        with (self.folder / "console.log").open("w") as console:
            self.nspawn = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "nsenter", *namespaces, "sh", "-c", BOOT, "boot", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )

    def lay_out(self) -> None:
        """Write what is this host's own into the upper layer: its names, and the lab's key for alice and root."""
        upper = self.folder / "upper"
        for folder in ("etc/systemd/system", "root/.ssh", "home/alice/.ssh"):
            (upper / folder).mkdir(parents=True)
        # At midnight it would make files, in the middle of a test that counts them.
        (upper / "etc/systemd/system/dpkg-db-backup.timer").symlink_to("/dev/null")
        (self.folder / "work").mkdir()
        (self.folder / "root").mkdir()
        (upper / "etc/hostname").write_text(f"{self.name}\n")
        (upper / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {self.name}\n")
        for home in ("root", "home/alice"):
            shutil.copy(f"{self.lab.key}.pub", upper / home / ".ssh/authorized_keys")
        (upper / "root").chmod(0o700)
        for path in ("home/alice", "home/alice/.ssh", "home/alice/.ssh/authorized_keys"):
            os.chown(upper / path, 1000, 1000)

    def wait(self) -> None:
        """Return when systemd has started everything and sshd listens; raise with the console's text if it does not."""
        deadline = time.monotonic() + PATIENCE_S
        while not (self.leader and self.answers()):
            if self.nspawn.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not boot:\n{(self.folder / 'console.log').read_text()[-4000:]}")
            time.sleep(0.05)
            self.leader = self.leader or self.find_leader()
        self.run("systemctl is-system-running --wait", check=False)

    def find_leader(self) -> int:
        """Give the host its address and return the pid of its init, or 0 as long as it is not there."""
        pid = self.nspawn.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            network = ["nsenter", f"--net=/proc/{child}/ns/net", "ip"]
            address = [*network, "address", "add", f"{self.ip}/24", "dev", "host0"]
            if subprocess.run(address, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                subprocess.run([*network, "link", "set", "host0", "up"], check=True)
                return int(child)
        return 0

    def answers(self) -> bool:
        """Is there an sshd at the host's address?"""
        try:
            self.lab.connect(self.ip, 22).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Wait for an orderly end, and force it after ten seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.nspawn.wait(10)
        if self.nspawn.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # a killed nspawn would leave its init behind
                os.kill(self.leader or self.nspawn.pid, signal.SIGKILL)
        self.nspawn.wait()

    def run(
        self, command: str, *, check: bool = True, typed: str | bytes | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command as root. It enters the namespaces from outside, so it is in no log of the host."""
        done = call(self.inside(command), typed)
        assert done.returncode == 0 or not check, (
            f"{self.name}: {command}: {done.returncode}: {done.stdout}{done.stderr}"
        )
        return done

    def inside(self, command: str) -> list[str]:
        """Return the command that runs a shell command on the host as root."""
        enter = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        clean = ["env", "-i", "HOME=/root", "LANG=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        return [*enter, *clean, "sh", "-c", command]

    def ssh(
        self,
        user: str,
        command: str = "true",
        *,
        password: str | None = None,
        source: str = GATEWAY,
        tries: int = 1,
        typed: str | None = None,
        meeting: Meeting | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Log in over the network from `source`: with the lab's key, or with `password`, offered `tries` times."""
        login, environment = self.ssh_command(user, password=password, source=source, tries=tries)
        if meeting is not None:
            environment |= {"LAB_MEETING": str(meeting.folder), "LAB_EXPECTED": str(meeting.expected)}
        return call(self.lab.on_network([*login, command]), typed, environment)

    def ssh_command(
        self, user: str, *, password: str | None = None, source: str = GATEWAY, tries: int = 1
    ) -> tuple[list[str], dict[str, str]]:
        """Return the ssh command line and its environment; ssh(1) has SSH_ASKPASS_REQUIRE from OpenSSH 8.4 on."""
        login = [*SSH, "-b", source, "-l", user]
        if password is None:
            return [*login, "-i", str(self.lab.key), "-o", "BatchMode=yes", self.ip], dict(os.environ)
        askpass = self.lab.folder / "askpass"
        if not askpass.exists():
            ready = askpass.with_name(f"askpass-{threading.get_ident()}")
            ready.write_text(ASKPASS)
            ready.chmod(0o700)
            ready.replace(askpass)  # others may be about to run it
        login += ["-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password"]
        login += ["-o", f"NumberOfPasswordPrompts={tries}", self.ip]
        asked = {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force", "LAB_PASSWORD": password}
        return login, {**os.environ, **asked}

    def put(self, local: Path | str, remote: str, mode: int = 0o644) -> None:
        """Copy a file onto the host, owned by root."""
        self.write(remote, Path(local).read_bytes(), mode)

    def write(self, remote: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file on the host, owned by root, through a new file that takes the old one's place."""
        self.run(f"install -D -m {mode:o} /dev/stdin {remote}.new && mv {remote}.new {remote}", typed=content)

    def journal(self, matches: str = "") -> list[dict[str, object]]:
        """Return the host's journal, as `journalctl -o json` tells it, narrowed by options or matches."""
        self.run("journalctl --sync")
        lines = self.run(f"journalctl --no-pager --all -o json {matches}").stdout
        return [json.loads(line) for line in lines.splitlines()]


def call(
    command: list[str], typed: str | bytes | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command with `typed` on its standard input, and catch what it prints; bytes that are no text are escaped."""
    content = typed.encode() if isinstance(typed, str) else typed
    stdin = subprocess.DEVNULL if content is None else None
    done = subprocess.run(
        command, input=content, stdin=stdin, env=environment, capture_output=True, timeout=4 * PATIENCE_S, check=False
    )
    printed = (stream.decode(errors="backslashreplace") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, *printed)
