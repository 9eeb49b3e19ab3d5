"""Write the sample journal that `pamsignal run` replays where a host has no journal: one eventful hour of web-01.

An admin works, a robot guesses, a neighbour scans, somebody gets in and makes an account, a user forges a log line.
The lines have the shapes of Debian 12's OpenSSH 9.2, sudo 1.9.13 and systemd 252. `--check` fails if the file drifted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Dict, List, Optional

TARGET = Path(__file__).parent.parent / "pamsignal" / "sample.jsonl"
START_US = 1_795_435_200_000_000  # 2026-11-23T12:00:00Z
BOOT = "5f0c8f2b6e5d4d0b9a7c3a1e2d4f6b80"
MACHINE = "0e1d2c3b4a59687766554433221100ff"
SEQNUM = "c0ffee00c0ffee00c0ffee00c0ffee00"
ADMIN, ROBOT, NEIGHBOUR, STRANGER = "198.51.100.20", "203.0.113.66", "203.0.113.140", "192.0.2.77"
KEY = "ED25519 SHA256:q1Yw0Zl5T8v1mU7cB3nHk2sJ9xD4rE6fG0aP5tL8uQw"
UIDS = {"root": 0, "alice": 1000, "bob": 1001, "deploy": 1002}


class Host:
    """Writes records as journald would: `at` seconds after the start, by a process of the given pid."""

    def __init__(self) -> None:
        self.records: List[Dict[str, str]] = []
        self._pid = 4000

    def pid(self) -> int:
        """Start a process."""
        self._pid += 7
        return self._pid

    def write(  # noqa: PLR0913, PLR0917 - the fields of a record
        self,
        at: float,
        identifier: str,
        pid: int,
        message: str,
        exe: Optional[str],
        uid: int = 0,
        facility: int = 10,
        unit: str = "ssh.service",
        **fields: str,
    ) -> None:
        """Add one record."""
        sent_us = START_US + int(at * 1_000_000)
        monotonic_us = 86_400_000_000 + int(at * 1_000_000)
        record = {
            "__REALTIME_TIMESTAMP": str(sent_us + 90),
            "__MONOTONIC_TIMESTAMP": str(monotonic_us),
            "_SOURCE_REALTIME_TIMESTAMP": str(sent_us),
            "_BOOT_ID": BOOT,
            "_MACHINE_ID": MACHINE,
            "_HOSTNAME": "web-01",
            "_TRANSPORT": "syslog",
            "_PID": str(pid),
            "_UID": str(uid),
            "_GID": str(uid),
            "PRIORITY": "6",
            "SYSLOG_FACILITY": str(facility),
            "SYSLOG_IDENTIFIER": identifier,
            "MESSAGE": message,
            **fields,
        }
        if exe is not None:
            record.update({"_EXE": exe, "_COMM": exe.rpartition("/")[2], "_SYSTEMD_UNIT": unit})
        self.records.append(record)

    def sshd(self, at: float, pid: int, message: str, *, uid: int = 0) -> None:
        """Add a line of sshd; what PAM writes in its name has facility 10."""
        facility = 10 if message.startswith("pam_") else 4
        self.write(at, "sshd", pid, message, "/usr/sbin/sshd", uid, facility)

    def logind(self, at: float, message: str, kind: str, session: str, user: str, leader: int) -> None:
        """Add a record of systemd-logind."""
        ids = {"new": "8d45620c1a4348dbb17410da57c60c66", "removed": "3354939424b4456d9802ca8333ed424a"}
        fields = {"MESSAGE_ID": ids[kind], "SESSION_ID": session, "USER_ID": user, "LEADER": str(leader)}
        exe = "/usr/lib/systemd/systemd-logind"
        self.write(at, "systemd-logind", 512, message, exe, 0, 4, "systemd-logind.service", **fields)

    def login(self, at: float, until: float, user: str, how: str, where: str, session: str) -> None:
        """Add a whole login over ssh."""
        pid = self.pid()
        key = f": {KEY}" if how == "publickey" else ""
        self.sshd(at, pid, f"Accepted {how} for {user} from {where} ssh2{key}")
        self.sshd(
            at + 0.02, pid, f"pam_unix(sshd:session): session opened for user {user}(uid={UIDS[user]}) by (uid=0)"
        )
        self.logind(at + 0.05, f"New session {session} of user {user}.", "new", session, user, pid)
        child = self.pid()
        self.sshd(until - 0.03, child, f"Received disconnect from {where}:11: disconnected by user", uid=UIDS[user])
        self.sshd(until - 0.02, child, f"Disconnected from user {user} {where}", uid=UIDS[user])
        self.sshd(until, pid, f"pam_unix(sshd:session): session closed for user {user}")
        self.logind(until + 0.03, f"Removed session {session}.", "removed", session, user, pid)

    def wrong_password(self, at: float, user: str, address: str, port: int, *, known: bool) -> None:
        """Add one connection that tries one password."""
        pid = self.pid()
        place = f"{address} port {port}"
        name = user if known else f"invalid user {user}"
        failure = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost="
        if not known:
            self.sshd(at, pid, f"Invalid user {user} from {place}")
            self.sshd(at + 0.1, pid, "pam_unix(sshd:auth): check pass; user unknown")
        self.sshd(at + 0.1, pid, f"{failure}{address}" + (f"  user={user}" if known else ""))
        self.sshd(at + 2.0, pid, f"Failed password for {name} from {place} ssh2")
        closing = f"authenticating user {user}" if known else f"invalid user {user}"
        self.sshd(at + 2.3, pid, f"Connection closed by {closing} {place} [preauth]")

    def sudo(self, at: float, user: str, command: str, *, allowed: bool = True) -> None:
        """Add one use of sudo."""
        pid, exe, uid = self.pid(), "/usr/bin/sudo", UIDS[user]
        unit = "session-41.scope"
        reason = "" if allowed else "user NOT in sudoers ; "
        line = f"{user:>8} : {reason}TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND={command}"
        self.write(at, "sudo", pid, line, exe, uid, 10, unit)
        if allowed:
            opened = f"pam_unix(sudo:session): session opened for user root(uid=0) by {user}(uid={uid})"
            self.write(at + 0.01, "sudo", pid, opened, exe, uid, 10, unit)
            self.write(
                at + 2.5, "sudo", pid, "pam_unix(sudo:session): session closed for user root", exe, uid, 10, unit
            )


def story() -> List[Dict[str, str]]:
    """Tell the hour, in the order of time."""
    host = Host()
    host.login(5, 2700, "alice", "publickey", f"{ADMIN} port 50122", "41")
    host.sudo(40, "alice", "/usr/bin/apt-get update")
    host.sudo(65, "alice", "/usr/bin/systemctl restart nginx")
    names = ("root", "admin", "test", "oracle", "root", "postgres", "ubuntu", "root", "git", "pi", "root", "guest")
    for number, name in enumerate(names):
        host.wrong_password(300 + number * 9, name, ROBOT, 40_000 + number * 37, known=name == "root")
    pid = host.pid()
    greeting = "GET / HTTP/1.1"
    host.sshd(500, pid, f'error: kex_exchange_identification: client sent invalid protocol identifier "{greeting}"')
    host.sshd(500.01, pid, f"banner exchange: Connection from {NEIGHBOUR} port 51000: invalid format")
    host.wrong_password(720, "bob", ADMIN, 50_210, known=True)
    host.login(735, 1500, "bob", "password", f"{ADMIN} port 50211", "43")
    host.sudo(760, "bob", "/usr/bin/cat /etc/shadow", allowed=False)
    spoof = "Accepted password for root from 10.0.0.1 port 22 ssh2"
    host.write(800, "sshd", host.pid(), spoof, "/usr/bin/logger", 1001, 4, "session-43.scope")
    for number in range(4):
        host.wrong_password(1800 + number * 20, "deploy", STRANGER, 33_000 + number, known=True)
    host.login(1900, 2400, "deploy", "password", f"{STRANGER} port 33010", "47")
    pid, unit = host.pid(), "session-47.scope"
    made = "new user: name=support, UID=1003, GID=1003, home=/home/support, shell=/bin/bash, from=/dev/pts/1"
    host.write(1950, "useradd", pid, made, "/usr/sbin/useradd", 0, 10, unit)
    host.write(1955, "usermod", host.pid(), "add 'support' to group 'sudo'", "/usr/sbin/usermod", 0, 10, unit)
    in_order = sorted(host.records, key=lambda record: int(record["__REALTIME_TIMESTAMP"]))
    return [{"__CURSOR": cursor(number, record), **record} for number, record in enumerate(in_order, 1)]


def cursor(number: int, record: Dict[str, str]) -> str:
    """Return the place of a record, in the form that sd_journal_get_cursor(3) has."""
    monotonic_us, stored_us = int(record["__MONOTONIC_TIMESTAMP"]), int(record["__REALTIME_TIMESTAMP"])
    mark = number * 2654435761 & 0xFFFFFFFF
    return f"s={SEQNUM};i={number:x};b={BOOT};m={monotonic_us:x};t={stored_us:x};x={mark:x}"


def main() -> int:
    """Write the file, or with --check compare it."""
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in story())
    if "--check" in sys.argv:
        if TARGET.is_file() and TARGET.read_text() == text:
            return 0
        print(f"{TARGET.name} is not what {Path(__file__).name} writes: run it, and review the diff", file=sys.stderr)
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
