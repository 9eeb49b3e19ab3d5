"""A lab: real Debian hosts that boot in two seconds, on one private network, and leave nothing behind.

One *holder* process owns a mount and a network namespace. The bridge, the cgroup2 mount and every host's overlay
exist only in there, so they vanish with the lab's last process; the outer machine's mounts, firewall and ports are
never touched. Each host is a systemd-nspawn with a cgroup of its own: without one they would share `/payload` and
stop each other's units. All processes die with the tests (pdeathsig), so an interrupted run leaves none behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.system.images import base_tree, cache_folder

GATEWAY = "10.77.0.1"
# Where attackers come from: each test takes one of its own, so that no test meets another one's counters.
ATTACKERS = [f"10.77.0.{last}" for last in range(100, 200)]

CLONE_NEWNET = 0x40000000
SSH = ["ssh", "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
SSH += ["-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10", "-o", "IdentitiesOnly=yes"]

HOLDER = """
set -eu
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$1"
ip link set lo up
ip link add br0 type bridge
ip link set br0 up
for address in $2; do ip address add "$address/24" dev br0; done
echo ready
exec sleep infinity
"""

# nspawn turns TERM into an orderly power-off. --link-journal=no keeps the journal in the host; --register=no and
# --keep-unit do without machined.
BOOT = """
set -eu
mount -t overlay overlay -o "lowerdir=$2,upperdir=$3/upper,workdir=$3/work" "$3/root"
mkdir -p "/sys/fs/cgroup/$4"
echo $$ >"/sys/fs/cgroup/$4/cgroup.procs"
exec systemd-nspawn --boot --directory="$3/root" --machine="$1" --register=no --keep-unit --console=read-only \
    --network-bridge=br0 --resolv-conf=off --timezone=off --link-journal=no
"""

FORGET_CGROUPS = """
mount -t cgroup2 cgroup2 /sys/fs/cgroup
find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} + 2>/dev/null
"""


class Lab:
    """The network and its hosts. `contextlib.closing(Lab())` removes every trace of them."""

    def __init__(self) -> None:
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix="lab-", dir=cache_folder()))
        self.lock = lock(self.folder)
        self.name = f"pamsignal-{self.folder.name}"
        self.key = self.folder / "key"
        self.hosts: list[Host] = []
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", self.key], check=True)
        script = ["sh", "-c", HOLDER, "holder", self.name, " ".join([GATEWAY, *ATTACKERS])]
        self.holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", *script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self.holder.stdout.readline() != "ready\n":
            raise RuntimeError("the lab's namespaces could not be made: is this root, with cgroup2 and bridges?")

    def boot(self, releases: list[int]) -> list[Host]:
        """Boot one host of each Debian release, side by side; return when all of them accept ssh connections."""
        with ThreadPoolExecutor(len(releases)) as pool:
            trees = list(pool.map(base_tree, releases))
        started = [Host(self, release, tree) for release, tree in zip(releases, trees)]
        self.hosts += started
        for host in started:
            host.wait()
        return started

    def on_network(self, command: list[str]) -> list[str]:
        """Return the command that runs `command`, a program of the outer machine, on the lab's network."""
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *command]

    def inside(self, function, *arguments):
        """Call `function` on the lab's network: sockets that it opens stay there."""
        with ThreadPoolExecutor(1, initializer=enter_network, initargs=(self.holder.pid,)) as pool:
            return pool.submit(function, *arguments).result()

    def listen(self, port: int = 0) -> socket.socket:
        """Return a listening socket on the gateway's address."""
        return self.inside(socket.create_server, (GATEWAY, port))

    def connect(self, ip: str, port: int, source: str = GATEWAY) -> socket.socket:
        """Return a connection from `source` to a host."""
        return self.inside(socket.create_connection, (ip, port), 10, (source, 0))

    def close(self) -> None:
        """Power the hosts off, and remove every trace of the lab."""
        for host in self.hosts:
            host.nspawn.send_signal(signal.SIGTERM)
        for host in self.hosts:
            stop(host.nspawn)
        self.holder.kill()
        self.holder.communicate()
        forget(self.folder)
        os.close(self.lock)


class Host:
    """One Debian machine of the lab."""

    def __init__(self, lab: Lab, release: int, tree: Path) -> None:
        self.lab, self.release = lab, release
        self.name = f"debian{release}"
        self.ip = f"10.77.0.{release}"
        self.folder = lab.folder / self.name
        self.leader = 0
        self.lay_out()
        arguments = [f"{lab.name}-{release}", str(tree), str(self.folder), f"{lab.name}/{self.name}"]
        namespaces = [f"--{kind}=/proc/{lab.holder.pid}/ns/{file}" for kind, file in (("net", "net"), ("mount", "mnt"))]
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
        for folder in ("etc", "root/.ssh", "home/alice/.ssh"):
            (upper / folder).mkdir(parents=True)
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
        deadline = time.monotonic() + 60
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

    def run(
        self, command: str, *, check: bool = True, typed: str | bytes | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command as root. It enters the namespaces from outside, so it is in no log of the host."""
        enter = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        clean = ["env", "-i", "HOME=/root", "LANG=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        done = call([*enter, *clean, "sh", "-c", command], typed)
        assert done.returncode == 0 or not check, (
            f"{self.name}: {command}: {done.returncode}: {done.stdout}{done.stderr}"
        )
        return done

    def ssh(
        self,
        user: str,
        command: str = "true",
        *,
        password: str | None = None,
        source: str = GATEWAY,
        tries: int = 1,
        typed: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Log in over the network from `source`: with the lab's key, or with `password`, offered `tries` times."""
        login, environment = self.ssh_command(user, password=password, source=source, tries=tries)
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
            askpass.write_text('#!/bin/sh\nprintf "%s\\n" "$LAB_PASSWORD"\n')
            askpass.chmod(0o700)
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


def lock(folder: Path) -> int:
    """Lock a lab's folder for as long as the returned descriptor, or this process, lives."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def sweep() -> None:
    """Remove what labs left behind that were killed; one that lives holds its folder's lock."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    for folder in cache_folder().glob("lab-*"):
        with contextlib.suppress(OSError):
            descriptor = lock(folder)
            forget(folder)
            os.close(descriptor)


def forget(folder: Path) -> None:
    """Remove the folder and the empty cgroups of a lab that is no more."""
    name = f"pamsignal-{folder.name}"
    subprocess.run(["unshare", "--mount", "sh", "-c", FORGET_CGROUPS, "forget", name], check=False)
    shutil.rmtree(folder)


def call(
    command: list[str], typed: str | bytes | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command with `typed` on its standard input, and catch what it prints; bytes that are no text are escaped."""
    content = typed.encode() if isinstance(typed, str) else typed
    stdin = subprocess.DEVNULL if content is None else None
    done = subprocess.run(
        command, input=content, stdin=stdin, env=environment, capture_output=True, timeout=180, check=False
    )
    printed = (stream.decode(errors="backslashreplace") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, *printed)


def enter_network(pid: int) -> None:
    """Move the calling thread into the network namespace of `pid` (setns(2); Python has it from 3.12 on)."""
    with Path(f"/proc/{pid}/ns/net").open() as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Wait for an orderly end, and force it after ten seconds."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    process.kill()
    process.wait()
