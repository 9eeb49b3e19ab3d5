"""What Debian's fail2ban and sshguard read as installed, by the configuration files of their packages."""

from __future__ import annotations

import re
from configparser import ConfigParser
from functools import cache
from typing import FrozenSet

from tests.harness.checkout import UNPACKED

JAILS = UNPACKED / "etc/fail2ban"
SSHGUARD_CONF = UNPACKED / "etc/sshguard/sshguard.conf"


@cache
def jails() -> FrozenSet[str]:
    """Return the jails of fail2ban that are switched on, in the order in which it reads its files (jail.conf(5))."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read([JAILS / "jail.conf", *sorted((JAILS / "jail.d").glob("*.conf"))], encoding="utf-8")
    return frozenset(name for name in parser.sections() if parser.getboolean(name, "enabled", fallback=False))


@cache
def identifiers() -> FrozenSet[str]:
    """Return the syslog identifiers of which sshguard's LOGREADER asks journalctl for lines."""
    (reader,) = re.findall(r'(?m)^LOGREADER="(.*)"$', SSHGUARD_CONF.read_text(encoding="utf-8"))
    return frozenset(re.findall(r" -t ?(\S+)", reader))
