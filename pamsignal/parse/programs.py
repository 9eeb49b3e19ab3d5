"""Who writes what: journal identifiers, the program behind each, and that program's table.

Identifiers are claims; `provenance.grade` says whether a record comes from the program it names.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple

from pamsignal.parse import accounts, sshd, sshd_connection
from pamsignal.parse.accounts import ACCOUNTS
from pamsignal.parse.doas import DOAS
from pamsignal.parse.dropbear import DROPBEAR
from pamsignal.parse.journald import JOURNALD
from pamsignal.parse.login import LOGIN
from pamsignal.parse.logind import LOGIND
from pamsignal.parse.pam import CHKPWD, PAM
from pamsignal.parse.polkit import PKEXEC, POLKITD
from pamsignal.parse.provenance import EXECUTABLES, SETUID
from pamsignal.parse.sshd_cut import BEGINNINGS, SshdTable
from pamsignal.parse.su import SU
from pamsignal.parse.sudo import SUDO
from pamsignal.parse.table import Table
from pamsignal.parse.vsftpd import VSFTPD


class Program(NamedTuple):
    """A program by its one name, whatever its identifiers; without a table only its PAM lines are ours.

    Of a setuid program the caller chooses the identifier.
    """

    name: str
    table: Optional[Table] = None
    is_setuid: bool = False


SSHD = SshdTable("sshd", (*sshd.PATTERNS, *sshd_connection.PATTERNS))

# One owner of a line at most, over all of these; BEGINNINGS are for lines that sshd cut, and only for those.
ALL_TABLES: Tuple[Table, ...] = (
    *(SSHD, PAM, SUDO, SU, LOGIN, LOGIND, POLKITD, PKEXEC, DOAS, ACCOUNTS, CHKPWD, VSFTPD, DROPBEAR, JOURNALD),
)
CUT_TABLES: Tuple[Table, ...] = (BEGINNINGS,)

_SSHD, _SUDO, _SYSTEMD = Program("sshd", SSHD), Program("sudo", SUDO, is_setuid=True), Program("systemd")
_CRON, _GDM = Program("cron"), Program("gdm")

BY_IDENTIFIER: Dict[str, Program] = {
    **dict.fromkeys(("sshd", "sshd-session", "sshd-auth"), _SSHD),
    **dict.fromkeys(("sudo", "sudo-rs"), _SUDO),
    "su": Program("su", SU, is_setuid=True),
    "login": Program("login", LOGIN),
    "doas": Program("doas", DOAS, is_setuid=True),
    "pkexec": Program("pkexec", PKEXEC, is_setuid=True),
    **dict.fromkeys(("polkitd", "polkitd(authority=local)", "polkit-agent-helper-1"), Program("polkitd", POLKITD)),
    **{name: Program(name, ACCOUNTS, is_setuid=name in SETUID) for name in accounts.PROGRAMS},
    "unix_chkpwd": Program("unix_chkpwd", CHKPWD),
    "vsftpd": Program("vsftpd", VSFTPD),
    "dropbear": Program("dropbear", DROPBEAR),
    "systemd-logind": Program("systemd-logind", LOGIND),
    "systemd-journald": Program("systemd-journald", JOURNALD),
    # PAM lines only.
    **dict.fromkeys(("systemd", "(systemd)", "(sd-pam)"), _SYSTEMD),
    **dict.fromkeys(("cron", "CRON", "crond", "CROND", "atd", "anacron"), _CRON),
    **dict.fromkeys(("gdm-password", "gdm-password]", "gdm-session-worker", "gdm-launch-environment]"), _GDM),
    "cockpit-session": Program("cockpit"),
    "auth": Program("dovecot"),
    "xrdp-sesman": Program("xrdp-sesman"),
}
# pkexec's file may speak for polkitd, too: the name that is the file's own comes last.
BY_EXECUTABLE: Dict[str, Program] = {
    path: program
    for program in sorted(BY_IDENTIFIER.values(), key=lambda program: program.name != "polkitd")
    for path in EXECUTABLES[program.name]
}
# A known PAM line of a program that nobody knows.
ANY_PROGRAM = Program("pam")
