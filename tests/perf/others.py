"""Programs of others on the attack journal, from Debian's packages (build/unpacked, by `tools/install.sh dev`).

Each is given sshd's lines alone, which is what it knows, and its figure is for such a line. None of them is
installed, and none of them blocks anybody: no firewall is touched.
"""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests.harness.checkout import UNPACKED
from tests.perf.journal_maker import FIRST_US
from tests.perf.measure import cpu_seconds, cpu_seconds_until_idle

SSHD = "SYSLOG_IDENTIFIER=sshd"
PATIENCE_SECONDS = 180

FAIL2BAN = """[Definition]
loglevel = INFO
logtarget = {scratch}/log
syslogsocket = auto
socket = {scratch}/socket
pidfile = {scratch}/pid
dbfile = None
dbpurgeage = 1d
dbmaxmatches = 10
allowipv6 = auto
"""
JAIL = """[sshd]
enabled = true
filter = sshd
backend = systemd[journalpath={folder}]
findtime = {days}d
action =
"""


def are_here():
    """Tell whether the packages were unpacked."""
    return (UNPACKED / "unpacked").exists()


def lines_of_sshd(folder, target):
    """Write sshd's lines of a journal into the file `target`, as syslog writes them; return how many."""
    with target.open("wb") as stream:
        subprocess.run(["journalctl", "-D", folder, "-o", "short", "--utc", SSHD], stdout=stream, check=True)
    with target.open("rb") as stream:
        return sum(1 for _ in stream)


def sshguard_parser(lines):
    """Return CPU seconds of what understands the lines for sshguard: no counting, no blocking."""
    parser = UNPACKED / "usr/libexec/sshguard/sshg-parser"
    seconds, printed = cpu_seconds(["sh", "-c", f"exec {parser} <{lines}"])
    assert printed.count("\n") > 1000, printed[:200]
    return seconds


def fail2ban_regex(folder):
    """Return CPU seconds of matching the journal against fail2ban's filter for sshd."""
    source = f'systemd-journal[journalpath="{folder}"]'
    seconds, printed = cpu_seconds(
        [*_fail2ban("regex"), "-c", str(UNPACKED / "etc/fail2ban"), "-m", SSHD, source, "sshd"]
    )
    assert " 0 matched" not in printed, printed[-500:]
    return seconds


def fail2ban_server(folder, scratch):
    """Return CPU seconds of the service with its jail for sshd, from its start until it has read the journal."""
    for name in ("filter.d", "action.d"):
        (scratch / name).symlink_to(UNPACKED / "etc/fail2ban" / name)
    begun = datetime.fromtimestamp(FIRST_US / 1e6, timezone.utc)
    days = (datetime.now(timezone.utc) - begun + timedelta(days=2)).days
    (scratch / "fail2ban.conf").write_text(FAIL2BAN.format(scratch=scratch))
    (scratch / "jail.conf").write_text(JAIL.format(folder=Path(folder).absolute(), days=days))
    seconds = cpu_seconds_until_idle([*_fail2ban("server"), "-c", str(scratch), "-f", "start"], PATIENCE_SECONDS)
    found = (scratch / "log").read_text().count("] Found ")
    assert found > 1000, f"fail2ban found {found} failures"
    return seconds


def _fail2ban(program):
    modules = UNPACKED / "usr/lib/python3/dist-packages"
    return ["env", f"PYTHONPATH={modules}", "/usr/bin/python3", str(UNPACKED / f"usr/bin/fail2ban-{program}")]
