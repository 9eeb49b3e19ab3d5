"""Seeded journals for the benchmark: real files, made once, kept under build/perf/.

*attack*: 200,000 entries of a host under attack, 1,250 a second, which is what journald's own limit lets through.
Nine of ten belong to sshd connections that fail: wrong passwords, unknown users, key-only closes, scans; from 1,000
addresses, the busiest of which tries 60 times as often as the quietest. The rest is sudo, su, key logins with their
logind lines, and CRON's PAM noise. Every connection has a pid of its own and 2 to 5 lines.
*haystack*: 500,000 entries of which one in a hundred is about authentication; the rest is a web server, an
application, the kernel and systemd.

Every entry carries the 20 to 23 fields that journald writes.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.harness.journals import write_journal

ATTACK_ENTRIES = 200_000
HAYSTACK_ENTRIES = 500_000
ADDRESSES = 1000
_ENTRIES_PER_FILE = 70_000
FIRST_US = 1_795_435_200_000_000  # 2026-11-23T12:00:00Z
_BOOT = "0f3a7c52be7d4d3f9a1c66d8e0b5a941"
_MACHINE = "7c1e0b64d2a94f0a8f5e3c2b1d6a9087"
_INVOCATION = "5b8e1f0c7a6d4e3b9c2a1d0f8e7b6a59"
_USERS = ("root", "postgres", "www-data", "backup", "alice", "bob")
_UNKNOWN = ("admin", "test", "oracle", "ubuntu", "user", "git", "ftpuser", "pi", "guest", "deploy", "minecraft")


def journal_folder(name, root="build/perf"):
    """Return the folder of the journal `name` (`attack` or `haystack`), and make it if it is not there."""
    folder = Path(root) / f"{name}-3"  # raise the number when what is made changes
    if not folder.exists():
        fresh = folder.with_suffix(".new")
        fresh.mkdir(parents=True, exist_ok=True)
        entries = attack() if name == "attack" else haystack()
        for number, part in enumerate(chunks(entries, _ENTRIES_PER_FILE)):
            write_journal(fresh / f"{name}-{number}.journal", part)
        fresh.rename(folder)
    return folder


def chunks(items, size):
    """Cut `items` into lists of `size`."""
    part = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def attack(count=ATTACK_ENTRIES, seed=7):
    """Yield the entries of the attack journal."""
    clock = Clock(random.Random(seed), pause_us=800)
    made = 0
    while True:
        for entry in _connection(clock):
            yield entry
            made += 1
            if made == count:
                return


def haystack(count=HAYSTACK_ENTRIES, seed=7):
    """Yield the entries of the haystack journal."""
    clock = Clock(random.Random(seed), pause_us=2_000)
    waiting = []
    for _ in range(count):
        if clock.chance.random() < 0.01:
            waiting = waiting or list(_connection(clock))
            yield clock.restamped(waiting.pop(0))
        else:
            yield _noise(clock)


class Clock:
    """Time, pids and chance of one journal."""

    def __init__(self, chance, pause_us):
        self.chance = chance
        self.time_us = FIRST_US
        self.pid = 1000
        self._pause_us = pause_us

    def next_pid(self):
        self.pid = self.pid + 1 if self.pid < 4_194_000 else 1000
        return self.pid

    def stamps(self):
        self.time_us += self.chance.randrange(1, 2 * self._pause_us)
        return {
            "__REALTIME_TIMESTAMP": self.time_us,
            "__MONOTONIC_TIMESTAMP": self.time_us - FIRST_US + 90_000_000,
            "_SOURCE_REALTIME_TIMESTAMP": self.time_us - self.chance.randrange(20, 400),
            "SYSLOG_TIMESTAMP": time.strftime("%b %d %H:%M:%S ", time.gmtime(self.time_us // 1_000_000)),
        }

    def restamped(self, entry):
        return {**entry, **self.stamps()}

    def address(self):
        rank = int(ADDRESSES * self.chance.random() ** 2)
        return f"{(45, 91, 185, 193, 218)[rank % 5]}.{rank // 5 % 40 + 60}.{rank // 200}.{rank % 250 + 1}"

    def port(self):
        return self.chance.randrange(1024, 65536)


def _entry(clock, program, pid, message, **changes):
    """One with all the fields that journald writes: reading costs by the field, and other tests' entries have fewer."""
    unit = changes.pop("unit", "ssh.service")
    return {
        **clock.stamps(),
        "_BOOT_ID": _BOOT,
        "_MACHINE_ID": _MACHINE,
        "_HOSTNAME": "web-01",
        "_TRANSPORT": "syslog",
        "_RUNTIME_SCOPE": "system",
        "PRIORITY": 6,
        "SYSLOG_FACILITY": 4,
        "SYSLOG_IDENTIFIER": program,
        "SYSLOG_PID": pid,
        "_PID": pid,
        "_UID": 0,
        "_GID": 0,
        "_COMM": program[:15],
        "_EXE": f"/usr/sbin/{program}",
        "_CMDLINE": f"{program}: [accepted]",
        "_CAP_EFFECTIVE": "1ffffffffff",
        "_SYSTEMD_CGROUP": f"/system.slice/{unit}",
        "_SYSTEMD_UNIT": unit,
        "_SYSTEMD_SLICE": "system.slice",
        "_SYSTEMD_INVOCATION_ID": _INVOCATION,
        "MESSAGE": message,
        **changes,
    }


def _connection(clock):
    kinds = (_wrong_password, _unknown_user, _key_only, _scan, _sudo, _su, _key_login, _cron)
    (kind,) = clock.chance.choices(kinds, (30, 42, 12, 4, 4, 1, 3, 4))
    return kind(clock)


def _wrong_password(clock):
    pid, remote, user = clock.next_pid(), f"{clock.address()} port {clock.port()}", clock.chance.choice(_USERS)
    address = remote.split(maxsplit=1)[0]
    yield _pam(clock, pid, f"authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={address}  user={user}")
    yield _entry(clock, "sshd", pid, f"Failed password for {user} from {remote} ssh2")
    if clock.chance.random() < 0.5:
        yield _entry(clock, "sshd", pid, f"Received disconnect from {remote}:11: Bye Bye [preauth]")
        yield _entry(clock, "sshd", pid, f"Disconnected from authenticating user {user} {remote} [preauth]")
    else:
        yield _entry(clock, "sshd", pid, f"Connection closed by authenticating user {user} {remote} [preauth]")


def _unknown_user(clock):
    pid, remote, user = clock.next_pid(), f"{clock.address()} port {clock.port()}", clock.chance.choice(_UNKNOWN)
    address = remote.split(maxsplit=1)[0]
    yield _entry(clock, "sshd", pid, f"Invalid user {user} from {remote}")
    yield _pam(clock, pid, "check pass; user unknown")
    yield _pam(clock, pid, f"authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={address} ")
    yield _entry(clock, "sshd", pid, f"Failed password for invalid user {user} from {remote} ssh2")
    yield _entry(clock, "sshd", pid, f"Connection closed by invalid user {user} {remote} [preauth]")


def _key_only(clock):
    pid, remote = clock.next_pid(), f"{clock.address()} port {clock.port()}"
    user = clock.chance.choice(_USERS)
    yield _entry(clock, "sshd", pid, f"Connection closed by authenticating user {user} {remote} [preauth]")
    yield _entry(clock, "sshd", clock.next_pid(), f"Connection closed by {remote} [preauth]")


def _scan(clock):
    pid, remote = clock.next_pid(), f"{clock.address()} port {clock.port()}"
    yield _entry(clock, "sshd", pid, "error: kex_exchange_identification: Connection closed by remote host")
    yield _entry(clock, "sshd", pid, f"Connection closed by {remote}")


def _pam(clock, pid, text):
    return _entry(clock, "sshd", pid, f"pam_unix(sshd:auth): {text}", SYSLOG_FACILITY=10, PRIORITY=5)


def _sudo(clock):
    pid, user = clock.next_pid(), clock.chance.choice(("alice", "bob"))
    shared = {"SYSLOG_FACILITY": 10, "_UID": 1000, "_EXE": "/usr/bin/sudo", "SYSLOG_PID": "", "unit": "session-7.scope"}
    command = clock.chance.choice(("/usr/bin/apt-get update", "/usr/bin/systemctl reload nginx", "/usr/bin/id -u"))
    text = f"{user:>8} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND={command}"
    yield _entry(clock, "sudo", pid, text, **shared)
    opened = f"pam_unix(sudo:session): session opened for user root(uid=0) by {user}(uid=1000)"
    yield _entry(clock, "sudo", pid, opened, **shared)
    yield _entry(clock, "sudo", pid, "pam_unix(sudo:session): session closed for user root", **shared)


def _su(clock):
    pid = clock.next_pid()
    shared = {"_UID": 1000, "_EXE": "/usr/bin/su", "SYSLOG_PID": "", "unit": "session-7.scope"}
    failure = "authentication failure; logname=bob uid=1000 euid=0 tty=/dev/pts/1 ruser=bob rhost=  user=root"
    yield _entry(clock, "su", pid, f"pam_unix(su:auth): {failure}", SYSLOG_FACILITY=10, **shared)
    yield _entry(clock, "su", pid, "FAILED SU (to root) bob on pts/1", **shared)


def _key_login(clock):
    pid, remote, number = clock.next_pid(), f"198.51.100.7 port {clock.port()}", clock.chance.randrange(1, 9999)
    key = "ED25519 SHA256:4rsZ2kXnVQ3mT8yLw0pCjGdEoBfHuAiS7N6vRx5q1Yk"
    yield _entry(clock, "sshd", pid, f"Accepted publickey for alice from {remote} ssh2: {key}")
    opened = "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)"
    yield _entry(clock, "sshd", pid, opened, SYSLOG_FACILITY=10)
    yield _logind(clock, f"New session {number} of user alice.", "8d45620c1a4348dbb17410da57c60c66", number, pid)
    yield _entry(clock, "sshd", pid, "pam_unix(sshd:session): session closed for user alice", SYSLOG_FACILITY=10)
    yield _logind(clock, f"Removed session {number}.", "3354939424b4456d9802ca8333ed424a", number, pid)


def _logind(clock, text, message_id, session, leader):
    fields = {"_TRANSPORT": "journal", "_EXE": "/usr/lib/systemd/systemd-logind", "unit": "systemd-logind.service"}
    claims = {"MESSAGE_ID": message_id, "SESSION_ID": session, "USER_ID": "alice", "LEADER": leader}
    return _entry(clock, "systemd-logind", 611, text, **fields, **claims)


def _cron(clock):
    pid = clock.next_pid()
    shared = {"SYSLOG_FACILITY": 10, "_EXE": "/usr/sbin/cron", "_COMM": "cron", "unit": "cron.service"}
    opened = "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
    yield _entry(clock, "CRON", pid, opened, **shared)
    yield _entry(clock, "CRON", pid, "pam_unix(cron:session): session closed for user root", **shared)


def _noise(clock):
    program, unit, text = clock.chance.choice(
        (
            ("nginx", "nginx.service", "{0} client closed keepalive connection {1}"),
            ("app", "app.service", "request {0} answered in {1} ms"),
            ("systemd", "init.scope", "Started unit number {0} of job {1}."),
            ("kernel", "init.scope", "[UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.7 DST=192.0.2.1 ID={0} PROTO=TCP DPT={1}"),
        )
    )
    message = text.format(clock.chance.randrange(10**6), clock.chance.randrange(10**4))
    return _entry(clock, program, 700, message, SYSLOG_FACILITY=3, unit=unit)
