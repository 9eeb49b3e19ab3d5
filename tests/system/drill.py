"""What an exploited daemon would try, as a program of its own: it runs in the unit's place and tells what it could do.

It uses no code of the project and prints one JSON object: what was tried → "done", or the reason why not. The host's
Python runs it, so it is written for 3.9.
"""

import ctypes
import json
import mmap
import os
import socket
import subprocess
import sys
from pathlib import Path

PTRACE_ATTACH = 16
CLONE_NEWUSER = 0x10000000
libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    """Raise what libc says about a call that returned -1, or mmap(2)'s MAP_FAILED."""
    if result in {-1, ctypes.c_void_p(-1).value}:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def read(path):
    with Path(path).open("rb") as file:
        if not file.read(1):
            raise OSError("nothing in it")


def write(path):
    with Path(path).open("ab") as file:
        file.write(b"here")


def names_in(path):
    list(Path(path).iterdir())


def map_writable_and_executable():
    libc.mmap.restype = ctypes.c_void_p
    everything = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    length, anonymous = ctypes.c_size_t(4096), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    checked(libc.mmap(None, length, everything, anonymous, -1, ctypes.c_long(0)))


def lift_own_privileges():
    subprocess.run(["/usr/bin/sudo", "-n", "true"], check=True, capture_output=True)


TRIES = {
    "read /etc/shadow": lambda: read("/etc/shadow"),
    "read /etc/pamsignal/pamsignal.yaml": lambda: read("/etc/pamsignal/pamsignal.yaml"),
    "read a host key": lambda: read("/etc/ssh/ssh_host_ed25519_key"),
    "list /root/.ssh": lambda: names_in("/root/.ssh"),
    "list /home/alice": lambda: names_in("/home/alice"),
    "read the memory of init": lambda: read("/proc/1/mem"),
    "see the processes of others": lambda: names_in("/proc/1"),
    "write /usr": lambda: write("/usr/bin/pamsignal"),
    "write /etc": lambda: write("/etc/planted"),
    "write /var/log": lambda: write("/var/log/planted"),
    "write /var/lib": lambda: write("/var/lib/planted"),
    "write /run": lambda: write("/run/planted"),
    "write a kernel setting": lambda: write("/proc/sys/kernel/core_pattern"),
    "write a control group": lambda: Path("/sys/fs/cgroup/planted").mkdir(),
    "open AF_PACKET": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "open AF_NETLINK": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
    "map memory writable and executable": map_writable_and_executable,
    "trace a process": lambda: checked(libc.ptrace(PTRACE_ATTACH, os.getppid(), None, None)),
    "make a namespace": lambda: checked(libc.unshare(CLONE_NEWUSER)),
    "mount": lambda: checked(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
    "become root": lambda: os.setuid(0),
    "become root with sudo": lift_own_privileges,
    "set the host's name": lambda: socket.sethostname("planted"),
    "write its state": lambda: write("/var/lib/pamsignal/planted"),
    "write its logs": lambda: write("/var/log/pamsignal/planted"),
    "write its runtime directory": lambda: write("/run/pamsignal/planted"),
    "open TCP": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
}


def outcome(attempt):
    """Return "done", or why it failed."""
    try:
        attempt()
    except (OSError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def main():
    """Try everything, and write what happened to standard output."""
    told = {name: outcome(attempt) for name, attempt in TRIES.items()}
    status = Path("/proc/self/status").read_text().splitlines()
    told["capabilities"] = [line.split()[1] for line in status if line.startswith(("CapEff", "CapPrm", "CapAmb"))]
    sys.stdout.write(f"DRILL {json.dumps(told)}\n")


if __name__ == "__main__":
    main()
