"""What the kernel's audit tells of logins, and auditd's log of it, as tests write them."""

from __future__ import annotations

from pamsignal.journal.audit_log import Host
from pamsignal.parse.audit_auth import failure_of
from tests.builders import BOOT, MACHINE, NOON_US

ADDRESS = "203.0.113.9"
HOST = Host(BOOT, MACHINE, "web-01")
NAMES = '\x1dUID="root" AUID="unset"'


def encoded(name):
    """As libaudit writes a name: quoted, or in hexadecimal digits if anything in it could be taken for the rest."""
    is_plain = all(0x21 <= byte <= 0x7F and byte != 0x22 for byte in name.encode())
    return f'"{name}"' if is_plain else name.encode().hex().upper()


def an_audited_try(
    account="root",
    exe="/usr/sbin/sshd",
    addr=ADDRESS,
    *,
    uid=0,
    pid=4711,
    op="PAM:authentication grantors=?",
    subj="",
    terminal="ssh",
    result="failed",
    host=None,
):
    return (
        f"USER_AUTH pid={pid} uid={uid} auid=4294967295 ses=4294967295{subj} msg='op={op} acct={encoded(account)} "
        f"exe={encoded(exe)} hostname={host or addr} addr={addr} terminal={terminal} res={result}'"
    )


def an_audited_login(
    who="id=1000",
    pid=4711,
    uid=0,
    subj=" subj=unconfined",
    exe="/usr/sbin/sshd",
    address=ADDRESS,
    result="success",
    host=None,
):
    return (
        f"USER_LOGIN pid={pid} uid={uid} auid=1000 ses=330{subj} "
        f'msg=\'op=login {who} exe="{exe}" hostname={host or address} '
        f"addr={address} terminal=/dev/pts/3 res={result}'"
    )


def a_line(number, message=None, *, node="", enriched=False, at_s=NOON_US // 10**6):
    """The `number`th line since noon, a second each."""
    name, _, text = (message or an_audited_try(account=f"user{number}")).partition(" ")
    return f"{node}type={name} msg=audit({at_s + number}.123:{4000 + number}): {text}{NAMES if enriched else ''}\n"


class Log:
    """A log as auditd keeps it."""

    def __init__(self, folder):
        self.path = folder / "audit.log"
        self.path.touch()

    def write(self, *lines):
        with self.path.open("a") as file:
            file.writelines(lines)

    def rotate(self, keep=5):
        """As auditd's rotate_logs does: the oldest goes, each gets the next number, and a new one is begun."""
        for number in range(keep - 1, 0, -1):
            older = self.path.with_name(f"audit.log.{number - 1}" if number > 1 else "audit.log")
            if older.exists():
                older.rename(self.path.with_name(f"audit.log.{number}"))
        self.path.touch()


def users(records):
    """Whom the tries in `records` were for."""
    return [failure_of(record, {}.get).user for record in records]


def wanted(*numbers):
    """Whom the tries of `a_line` are for that have these numbers."""
    return [f"user{number}" for number in numbers]
