"""A lab that outlives the command that made it, for tools such as Ansible that reach its hosts by ssh.

    python -m tests.system.labctl up NAME HOST:KIND... [--minutes N] [--alongside COMMAND]...
    python -m tests.system.labctl run NAME COMMAND...
    python -m tests.system.labctl down NAME

`up` returns when all hosts accept logins. Then in the lab's folder, which `up` prints, lie `key`, which root and alice
accept, and `ssh`, a program that takes ssh's arguments and runs it on the lab's network; the hosts have the addresses
10.77.0.11 and up, in the order given. `run` runs any command on that network. A keeper process owns it all: the lab
ends with `down`, after its minutes, or when the keeper dies, and so do the commands that ran alongside.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time

from tests.harness.waiting import PATIENCE_S
from tests.system.images import IMAGES, Kind
from tests.system.lab import Lab, folder_of, sweep

WRAPPER = """#!/bin/sh
exec nsenter --net=/proc/{pid}/ns/net ssh "$@"
"""


def main() -> int:
    """Do what the command line says."""
    arguments = parser().parse_args()
    return arguments.verb(arguments)


def parser() -> argparse.ArgumentParser:
    """Return what understands the command line."""
    made = argparse.ArgumentParser(prog="labctl", description=__doc__.splitlines()[0])
    verbs = made.add_subparsers(required=True)
    for verb in (up, keep, run, down):
        one = verbs.add_parser(verb.__name__, help=verb.__doc__)
        one.set_defaults(verb=verb)
        one.add_argument("name", help="of the lab")
        if verb in (up, keep):
            one.add_argument(
                "hosts", nargs="+", type=host, metavar="HOST:KIND", help=f"kinds: {sorted(map(str, IMAGES))}"
            )
            one.add_argument("--minutes", type=int, default=60, help="at most so long it lives")
            one.add_argument("--alongside", action="append", default=[], metavar="COMMAND", help="runs on its network")
        if verb is run:
            one.add_argument("command", nargs=argparse.REMAINDER)
    return made


def host(text: str) -> tuple[str, Kind]:
    """Understand HOST:KIND."""
    name, _, kind = text.partition(":")
    known: dict[str, Kind] = {str(kind): kind for kind in IMAGES}
    if not name or kind not in known:
        raise argparse.ArgumentTypeError(f"{text}: not HOST:KIND with a kind of {', '.join(known)}")
    return name, known[kind]


def up(arguments: argparse.Namespace) -> int:
    """Make the lab, boot its hosts, and leave it to a keeper in the background."""
    command = [sys.executable, "-m", __spec__.name, "keep", *sys.argv[2:]]
    # The keeper and its children hold nothing that whoever reads our output would wait for.
    with tempfile.TemporaryFile("w+") as complaints:
        keeper = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,
        )
        folder = keeper.stdout.readline()
        complaints.seek(0)
        sys.stderr.write(complaints.read())
    sys.stdout.write(folder)
    return 0 if folder else 1


def keep(arguments: argparse.Namespace) -> int:
    """Make the lab, boot its hosts, and keep them until TERM or the end of its minutes."""
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda *_: sys.exit())
    signal.alarm(arguments.minutes * 60)
    with contextlib.closing(Lab(arguments.name)) as lab:
        furnish(lab)
        for command in arguments.alongside:
            start(lab, command)
        lab.boot_named(dict(arguments.hosts))
        print(lab.folder, flush=True)
        while True:
            signal.pause()


def start(lab: Lab, command: str) -> None:
    """Run a command on the lab's network for as long as the keeper lives; what it says is in the lab's `log`."""
    dying = ["setpriv", "--pdeathsig", "KILL", *shlex.split(command)]
    with (lab.folder / "log").open("a") as log:
        subprocess.Popen(lab.on_network(dying), stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def furnish(lab: Lab) -> None:
    """Put into the lab's folder what other processes need to reach it."""
    (lab.folder / "ssh").write_text(WRAPPER.format(pid=lab.holder.pid))
    (lab.folder / "ssh").chmod(0o755)
    (lab.folder / "holder").write_text(str(lab.holder.pid))
    (lab.folder / "keeper").write_text(str(os.getpid()))


def run(arguments: argparse.Namespace) -> int:
    """Run a command on the lab's network."""
    holder = (folder_of(arguments.name) / "holder").read_text()
    return subprocess.run(["nsenter", f"--net=/proc/{holder}/ns/net", *arguments.command], check=False).returncode


def down(arguments: argparse.Namespace) -> int:
    """End the lab, if there is one, and return when nothing of it is left."""
    sweep()
    folder = folder_of(arguments.name)
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((folder / "keeper").read_text()), signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
        sweep()
    return int(folder.exists())


if __name__ == "__main__":
    sys.exit(main())
