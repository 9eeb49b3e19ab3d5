"""Nothing is lost and nothing told twice, whatever happens to the daemon, the journal or the receiver."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.system import attacks

QUICK = b"[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestartSec=100ms\n"
DROP_IN = "/run/systemd/system/pamsignal.service.d/survival.conf"


@pytest.fixture
def quick(installed):
    """No pause before a restart."""
    installed.host.write(DROP_IN, QUICK)
    installed.host.run("systemctl daemon-reload")
    yield
    installed.host.run(f"rm {DROP_IN}; systemctl daemon-reload")


class Logins:
    """Key logins of alice that go on in the background, from one address: the port tells them apart."""

    def __init__(self, monitor, source):
        self.monitor, self.source = monitor, source
        self.done = 0

    def __enter__(self):
        self.going = True
        self.pool = ThreadPoolExecutor(1)
        self.worker = self.pool.submit(self.work)
        return self

    def __exit__(self, *_error):
        self.going = False
        self.worker.result()
        self.pool.shutdown()

    def work(self):
        while self.going:
            attacks.key_login(self.monitor.host, self.source)
            self.done += 1

    def wait(self, more):
        """Return when `more` further logins are done."""
        enough = self.done + more
        while self.done < enough and not self.worker.done():
            time.sleep(0.02)

    def assert_each_was_told_once(self):
        """One alert for each port, however often the receiver heard of it; no two ids for one login."""
        told = self.monitor.receiver.wait(self.is_mine, count=self.done)
        ports = [alert["source"]["port"] for alert in told]
        assert len(ports) == len(set(ports)) == self.done

    def is_mine(self, alert):
        return alert["rule"]["name"] == "login_success" and alert.get("source", {}).get("ip") == self.source


def test_kill_9_in_the_middle_loses_nothing_and_tells_nothing_twice(quick, monitor, attacker):
    with Logins(monitor, attacker) as logins:
        for _ in range(5):
            logins.wait(2)
            killed = monitor.pid
            monitor.host.run(f"kill -9 {killed}")
            logins.wait(1)
    logins.assert_each_was_told_once()
    assert monitor.shows("NRestarts") == "5"


def test_a_restart_of_journald_loses_nothing(monitor, attacker):
    with Logins(monitor, attacker) as logins:
        logins.wait(2)
        monitor.host.run("systemctl restart systemd-journald")
        logins.wait(3)
    logins.assert_each_was_told_once()


JOURNALD = (
    "systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket systemd-journald.service"
)


def test_a_journald_that_was_stopped_for_a_while_is_read_again_without_a_restart(monitor, attacker):
    pid = monitor.pid
    with Logins(monitor, attacker) as logins:
        logins.wait(1)
    logins.assert_each_was_told_once()
    monitor.host.run(f"systemctl stop {JOURNALD}", check=False)  # not every release has all of these sockets
    assert monitor.host.run("systemctl is-active systemd-journald.service", check=False).stdout == "inactive\n"
    time.sleep(2)
    monitor.host.run(f"systemctl start {JOURNALD} || systemctl start systemd-journald.service")
    with logins:
        logins.wait(2)
    logins.assert_each_was_told_once()
    assert monitor.pid == pid
    assert monitor.shows("NRestarts") == "0"


def test_rotation_and_vacuum_lose_nothing(monitor, attacker):
    with Logins(monitor, attacker) as logins:
        for _ in range(4):
            logins.wait(2)
            vacuum(logins, how="--vacuum-files=1")
        logins.wait(2)
    logins.assert_each_was_told_once()


def kill(logins):
    logins.monitor.host.run("systemctl kill --signal=KILL pamsignal")


def rotate(logins):
    logins.monitor.host.run("journalctl --rotate")


def restart_journald(logins):
    logins.monitor.host.run("systemctl restart systemd-journald")


def vacuum(logins, *, how):
    """Rotate, and take away what is in the old file once it is read: before, that would be a true loss, told as a gap."""
    rotate(logins)
    logins.wait(1)  # the one that was under way: it can have a line in the old file
    logins.monitor.receiver.wait(logins.is_mine, count=logins.done)
    logins.monitor.host.run(f"journalctl {how}")


HAPPENINGS = (
    kill,
    rotate,
    restart_journald,
    kill,
    partial(vacuum, how="--vacuum-time=1s"),
    partial(vacuum, how="--vacuum-size=1M"),
)


def test_deaths_rotations_vacuums_and_restarts_of_journald_in_any_order_lose_nothing(quick, monitor, attacker):
    order = random.Random(monitor.host.release)  # another one on each release, and the same in each run
    with Logins(monitor, attacker) as logins:
        for happening in order.sample(HAPPENINGS, len(HAPPENINGS)):
            logins.wait(1)
            happening(logins)
    logins.assert_each_was_told_once()
    monitor.host.run("pamsignal verify")


def test_logins_while_it_was_stopped_are_all_told_afterwards_as_late(installed, attacker):
    installed.configure(alerts={"late_after_seconds": 10})
    installed.restart()
    installed.host.run("systemctl stop pamsignal")
    for _ in range(10):
        attacks.key_login(installed.host, attacker)
    time.sleep(11)  # the shortest lateness that can be configured
    installed.start()
    logins = Logins(installed, attacker)
    logins.done = 10
    logins.assert_each_was_told_once()
    assert all(alert["pamsignal"]["late"] for alert in installed.receiver.alerts(logins.is_mine))


def test_alerts_wait_for_a_receiver_that_is_away(monitor, attacker):
    monitor.receiver.pause()
    try:
        attacks.key_login(monitor.host, attacker)
        monitor.host.run("systemctl restart pamsignal")
    finally:
        monitor.receiver.resume()
    monitor.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == attacker)
