"""The audit daemon's log in the packaged unit, with the drop-in for its owner. auditd itself cannot run on these hosts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.harness.audit_logs import a_line, an_audited_try
from tests.harness.waiting import until

EXAMPLES = Path(__file__).parents[2] / "examples/systemd"
DROP_IN = "/run/systemd/system/pamsignal.service.d/audit.conf"
FOLDER = "/var/log/audit"


def a_line_of_now():
    """A try that is old enough for its event not to wait for a line."""
    message = an_audited_try(exe="/opt/vpn/sbin/vpnd", pid=900)
    return a_line(0, message, at_s=int(time.time()) - 15).encode()


@pytest.fixture
def log(installed):
    installed.configure(audit={"enabled": True, "log": f"{FOLDER}/audit.log"})
    yield installed.host
    installed.host.run(f"systemctl stop pamsignal; rm -rf {FOLDER} {DROP_IN}; systemctl daemon-reload")


def test_the_drop_in_for_its_owner_opens_the_log(installed, log):
    """Root's own on one release, as on Fedora and RHEL; the group's on the others, as Debian's auditd makes it."""
    is_roots = log.release == 12
    owner, folder, file = ("root:root", "0700", "0600") if is_roots else ("root:adm", "0750", "0640")
    log.run(f"mkdir {FOLDER}; touch {FOLDER}/audit.log; chown -R {owner} {FOLDER}; chmod {folder} {FOLDER}")
    log.run(f"chmod {file} {FOLDER}/audit.log")
    log.put(EXAMPLES / ("read-audit-log.conf" if is_roots else "read-audit-log-of-adm.conf"), DROP_IN)
    log.run("systemctl daemon-reload")
    installed.restart()
    log.run(f"cat >> {FOLDER}/audit.log", typed=a_line_of_now())
    told = "grep -q vpnd /var/log/private/pamsignal/*.jsonl"
    until(lambda: log.run(told, check=False).returncode == 0, installed.log)
