"""Runs on a host, under whatever account: writes one line in sshd's name in every way there is to a journal.

    python3 - MESSAGE WAY...

A `{}` of the message becomes the number of the way. It prints a way as soon as its line is written.
"""

import contextlib
import shutil
import socket
import subprocess
import sys
from pathlib import Path

SYSLOG, NATIVE = "/dev/log", "/run/systemd/journal/socket"
# What only journald may say: it drops every field that begins with an underscore (sd_journal_send(3)).
TRUSTED = {
    "_EXE": "/usr/sbin/sshd",
    "_COMM": "sshd",
    "_UID": "0",
    "_PID": "1",
    "_SYSTEMD_UNIT": "ssh.service",
    "_TRANSPORT": "syslog",
}
UNIT = "[Service]\nType=oneshot\nExecStart=/usr/bin/logger -t sshd -p auth.info -- {}\n"


def send(path: str, datagram: str) -> None:
    """Send to a socket of journald; this process lives on, so journald sees which program it is."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as sender:
        sender.connect(path)
        sender.send(datagram.encode())


def by_syslog(message: str) -> None:
    """Write as syslog(3) does, with a pid that is another's."""
    send(SYSLOG, f"<38>sshd[1]: {message}")


def by_native_protocol(message: str) -> None:
    """Write with fields of one's own, and those that are journald's."""
    fields = {"MESSAGE": message, "SYSLOG_IDENTIFIER": "sshd", "SYSLOG_FACILITY": "4", "PRIORITY": "6", **TRUSTED}
    send(NATIVE, "".join(f"{name}={value}\n" for name, value in fields.items()))


def by_logger(message: str) -> None:
    """Write by logger, which claims the pid of init."""
    subprocess.run(["logger", "--id=1", "-t", "sshd", "-p", "auth.info", "--", message], check=True)


def by_systemd_cat(message: str) -> None:
    """Write through a stream to journald."""
    subprocess.run(["systemd-cat", "-t", "sshd", "echo", message], check=True)


def by_own_sshd(message: str) -> None:
    """Write by a program of one's own called sshd."""
    own = shutil.copy("/usr/bin/logger", Path.home() / "sshd")
    subprocess.run([own, "-t", "sshd", "-p", "auth.info", "--", message], check=True)


def by_own_unit(message: str) -> None:
    """Write by a unit of one's own called ssh.service."""
    folder = Path.home() / ".config/systemd/user"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ssh.service").write_text(UNIT.format(message))
    subprocess.run(["systemctl", "--user", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "--user", "start", "ssh.service"], check=True)


WAYS = {
    "syslog": by_syslog,
    "native": by_native_protocol,
    "logger": by_logger,
    "systemd-cat": by_systemd_cat,
    "own-sshd": by_own_sshd,
    "own-unit": by_own_unit,
}

if __name__ == "__main__":
    for number, way in enumerate(sys.argv[2:], 1):
        WAYS[way](sys.argv[1].replace("{}", str(number)))
        print(way, flush=True)
