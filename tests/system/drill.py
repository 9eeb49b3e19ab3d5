"""What an exploited daemon would try, as a program of its own: it runs in the unit's place and tells what it could do.

It uses no code of the project and prints one JSON object: what was tried → "done", or the reason why not. The host's
Python runs it, so it is written for 3.9. Each try has a process of its own, because some change the one they are in.
Run without the unit around it, by root, everything is done: that is how it is known that a try can succeed.
"""

import ctypes
import errno
import json
import mmap
import os
import platform
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
from pathlib import Path

PTRACE_TRACEME, PTRACE_SEIZE = 0, 0x4206  # unlike PTRACE_ATTACH, that stops nobody
CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x00020000
PR_GET_NO_NEW_PRIVS = 39
ADDR_NO_RANDOMIZE = 0x0040000
KLOG_SIZE_BUFFER = 10
KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING = 0, -4
# By machine: init_module, add_key, keyctl, and io_setup (the kernel's tables of system calls).
NUMBERS = {"x86_64": (175, 248, 250, 206), "aarch64": (105, 217, 219, 0)}
INIT_MODULE, ADD_KEY, KEYCTL, IO_SETUP = NUMBERS.get(platform.machine(), (-1,) * 4)
OWN = "/run/pamsignal/planted"
WRITABLE = ("/run/pamsignal", "/var/lib/pamsignal", "/var/log/pamsignal", "/tmp", "/var/tmp")
SHARED_MEMORY = 0x9A451
EVERYBODY = "         0          0 4294967295\n"  # user_namespaces(7): nobody has another number outside
libc = ctypes.CDLL(None, use_errno=True)


def checked(result, *, reached=()):
    """Raise what libc says about a call that returned -1, or mmap(2)'s MAP_FAILED.

    What would do harm is asked for in a way that cannot be: `reached` is what the kernel says to that, once it allows
    the call itself; ENOSYS if it was built without modules.
    """
    error = ctypes.get_errno()
    if result in {-1, ctypes.c_void_p(-1).value} and error not in reached:
        raise OSError(error, os.strerror(error))


def unless(protection, words):
    """Raise if a protection is on that a process can only be told of."""
    if protection:
        raise OSError(words)


def read(path):
    with Path(path).open("rb") as file:
        if not file.read(1):
            raise OSError("nothing in it")


def write(path):
    with Path(path).open("ab") as file:
        file.write(b"here")


def open_for_writing(path):
    os.close(os.open(path, os.O_WRONLY))


def names_in(path):
    list(Path(path).iterdir())


def is_readonly(path):
    return os.statvfs(path).f_flag & os.ST_RDONLY


def map_memory(protection):
    libc.mmap.restype = ctypes.c_void_p
    length, anonymous = ctypes.c_size_t(4096), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    mapped = libc.mmap(None, length, protection, anonymous, -1, ctypes.c_long(0))
    checked(mapped)
    return ctypes.c_void_p(mapped), length


def map_writable_and_executable():
    map_memory(mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def make_memory_executable():
    checked(libc.mprotect(*map_memory(mmap.PROT_READ | mmap.PROT_WRITE), mmap.PROT_READ | mmap.PROT_EXEC))


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def run_a_program_of_its_own():
    """Copy Python to each place that may be written, until one lets it run."""
    refusals = []
    for place in WRITABLE:
        copy = f"{place}/planted"
        try:
            shutil.copy(os.path.realpath(sys.executable), copy)
            run(copy, "-V")
        except OSError as error:
            refusals.append(error)
        else:
            return
        finally:
            Path(copy).unlink()
    raise refusals[0]


def with_a_file_of_its_own(change):
    """Do something to a fresh file of one's own."""
    os.close(os.open(OWN, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        change()
    finally:
        Path(OWN).unlink()


def make_a_set_user_id_file():
    with_a_file_of_its_own(lambda: Path(OWN).chmod(0o4700))


def give_a_file_away():
    with_a_file_of_its_own(lambda: os.chown(OWN, 1, 1))


def make_a_file_for_everybody():
    with_a_file_of_its_own(lambda: unless(not Path(OWN).stat().st_mode & stat.S_IROTH, "nobody else may read it"))


def make_a_device():
    os.mknod(OWN, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    Path(OWN).unlink()


def take_real_time():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def leave_shared_memory():
    checked(libc.shmget(SHARED_MEMORY, 4096, 0o1600))  # IPC_CREAT, 0600


def call_the_other_table():
    """Call getpid(2) by the 32-bit table: mov eax, 20; int 0x80; ret."""
    unless(platform.machine() != "x86_64", "this machine has no other table")
    Path(OWN).write_bytes(bytes.fromhex("b814000000cd80c3"))
    with Path(OWN).open("rb") as file:
        Path(OWN).unlink()
        libc.mmap.restype = ctypes.c_void_p
        code = libc.mmap(
            None,
            ctypes.c_size_t(4096),
            mmap.PROT_READ | mmap.PROT_EXEC,
            mmap.MAP_PRIVATE,
            file.fileno(),
            ctypes.c_long(0),
        )
        checked(code)
        ctypes.CFUNCTYPE(ctypes.c_int)(code)()


TRIES = {
    # files that are for others
    "read /etc/shadow": lambda: read("/etc/shadow"),
    "read /etc/pamsignal/pamsignal.yaml": lambda: read("/etc/pamsignal/pamsignal.yaml"),
    "read a host key": lambda: read("/etc/ssh/ssh_host_ed25519_key"),
    "list /root/.ssh": lambda: names_in("/root/.ssh"),
    "list /home/alice": lambda: names_in("/home/alice"),
    "read a file in /home that everybody may read": lambda: read("/home/drill/file"),
    "read a file in /tmp that everybody may read": lambda: read("/tmp/drill/file"),
    "read a file in /var/tmp that everybody may read": lambda: read("/var/tmp/drill/file"),
    "read a file in /dev that everybody may read": lambda: read("/dev/drill/file"),
    "read a module of the kernel": lambda: read("/usr/lib/modules/drill/file"),
    # places that are not its own
    "write /usr": lambda: open_for_writing("/usr/bin/pamsignal"),
    "write its unit": lambda: open_for_writing("/usr/lib/systemd/system/pamsignal.service"),
    "write a drop-in of its unit": lambda: write("/etc/systemd/system/pamsignal.service.d/drill.conf"),
    "write its copy step": lambda: open_for_writing("/usr/libexec/pamsignal/stage-config"),
    "write /etc": lambda: write("/etc/planted"),
    "write /var/log": lambda: write("/var/log/planted"),
    "write /var/lib": lambda: write("/var/lib/planted"),
    "write /run": lambda: write("/run/planted"),
    "write in /usr where everybody may": lambda: write("/usr/drill/planted"),
    "write in /etc where everybody may": lambda: write("/etc/drill/planted"),
    "write in /srv where everybody may": lambda: write("/srv/drill/planted"),
    "write in /var/log where everybody may": lambda: write("/var/log/drill/planted"),
    "write in /run where everybody may": lambda: write("/run/drill/planted"),
    "write in /home where everybody may": lambda: write("/home/drill/planted"),
    "write shared memory as a file": lambda: write("/dev/shm/planted"),
    "write a kernel setting": lambda: open_for_writing("/proc/sys/net/ipv4/ip_forward"),
    "have the kernel's settings writable": lambda: unless(is_readonly("/proc/sys/net"), "mounted read-only"),
    "write a control group": lambda: (Path("/sys/fs/cgroup/planted").mkdir(), Path("/sys/fs/cgroup/planted").rmdir()),
    "have control groups writable": lambda: unless(is_readonly("/sys/fs/cgroup"), "mounted read-only"),
    # the network
    "open AF_PACKET": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "open AF_NETLINK": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close(),
    # programs and processes
    "run a shell": lambda: run("/bin/sh", "-c", "exit 0"),
    "run another shell": lambda: run("/bin/bash", "-c", "exit 0"),
    "run a tool": lambda: run("/usr/bin/id"),
    "run a shell of the initial RAM disk": lambda: run("/usr/lib/klibc/drill/sh", "-c", "exit 0"),
    "run a tool of the administrator": lambda: run("/usr/local/bin/drill"),
    "become root": lambda: os.setuid(0),
    "be who it is everywhere": lambda: unless(Path("/proc/self/uid_map").read_text() != EVERYBODY, "few are mapped"),
    "become root with sudo": lambda: run("/usr/bin/sudo", "-n", "true"),
    "gain rights from a program": lambda: unless(libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), "no new privileges"),
    "read the memory of init": lambda: read("/proc/1/environ"),
    "see the processes of others": lambda: names_in("/proc/1"),
    "signal a process of root": lambda: os.kill(1, 0),
    "trace a process": lambda: checked(libc.ptrace(PTRACE_SEIZE, os.getppid(), None, None)),
    "have itself traced": lambda: checked(libc.ptrace(PTRACE_TRACEME, 0, None, None)),
    "dump its memory into a core file": lambda: unless(resource.getrlimit(resource.RLIMIT_CORE)[1] == 0, "limit 0"),
    "take real-time priority": take_real_time,
    "choose its processor": lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
    # the kernel
    "map memory writable and executable": map_writable_and_executable,
    "make memory executable": make_memory_executable,
    "make a file in memory": lambda: os.close(os.memfd_create("planted")),
    "call the kernel by the 32-bit table": call_the_other_table,
    "change its execution domain": lambda: checked(libc.personality(ADDR_NO_RANDOMIZE)),
    "make a user namespace": lambda: checked(libc.unshare(CLONE_NEWUSER)),
    "make a mount namespace": lambda: checked(libc.unshare(CLONE_NEWNS)),
    "mount": lambda: checked(libc.mount(b"none", b"/nowhere", b"tmpfs", 0, None), reached=(errno.ENOENT,)),
    "change the root directory": lambda: os.chroot("/proc"),
    "make a device": make_a_device,
    "make a set-user-id file": make_a_set_user_id_file,
    "give a file away": give_a_file_away,
    "make a file that others may read": make_a_file_for_everybody,
    "set the clock": lambda: checked(libc.clock_settime(0, struct.pack("qq", -1, 0)), reached=(errno.EINVAL,)),
    "set the host's name": lambda: socket.sethostname(socket.gethostname()),
    "load a module": lambda: checked(libc.syscall(INIT_MODULE, None, 0, None), reached=(errno.EFAULT, errno.ENOSYS)),
    "read the kernel's log": lambda: checked(libc.klogctl(KLOG_SIZE_BUFFER, None, 0)),
    "add a key": lambda: checked(libc.syscall(ADD_KEY, None, None, None, 0, 0), reached=(errno.EFAULT,)),
    "use the keys of its user": lambda: checked(
        libc.syscall(KEYCTL, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1, 0, 0)
    ),
    "use the kernel's asynchronous calls": lambda: checked(libc.syscall(IO_SETUP, 1, None), reached=(errno.EFAULT,)),
    "leave shared memory": leave_shared_memory,
    # what it may
    "write its state": lambda: write("/var/lib/pamsignal/planted"),
    "write its logs": lambda: write("/var/log/pamsignal/planted"),
    "write its runtime directory": lambda: write("/run/pamsignal/planted"),
    "run a program of its own": run_a_program_of_its_own,
    "open TCP": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
}


def outcome(attempt):
    """Return "done", or why it failed."""
    try:
        attempt()
    except (OSError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def tried(attempt):
    """Return the outcome of a try in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, outcome(attempt).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = answer.read()
    _, status = os.waitpid(child, 0)
    return told or f"killed: {signal.Signals(os.WTERMSIG(status)).name}"


def main():
    """Try everything, and write what happened to standard output."""
    told = {name: tried(attempt) for name, attempt in TRIES.items()}
    status = Path("/proc/self/status").read_text().splitlines()
    told["capabilities"] = [line.split()[1] for line in status if line.startswith(("CapEff", "CapPrm", "CapAmb"))]
    sys.stdout.write(f"DRILL {json.dumps(told)}\n")


if __name__ == "__main__":
    main()
