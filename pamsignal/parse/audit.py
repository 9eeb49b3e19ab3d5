"""What the kernel's audit subsystem records of typing at a terminal (pam_tty_audit; Linux, drivers/tty/tty_audit.c).

journald sets `_TRANSPORT=audit` on nothing but what the kernel sent it (journald-audit.c), so a line of any other
transport is never read here. What was typed goes no further than this file, unless the caller asks for it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, NamedTuple, Optional

from pamsignal.model import JournalRecord, Observation, Typed
from pamsignal.parse.provenance import ROOT
from pamsignal.parse.table import TEXT_LIMIT
from pamsignal.terms import Action, Provenance

AUDIT = "audit"  # _TRANSPORT, and the identifier that journald gives such records
TTY = "tty"
AccountOf = Callable[[int], Optional[str]]
INSERTED = "inserted"

_UNSET = 4294967295  # (uid_t) -1: nobody logged in, and so there is no session
_DATA = " data="
_PTS_MAJOR, _TTY_MAJOR, _FIRST_SERIAL = 136, 4, 64  # Linux, admin-guide/devices.txt

# They take a terminal raw, to hand on what is typed to another one or to echo dots for a password. The kernel then
# cannot see that the other end has its echo off: what is typed there may be a password. Names as in `comm`, 15 bytes.
_RAW = frozenset(
    (
        *("ssh", "sftp", "scp", "mosh-client", "telnet", "rlogin", "sshpass", "expect", "script", "screen", "tmux"),
        *("tmux: client", "sudo", "sudo-rs", "su", "su-rs", "runuser", "doas", "pkexec", "run0", "login", "passwd"),
        *("docker", "podman", "nerdctl", "kubectl", "oc", "lxc", "incus", "virsh", "machinectl", "systemd-run"),
        *(
            "systemd-nspawn",
            "systemd-tty-ask",
            "systemd-ask-pas",
            "pinentry-tty",
            "pinentry-curses",
            "gpg",
            "cryptsetup",
        ),
        *("picocom", "minicom", "cu", "tio", "mysql", "mariadb", "psql", "kinit", "ssh-add", "ssh-keygen"),
    )
)

# The whole line. `comm` is anybody's choice: quoted it holds no quotation mark and no blank, else it is hexadecimal
# (kernel/audit.c, audit_log_untrustedstring).
_INPUT = (
    r"TTY (?P<how>tty|ioctl=TIOCSTI) pid=\d{1,10} uid=(?P<uid>\d{1,10}) auid=(?P<auid>\d{1,10}) ses=(?P<ses>\d{1,10}) "
    r"major=(?P<major>\d{1,10}) minor=(?P<minor>\d{1,10}) "
    r'comm=(?:"(?P<comm>[^"\x00-\x20]{0,15})"|(?P<hex>[0-9A-Fa-f]{2,30})) data=(?P<data>[0-9A-Fa-f]+)'
)


class Settings(NamedTuple):
    """Whether what the kernel audits is read, and whether events of typing say what was typed.

    `log` is auditd's file, for hosts whose journal has no such records; None reads the journal alone.
    """

    enabled: bool = False
    keystrokes: bool = False
    log: Optional[str] = None


def observe(record: JournalRecord, *, keystrokes: bool = False) -> Optional[Observation]:
    """Return that somebody typed; None for all else that the kernel audits. `user_id` is who had logged in.

    Only with `keystrokes` is it decoded, as far as it can be no password typed into another terminal.
    """
    match = _shape().fullmatch(record.message) if record.transport == AUDIT else None
    if match is None or len(match["data"]) % 2 or len(match["hex"] or "") % 2:
        return None
    seen = _observation(match)
    typed = seen.typed
    if not keystrokes or typed is None or typed.program is None or typed.program in _RAW:
        return seen
    return seen._replace(typed=typed._replace(text=text_of(match["data"][: 8 * TEXT_LIMIT])))


def named(seen: Observation, record: JournalRecord, account_of: AccountOf) -> Observation:
    """Return `seen` with the accounts' names: of who had logged in, and of whose rights the program had."""
    user = None if seen.user_id is None else account_of(seen.user_id)
    if record.uid is None or record.uid == seen.user_id:
        return seen._replace(user=user)
    return seen._replace(user=user, target_user="root" if record.uid == ROOT else account_of(record.uid))


def without_input(record: JournalRecord) -> JournalRecord:
    """Return `record` without what was typed: nothing that keeps it, or shows it, shall have it."""
    return record._replace(message=record.message.partition(_DATA)[0])


@lru_cache(maxsize=1)
def _shape() -> re.Pattern[str]:
    """Be compiled by the first record: few hosts audit terminals."""
    return re.compile(_INPUT, re.ASCII)


def _observation(match: re.Match[str]) -> Observation:
    uid, login_uid, session = int(match["uid"]), int(match["auid"]), int(match["ses"])
    comm = match["comm"] if match["hex"] is None else text_of(match["hex"])
    return Observation(
        "audit.tty",
        AUDIT,
        TTY,
        Action.TTY_INPUT,
        reason=None if match["how"] == TTY else INSERTED,
        user_id=uid if login_uid == _UNSET else login_uid,
        tty=_terminal(int(match["major"]), int(match["minor"])),
        session_id=None if session == _UNSET else str(session),
        provenance=Provenance.VERIFIED,
        typed=Typed(len(match["data"]) // 2, comm or None),
    )


def _terminal(major: int, minor: int) -> Optional[str]:
    """Return the name of a terminal that everybody has; None for those that need the device tree to be named."""
    if major == _PTS_MAJOR:
        return f"pts/{minor}"
    if major != _TTY_MAJOR:
        return None
    return f"tty{minor}" if minor < _FIRST_SERIAL else f"ttyS{minor - _FIRST_SERIAL}"


def text_of(digits: str) -> str:
    """Return the text that stands in hexadecimal digits, as audit_log_untrustedstring and libaudit write names; cut."""
    text = bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "backslashreplace")
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
