"""Errors of the system put into the calls of a running daemon, by strace, for a while: on a disk that breaks and heals."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Optional

from tests.faults.endpoint import GOOD_DAY, Endpoint
from tests.faults.journal import Journal
from tests.faults.kills import all_arrived
from tests.faults.monitor import a_service
from tests.faults.promises import at_the_end
from tests.harness.programs import leave_out, program
from tests.harness.waiting import PATIENCE_S, until

STORE, TRAIL = "state", "logs"
LONGEST_WAIT_S = 10
TOLD = frozenset({"store_trouble", "trail_trouble", "journal_unreadable"})


class Fault(NamedTuple):
    """Which calls fail, with what, on whose files (None: on everything), and how often: strace(1), `when=`."""

    calls: str
    error: str
    where: Optional[str] = None
    when: str = "1+"

    def __str__(self):
        return f"{self.calls} {self.error} {self.where or 'everywhere'} {self.when}"


FAULTS = (
    Fault("write", "ENOSPC", TRAIL),
    Fault("write", "EIO", TRAIL),
    Fault("fdatasync", "EIO", TRAIL),
    Fault("write,fdatasync,ftruncate", "EIO", TRAIL),
    Fault("pwrite64", "ENOSPC", STORE),
    Fault("pwrite64", "EIO", STORE),
    Fault("pwrite64", "EIO", STORE, "1+3"),
    Fault("pread64", "EIO", STORE),
    Fault("pread64", "EIO", STORE, "1+2"),
    Fault("fdatasync,fsync", "EIO"),
    Fault("write,pwrite64,pread64,read,fdatasync,poll,recvfrom,sendto", "EINTR", None, "1+2"),
    Fault("openat", "EMFILE"),
    Fault("openat", "ENOSPC"),
    Fault("recvfrom,sendto", "ECONNRESET", None, "1+2"),
    Fault("newfstatat,statx", "EIO"),
    Fault("getdents64", "EIO"),
    Fault("connect,socket", "EMFILE"),
)


def run(folder, seed, rounds, faults=FAULTS):
    """Break something in each round, and mend it; return figures, and what was broken in the end."""
    dice = random.Random(seed)
    broken, ended = [], 0
    with Endpoint(dice.random(), GOOD_DAY) as endpoint:
        endpoints = {"steady": endpoint}
        journal = Journal(folder / "journal", folder / "vacuumed", dice.random())
        service = a_service(folder / "daemon", journal.folder, endpoints)
        service.start()
        try:
            for number in range(rounds):
                fault = faults[number % len(faults)]
                with put_into(service, fault) as log:
                    for _ in range(3):
                        journal.burst()
                        time.sleep(dice.random() * 0.2)
                    journal.rotate()
                    time.sleep(0.3)
                    _wait_until_met(log)
                if not service.is_running():
                    ended += 1
                    broken.append(f"{fault}: it ended: {service.log()[-1000:]}")
                    service.start()
            journal.close()
            arrived = all_arrived(service, journal, endpoints)
            broken += [] if arrived else ["not everything arrived in time"]
            # What waits in memory for a trail that can be written would be gone with the daemon.
            service.until(lambda: not service.report()["trail"]["trouble"])
            broken += [] if service.stop() == 0 else ["it did not end well"]
        finally:
            service.close()
        figures, more = at_the_end(service.folder, journal, endpoints, folder / "everything", 0)
        told = {one["rule"]["name"] for one in endpoint.taken().values()} & TOLD
    return {
        "rounds of errors": rounds,
        "ended by itself": ended,
        "told": " ".join(sorted(told)),
        **figures,
    }, broken + more


@contextmanager
def put_into(service, fault):
    """Let calls of a running daemon fail until the end of the block; gives the file in which strace notes them."""
    log = service.folder / "strace"
    named = [] if fault.where is None else sorted((service.folder / fault.where).iterdir())
    command = [program("strace"), "--follow-forks", f"--attach={service.pid}", f"--trace={fault.calls}"]
    command += [f"--trace-path={path}" for path in named]
    command += [
        f"--inject={fault.calls}:error={fault.error}:when={fault.when}",
        f"--output={log}",
    ]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        said = tracer.stderr.readline()
        if "attached" not in said:
            leave_out(f"no right to trace: {said}")
        yield log
    finally:
        # Let go in the middle of a call that it lets fail, strace would leave it failing with ENOSYS.
        service.send(signal.SIGSTOP)
        until(lambda: _is_stopped(service, log))
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=PATIENCE_S)
        service.send(signal.SIGCONT)


def _wait_until_met(log):
    """Wait until a call has failed: on a busy machine the daemon may not have had its turn yet. Some faults meet nobody."""
    deadline = time.monotonic() + LONGEST_WAIT_S
    while "(INJECTED)" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)


def _is_stopped(service, log):
    """Whether strace has seen each thread of the daemon stop, or the daemon is no more."""
    threads = Path(f"/proc/{service.pid}/task")
    return not service.is_running() or log.read_text().count("stopped by SIGSTOP") >= len(list(threads.iterdir()))
