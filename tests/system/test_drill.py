"""A drill on each release: a hostile program in the daemon's place, in exactly the packaged unit, gets nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system import drill
from tests.system.denials import DENIALS, MORE_DENIALS

PROBE = "/usr/lib/pamsignal/drill.py"
DROP_IN = "/run/systemd/system/pamsignal.service.d/drill.conf"
IN_ITS_PLACE = f"[Service]\nType=oneshot\nWatchdogSec=0\nExecStart=\nExecStart=/usr/bin/python3 {PROBE}\nRestart=no\n"
EXAMPLES = Path(__file__).parents[2] / "examples/systemd"
OLDEST_WITH_NO_EXEC_PATHS = 12  # systemd 248; Debian 11 has 247

# Where everybody may read and write, as careless administrators leave such places: only the unit stands in the way.
OPEN = "/usr /etc /srv /var/log /run /home /tmp /var/tmp /dev /usr/lib/modules"
PREPARE = f"""
for place in {OPEN}; do mkdir -p $place/drill; chmod 1777 $place/drill; echo here >$place/drill/file; done
mkdir -p /run/pamsignal /etc/systemd/system/pamsignal.service.d /usr/lib/klibc/drill
cp /bin/sh /usr/lib/klibc/drill/sh; cp /usr/bin/id /usr/local/bin/drill
"""
TIDY = f"""
for place in {OPEN}; do rm -rf $place/drill; done
rm -rf /run/pamsignal /etc/systemd/system/pamsignal.service.d /usr/lib/klibc/drill /usr/local/bin/drill
rm -f /var/l*/private/pamsignal/planted /etc/planted /var/log/planted /var/lib/planted /run/planted /dev/shm/planted
"""
SEGMENT = f"grep '^ *{drill.SHARED_MEMORY} ' /proc/sysvipc/shm"

RIGHTS = {
    "write its state",
    "write its logs",
    "write its runtime directory",
    "run a program of its own",
    "open TCP",
    "leave shared memory",
    "make a file in memory",  # as OpenSSL gets to see the key of a client certificate (deliver/sinks/wire.py)
}
HELD = "0000000000000004"  # CAP_DAC_READ_SEARCH, capability 2


def told_by(text):
    return json.loads(text.rpartition("DRILL ")[2])


def drilled(installed, drop_in=""):
    """What the probe could do as the unit's program, with a drop-in or without."""
    host = installed.host
    host.run("systemctl stop pamsignal")
    host.put(Path(drill.__file__), PROBE)
    host.write(DROP_IN, f"{IN_ITS_PLACE}{drop_in}".encode())
    try:
        host.run(f"{PREPARE} systemctl daemon-reload; systemctl start pamsignal")
        lines = host.journal("--unit=pamsignal.service --lines=40")
    finally:
        host.run(f"rm {DROP_IN} {PROBE}; {TIDY} systemctl daemon-reload")
    return told_by([line["MESSAGE"] for line in lines if str(line["MESSAGE"]).startswith("DRILL ")][-1])


def done(outcomes):
    return {name for name, outcome in outcomes.items() if outcome == "done"}


@pytest.fixture(scope="module")
def outcomes(installed):
    installed.configure()
    return drilled(installed)


@pytest.fixture(scope="module")
def uncaught(installed):
    """What root can do with the same program, without the unit around it."""
    host = installed.host
    host.run("systemctl stop pamsignal")
    host.put(Path(drill.__file__), PROBE)
    try:
        return told_by(host.run(f"{PREPARE} python3 {PROBE}; ipcrm -M {drill.SHARED_MEMORY}").stdout)
    finally:
        host.run(f"rm {PROBE}; {TIDY}")


def test_an_exploited_daemon_gets_nothing_but_its_own_directories_and_the_network(outcomes):
    assert done(outcomes) == RIGHTS


def test_what_is_refused_can_be_done_where_the_unit_does_not_stand_in_the_way(uncaught):
    assert {name: uncaught[name] for name in drill.TRIES if uncaught[name] != "done"} == {}


def test_what_the_filter_refuses_is_an_error_and_not_the_end(outcomes):
    for name in DENIALS["SystemCallFilter"]:
        assert outcomes[name].startswith("PermissionError: [Errno 1]"), name


def test_it_holds_no_capability(outcomes):
    assert outcomes["capabilities"] == ["0000000000000000"] * 3


def test_shared_memory_goes_with_the_service(installed, outcomes):
    assert outcomes["leave shared memory"] == "done"
    assert installed.host.run(SEGMENT, check=False).stdout == ""


@pytest.fixture
def shadow_of_fedora(installed):
    """The file of passwords as Fedora and RHEL have it: root's alone, without a mode."""
    installed.host.run("chown root:root /etc/shadow; chmod 0 /etc/shadow")
    yield
    installed.host.run("chown root:shadow /etc/shadow; chmod 640 /etc/shadow")


@pytest.mark.usefixtures("shadow_of_fedora")
def test_the_drop_in_for_the_audit_log_gives_one_capability_that_still_reads_no_shadow(installed):
    installed.configure()
    outcomes = drilled(installed, (EXAMPLES / "read-audit-log.conf").read_text())
    assert outcomes["capabilities"] == [HELD] * 3
    assert outcomes["read /etc/shadow"] != "done"
    assert done(outcomes) == RIGHTS


def test_the_drop_in_against_programs_of_its_own_lets_it_run_none_that_it_wrote(installed):
    if installed.host.release < OLDEST_WITH_NO_EXEC_PATHS:
        pytest.skip("systemd 247 does not know NoExecPaths=")
    installed.configure()
    outcomes = drilled(installed, (EXAMPLES / "run-nothing-new.conf").read_text())
    assert done(outcomes) == RIGHTS - set(MORE_DENIALS["NoExecPaths"])
