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
import os
import secrets
import shutil
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterable, Iterator

from tests.harness.waiting import PATIENCE_S
from tests.system.host import GATEWAY, Host
from tests.system.images import IMAGES, Kind, base_tree, cache_folder
from tests.system.images import lock as hold

# Addresses of hosts, in the order of their booting.
HOSTS = [f"10.77.0.{last}" for last in range(11, 100)]
# Where attackers come from: each test takes one of its own, so that no test meets another one's counters.
ATTACKERS = [f"10.77.0.{last}" for last in range(100, 200)]

CLONE_NEWNET = 0x40000000
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

FORGET_CGROUPS = """
mount -t cgroup2 cgroup2 /sys/fs/cgroup
find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} + 2>/dev/null
"""


class Lab:
    """The network and its hosts. `contextlib.closing(Lab())` removes every trace of them.

    A lab with a name of its own can be found by other processes; two of one name cannot live at the same time.
    """

    def __init__(self, name: str | None = None) -> None:
        self.folder = folder_of(name or secrets.token_hex(4))
        self.lock = claim(self.folder)
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
        """Boot one host of each Debian release, named debian11 and so on."""
        return list(self.boot_named({f"debian{release}": release for release in releases}).values())

    def boot_named(self, kinds: dict[str, Kind]) -> dict[str, Host]:
        """Boot hosts of any names and kinds side by side; return when all of them accept ssh connections."""
        images = {name: IMAGES[kind] for name, kind in kinds.items()}
        different = sorted(set(images.values()))
        with ThreadPoolExecutor(len(different)) as pool:
            trees = dict(zip(different, pool.map(base_tree, different)))
        addresses = iter(HOSTS[len(self.hosts) :])
        started = {name: Host(self, name, image.release, next(addresses)) for name, image in images.items()}
        for name, host in started.items():
            host.start(trees[images[name]])
            self.hosts.append(host)
        for host in started.values():
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
        return self.inside(socket.create_connection, (ip, port), PATIENCE_S, (source, 0))

    @staticmethod
    def power_off(hosts: Iterable[Host]) -> None:
        """Power hosts off, all at once. A kernel gives root 128 inotify instances, and a host takes six or seven."""
        for host in hosts:
            host.nspawn.send_signal(signal.SIGTERM)
        for host in hosts:
            host.stop()

    def close(self) -> None:
        """Power the hosts off, and remove every trace of the lab."""
        self.power_off(self.hosts)
        self.holder.kill()
        self.holder.communicate()
        forget(self.folder)
        os.close(self.lock)


def folder_of(name: str) -> Path:
    """Where the lab of this name keeps everything."""
    return cache_folder() / f"lab-{name}"


def claim(folder: Path) -> int:
    """Remove what dead labs left, make a lab's folder, and return its lock."""
    sweep()
    with one_at_a_time():
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            raise RuntimeError(f"the lab {folder.name} is there already") from None
        return lock(folder)


def lock(folder: Path) -> int:
    """Lock a lab's folder for as long as the returned descriptor, or this process, lives."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep others from sweeping: between a folder and its lock a lab looks like one that is dead."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with hold(cache_folder() / "labs.lock"):
        yield


def sweep() -> None:
    """Remove what labs left behind that were killed; one that lives holds its folder's lock."""
    with one_at_a_time():
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


def enter_network(pid: int) -> None:
    """Move the calling thread into the network namespace of `pid` (setns(2); Python has it from 3.12 on)."""
    with Path(f"/proc/{pid}/ns/net").open() as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
