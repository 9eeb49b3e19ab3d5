"""What the kernel's audit tells of a login over ssh: not an event, but a check on sshd's own lines.

sshd writes it for sessions with a terminal (audit-linux.c), with root's right to, and the kernel adds whose process it
was. journald limits how many lines a service may write, and an sshd can be told to write none; neither holds for this.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Optional

from pamsignal.model import Address, AuditedLogin, JournalRecord
from pamsignal.parse.address import address
from pamsignal.parse.audit import AUDIT, AccountOf
from pamsignal.parse.provenance import EXECUTABLES, ROOT

# The whole line; what follows `msg='` is sshd's, in the order of libaudit's audit_log_acct_message. The name of an
# account holds no quotation mark and no blank, or it is hexadecimal. A security label can hold blanks.
_LOGIN = (
    r"USER_LOGIN pid=(?P<pid>\d{1,10}) uid=(?P<uid>\d{1,10}) auid=\d{1,10} ses=\d{1,10}(?: subj=[^']{1,512})? "
    r"msg='op=login (?:id=(?P<id>\d{1,10})|acct=(?:\"(?P<account>[^\"\x00-\x20]{1,64})\"|[0-9A-F]{2,128})) "
    r"exe=\"(?P<exe>[^\"\x00-\x20]{1,256})\" hostname=(?P<host>\S{1,256}) "
    r"addr=(?P<address>\S{1,64}) terminal=\S{1,64} res=success'"
)


_UNNAMED = "?"


def login_of(record: JournalRecord, account_of: AccountOf) -> Optional[AuditedLogin]:
    """Return the login that `record` tells of; None for all else that the kernel audits, and for refused ones."""
    match = _shape().fullmatch(record.message) if record.transport == AUDIT else None
    if match is None or int(match["uid"]) != ROOT or match["exe"] not in EXECUTABLES["sshd"]:
        return None
    user_id = None if match["id"] is None else int(match["id"])
    account = match["account"] if user_id is None else account_of(user_id)
    return AuditedLogin(int(match["pid"]), account, user_id, _address(match))


def _address(match: re.Match[str]) -> Optional[Address]:
    """Return whence: with UseDNS sshd gives a name, and the address is what DNS says to libaudit of that name."""
    named, told = address(match["host"]), address(match["address"])
    return told if named == told or match["host"] == _UNNAMED else None


@lru_cache(maxsize=1)
def _shape() -> re.Pattern[str]:
    """Be compiled by the first record: few hosts read these."""
    return re.compile(_LOGIN, re.ASCII)
