"""The unit on each release: accepted without a warning, locked up, reloadable, and ended for good by a bad file."""

from __future__ import annotations

import json
import re

import pytest

from tests.system import attacks
from tests.system.monitor import CONFIG
from tests.system.receiver import SECRET

CREDENTIAL = "/etc/pamsignal/credentials/webhook-secret"
WRONG_SECRET = "whsec_d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmc="
DROP_IN = "/run/systemd/system/pamsignal.service.d/test.conf"


@pytest.fixture
def quick(installed):
    """A watchdog of five seconds and no pause before a restart, to save the tests' time."""
    quick = b"[Unit]\nStartLimitIntervalSec=0\n[Service]\nWatchdogSec=5\nRestartSec=100ms\n"
    installed.host.write(DROP_IN, quick)
    installed.host.run("systemctl daemon-reload")
    yield
    installed.host.run(f"rm {DROP_IN}; systemctl daemon-reload")


def test_systemd_finds_nothing_to_complain_about(installed):
    verified = installed.host.run("systemd-analyze verify --man=no pamsignal.service", check=False)
    told = verified.stdout + verified.stderr
    assert [line for line in told.splitlines() if "pamsignal" in line] == []
    assert verified.returncode == 0


def test_the_exposure_is_at_most_1_3(monitor):
    told = monitor.host.run("systemd-analyze security --no-pager pamsignal.service", check=False).stdout
    exposure = re.search(r"Overall exposure level for pamsignal.service: ([0-9.]+)", told)
    assert float(exposure.group(1)) <= 1.3


def test_the_daemon_has_no_right_beyond_its_own(monitor):
    status = dict(
        line.split(":\t", 1) for line in monitor.host.run(f"cat /proc/{monitor.pid}/status").stdout.splitlines()
    )
    assert status["CapEff"] == status["CapPrm"] == status["CapAmb"] == "0000000000000000"
    assert status["CapBnd"] == "0000000000000004"  # CAP_DAC_READ_SEARCH alone
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_secrets_are_neither_in_the_environment_nor_on_the_command_line(monitor):
    shown = monitor.host.run(f"cat /proc/{monitor.pid}/environ /proc/{monitor.pid}/cmdline").stdout
    assert "whsec_" not in shown


def test_a_reload_takes_a_changed_configuration(monitor, attacker):
    pid = monitor.pid
    monitor.configure(alerts={"actions": ["elevation_denied"]})
    monitor.host.run("systemctl reload pamsignal")
    attacks.key_login(monitor.host, attacker)
    attacks.sudo(monitor.host, "bob", "battery-staple")
    monitor.receiver.wait(lambda alert: alert["rule"]["name"] == "elevation_denied")
    assert monitor.receiver.alerts(lambda alert: alert.get("source", {}).get("ip") == attacker) == []
    assert monitor.pid == pid


def test_a_reload_takes_a_changed_credential_and_what_waited_for_it_arrives(installed, attacker):
    host = installed.host
    host.run("install -d -m 0700 /etc/pamsignal/credentials")
    host.write(CREDENTIAL, f"{WRONG_SECRET}\n".encode(), 0o600)
    installed.configure(secret={"credential": "webhook-secret"})
    installed.restart()
    attacks.key_login(host, attacker)
    installed.receiver.wait_for_refusal()
    host.write(CREDENTIAL, f"{SECRET}\n".encode(), 0o600)
    host.run("systemctl reload pamsignal")
    installed.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == attacker)
    host.run("rm -r /etc/pamsignal/credentials")


def test_a_reload_of_a_broken_configuration_fails_and_keeps_the_old_one(monitor, attacker):
    monitor.write_config("sinks: [nonsense\n")
    assert monitor.host.run("systemctl reload pamsignal", check=False).returncode != 0
    assert f"{CONFIG}:" in monitor.log()
    attacks.key_login(monitor.host, attacker)
    monitor.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == attacker)


def test_a_start_with_a_broken_configuration_ends_with_78_and_is_not_tried_again(installed):
    installed.host.run("systemctl stop pamsignal")
    installed.write_config("sinks: [nonsense\n")
    assert installed.host.run("systemctl start pamsignal", check=False).returncode != 0
    assert installed.shows("ExecMainStatus") == "78"
    assert installed.shows("SubState") == "failed"
    assert installed.shows("NRestarts") == "0"
    assert f"{CONFIG}:" in installed.log()


def test_a_check_that_was_killed_at_the_start_is_tried_again_until_it_can_answer(quick, installed):
    host = installed.host
    installed.configure()
    host.run("systemctl stop pamsignal; cp -a /usr/bin/pamsignal /usr/bin/pamsignal.kept")
    host.write("/usr/bin/pamsignal", b"#!/bin/sh\nkill -KILL $$\n", 0o755)
    assert host.run("systemctl start pamsignal", check=False).returncode != 0
    host.run("mv /usr/bin/pamsignal.kept /usr/bin/pamsignal")
    host.run("timeout 180 sh -c 'until systemctl is-active --quiet pamsignal; do sleep 0.1; done'")


def test_without_a_configuration_the_service_runs_on_defaults(installed):
    installed.host.run(f"systemctl reset-failed pamsignal; systemctl stop pamsignal; rm -f {CONFIG}")
    installed.start()
    assert installed.shows("SubState") == "running"


def test_a_stuck_daemon_is_killed_by_the_watchdog_and_started_again(quick, monitor, attacker):
    stuck = monitor.pid
    monitor.host.run(f"kill -STOP {stuck}")
    attacks.key_login(monitor.host, attacker)
    monitor.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == attacker)
    assert monitor.pid != stuck
    assert int(monitor.shows("NRestarts")) >= 1
    assert "Watchdog timeout" in monitor.log()


def test_a_stop_ends_by_itself_and_without_an_error(monitor):
    """Long before systemd would kill it: after 90 s (DefaultTimeoutStopSec=), which would be no success either."""
    monitor.host.run("timeout 60 systemctl stop pamsignal")
    assert monitor.shows("Result") == "success"
    assert monitor.shows("ExecMainStatus") == "0"


def test_root_forgets_beside_the_daemon_and_while_it_is_away_and_the_files_stay_its_own(monitor, attacker):
    host = monitor.host
    attacks.key_login(host, attacker)
    monitor.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == attacker)
    host.run(f"timeout 180 sh -c 'until pamsignal memory --value {attacker} | grep -q address; do sleep 0.1; done'")
    assert host.run(f"pamsignal memory --forget --value {attacker} --quiet").stdout == "forgotten: 1\n"
    host.run("systemctl stop pamsignal")
    assert "forgotten: " in host.run("pamsignal memory --forget --everything").stdout
    owners = host.run("stat --format=%U/%a /var/lib/pamsignal/state.db*").stdout.split()
    assert set(owners) == {host.run("stat --format=%U /var/lib/pamsignal/").stdout.strip() + "/600"}
    monitor.start()
    attacks.key_login(host, attacker)
    monitor.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == attacker)
    assert "store" not in host.run("pamsignal status", check=False).stdout.partition("problems")[2]


def test_a_support_dump_knows_the_service_and_names_nobody(monitor, attacker):
    attacks.key_login(monitor.host, attacker)
    monitor.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == attacker)
    monitor.host.run("kill -USR1 $(systemctl show --property=MainPID --value pamsignal); sleep 0.5")
    dump = monitor.host.run("pamsignal support-dump").stdout
    for private in ("alice", attacker, monitor.host.name, "10.77.0."):
        assert private not in dump
    for known in ("ActiveState: active", "check: ok", "watching sinks=2", "process_is_there: true", "NTP:"):
        assert known in dump
    assert "(broke off" not in dump
    by_alice = monitor.host.run("setpriv --reuid 1000 --regid 1000 --clear-groups pamsignal support-dump").stdout
    assert by_alice.count("(not readable: run as root)") == 3  # configuration, store, trail
    assert "ActiveState: active" in by_alice
    assert "run as root" in by_alice.partition("== log ==")[2]
    monitor.host.run("systemctl stop pamsignal")
    stopped = monitor.host.run("pamsignal support-dump --json").stdout
    assert json.loads(stopped)["sections"]["unit"]["found"]["ActiveState"] == "inactive"
