"""A drill on each release: a hostile program in the daemon's place, in exactly the packaged unit, gets nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system import drill

PROBE = "/usr/lib/pamsignal/drill.py"
DROP_IN = "/run/systemd/system/pamsignal.service.d/drill.conf"
IN_ITS_PLACE = f"[Service]\nType=oneshot\nWatchdogSec=0\nExecStart=\nExecStart=/usr/bin/python3 {PROBE}\nRestart=no\n"
AUDIT_RIGHT = Path(__file__).parents[2] / "examples/systemd/read-audit-log.conf"

ALLOWED = {"write its state", "write its logs", "write its runtime directory", "open TCP"}
HELD = "0000000000000004"  # CAP_DAC_READ_SEARCH, capability 2


def drilled(installed, drop_in):
    """What the probe could do as the unit's program."""
    host = installed.host
    host.run("systemctl stop pamsignal")
    host.put(Path(drill.__file__), PROBE)
    host.write(DROP_IN, drop_in.encode())
    try:
        host.run("systemctl daemon-reload; systemctl start pamsignal")
        lines = host.journal("--unit=pamsignal.service")
    finally:
        host.run(f"rm {DROP_IN} {PROBE}; systemctl daemon-reload; rm -f /var/l*/private/pamsignal/planted")
    told = [line["MESSAGE"] for line in lines if str(line["MESSAGE"]).startswith("DRILL ")]
    return json.loads(told[-1].partition(" ")[2])


@pytest.fixture
def outcomes(installed):
    installed.configure()
    return drilled(installed, IN_ITS_PLACE)


def test_an_exploited_daemon_gets_nothing_but_its_own_directories_and_the_network(outcomes):
    assert {name for name, outcome in outcomes.items() if outcome == "done"} == ALLOWED


def test_it_holds_no_capability(outcomes):
    assert outcomes["capabilities"] == ["0000000000000000"] * 3


def test_what_is_refused_is_refused_and_not_just_missing_on_the_host(installed):
    assert installed.host.run("test -e /etc/shadow -a -e /root/.ssh -a -e /home/alice -a -e /usr/bin/sudo")


def test_the_drop_in_for_the_audit_log_gives_one_capability_that_still_reads_no_shadow(installed):
    installed.configure()
    outcomes = drilled(installed, IN_ITS_PLACE + AUDIT_RIGHT.read_text())
    assert outcomes["capabilities"] == [HELD] * 3
    assert outcomes["read /etc/shadow"] != "done"
    assert {name for name, outcome in outcomes.items() if outcome == "done"} == ALLOWED
