"""Whatever breaks around the daemon while it runs: it goes on, says so, and is well again without a restart.

The whole list, with where each case is tried, is docs/explanation/when-things-break.md.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.harness.command import json_lines, pamsignal
from tests.harness.daemon import a_login, about, documents, ports, webhook_config
from tests.harness.mounts import OWN_MOUNTS
from tests.harness.receiver import Receiver
from tests.harness.web import unused_port

HOUR_US = 3_600_000_000

# Retries after half a second instead of ten, the end of a trouble told after ten minutes instead of 30 s, and a clock that
# the test can set, which nobody may do to a real one: so no end is told before the test lets that time go by.
STAGED = """
import pathlib, sys, time
true_ns, offset = time.time_ns, pathlib.Path({offset!r})
time.time_ns = lambda: true_ns() + int(offset.read_text())
from pamsignal.audit import trail
from pamsignal.deliver import store
from pamsignal.daemon import own_sight
trail.RETRY_US = store.REOPEN_US = 500_000
own_sight.CALM_US = 600_000_000
from pamsignal.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def staged(watched, tmp_path):
    """The daemon, and a clock that `set_clock` sets."""
    (tmp_path / "offset").write_text("0")
    watched.program = ["-c", STAGED.format(offset=str(tmp_path / "offset"))]
    return watched


def set_clock(service, offset_us):
    beside = service.folder / "offset.new"
    beside.write_text(str(offset_us * 1000))
    beside.replace(service.folder / "offset")


def let_it_calm_down(service):
    """Let the time go by after which an end is told. It counts from a look that comes before a second report without trouble."""
    service.until(lambda: is_well(service.report()) and is_well(service.report()))
    set_clock(service, int((service.folder / "offset").read_text()) // 1000 + HOUR_US)


def is_well(status):
    return not (status["store"]["trouble"] or status["trail"]["trouble"])


def in_namespace_of(service, *command):
    """Run a command where the daemon sees its own mounts."""
    enter = ["nsenter", f"--target={service.pid}", "--mount"]
    enter += [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    return subprocess.run([*enter, *command], check=True, capture_output=True, text=True).stdout


class SmallDisk:
    """A tmpfs that the daemon alone sees, for some of its directories."""

    def __init__(self, service, names, prepared="true"):
        self.service, self.place = service, service.folder / "disk"
        self.place.mkdir()
        script = (
            f'mount -t tmpfs -o size=1m tmpfs "$1" && mkdir "$1/state" "$1/logs" && {prepared} && shift && exec "$@"'
        )
        service.inside = [*OWN_MOUNTS, "sh", "-c", script, "sh", str(self.place)]
        self.environment = {f"{name.upper()}_DIRECTORY": str(self.place / name) for name in names}

    def fill(self):
        self._shell("cat /dev/zero >ballast 2>/dev/null; sync -f .; test $(df --output=avail . | tail -1) = 0")

    def free(self):
        self._shell("rm ballast")

    def remount(self, how):
        in_namespace_of(self.service, "mount", "-o", f"remount,{how}", str(self.place))

    def _shell(self, script, *arguments):
        script = f"cd '{self.place}' && {script}"
        return in_namespace_of(self.service, "sh", "-c", script, "sh", *arguments)


TROUBLES = {"state": ["store_trouble"], "logs": ["trail_trouble"]}


@pytest.mark.parametrize("names", [("state",), ("logs",), ("state", "logs")], ids="+".join)
def test_a_disk_that_is_full_stops_no_alert_is_told_once_and_forgiven(staged, receiver, names):
    disk = SmallDisk(staged, names)
    rules = [rule for name in names for rule in TROUBLES[name]]
    staged.start(**disk.environment)
    staged.write(a_login(1))
    staged.until(lambda: ports(receiver) == [20_001])
    disk.fill()
    count = 1
    while not all(about(receiver, rule) for rule in rules):  # the last page that is open still takes a little
        staged.write(*(a_login(count + more) for more in range(1, 11)))
        count += 10
        staged.until(lambda: len(set(ports(receiver))) == count)  # noqa: B023 - called at once
    time.sleep(1)  # in which it tries again, and may find a little room
    assert {rule: about(receiver, rule) for rule in rules} == {rule: [False] for rule in rules}
    disk.free()
    let_it_calm_down(staged)
    staged.until(lambda: all(about(receiver, rule) == [False, True] for rule in rules))
    staged.write(a_login(999))
    staged.until(lambda: 20_999 in ports(receiver))
    assert about(receiver, "undelivered") == []
    assert is_whole(disk, staged, "logs" in names)
    assert staged.stop() == 0


def test_a_start_on_a_read_only_disk_watches_tells_and_writes_when_it_can(staged, receiver):
    names = ("state", "logs")
    disk = SmallDisk(staged, names, prepared='mount -o remount,ro "$1"')
    rules = [rule for name in names for rule in TROUBLES[name]]
    staged.start(**disk.environment)
    staged.write(a_login(1))
    staged.until(lambda: ports(receiver) == [20_001])
    staged.until(lambda: all(about(receiver, rule) == [False] for rule in rules))
    disk.remount("rw")
    let_it_calm_down(staged)
    staged.until(lambda: all(about(receiver, rule) == [False, True] for rule in rules))
    staged.write(a_login(2))
    staged.until(lambda: ports(receiver) == [20_001, 20_002])
    assert is_whole(disk, staged, "logs" in names)
    assert staged.stop() == 0


def is_whole(disk, service, on_disk):
    """Whether the trail has every login once, in an unbroken chain."""
    if not on_disk:
        return pamsignal("verify", "--directory", service.folder / "logs").returncode == 0
    copy = service.folder / "copy"
    copy.mkdir()
    for name in in_namespace_of(service, "ls", f"{disk.place}/logs").split():
        (copy / name).write_text(in_namespace_of(service, "cat", f"{disk.place}/logs/{name}"))
    return pamsignal("verify", "--directory", copy).returncode == 0


def test_a_journal_file_that_breaks_under_us_costs_only_what_it_covers(watched, receiver):
    watched.start()
    watched.write(*(a_login(number) for number in range(1, 20)))
    watched.until(lambda: len(set(ports(receiver))) == 19)
    *_, newest = sorted(watched.journal.iterdir())
    with newest.open("r+b") as file:
        file.seek(newest.stat().st_size // 3)
        file.write(b"\xa5" * (newest.stat().st_size // 3))
    watched.write(a_login(20))
    watched.until(lambda: 20_020 in ports(receiver))
    (watched.journal / "broken.journal").write_bytes(newest.read_bytes()[:5000])
    watched.write(a_login(21))
    watched.until(lambda: 20_021 in ports(receiver))
    os.truncate(newest, 4096)
    watched.write(a_login(22))
    watched.until(lambda: 20_022 in ports(receiver))
    watched.kill()
    watched.start()
    watched.write(a_login(23))
    watched.until(lambda: 20_023 in ports(receiver))
    assert watched.stop() == 0


def damage(path):
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))
    for beside in (f"{path}-wal", f"{path}-shm"):
        Path(beside).unlink(missing_ok=True)


def test_a_store_that_was_damaged_while_nobody_ran_goes_on_where_the_trail_ends(staged, receiver):
    staged.start()
    staged.write(a_login(1))
    staged.until(lambda: ports(receiver) == [20_001])
    staged.stop()
    damage(staged.folder / "state" / "state.db")
    staged.write(a_login(2))
    staged.start()
    staged.until(lambda: 20_002 in ports(receiver))
    staged.until(lambda: about(receiver, "store_trouble") == [False])
    assert about(receiver, "journal_gap") == []
    assert list((staged.folder / "state").glob("state.db.corrupt-1"))
    set_clock(staged, HOUR_US)
    let_it_calm_down(staged)
    staged.until(lambda: about(receiver, "store_trouble") == [False, True])
    assert staged.stop() == 0


def test_a_store_that_is_damaged_while_it_is_used_is_begun_anew_and_knows_what_matters(staged, receiver):
    good = staged.config.read_text()
    staged.configure(good.replace(receiver.url(), f"https://127.0.0.1:{unused_port()}/"))
    staged.start()
    long = "x" * 240
    staged.write(*(a_login(number, f"{long}{number}") for number in range(1, 561)))  # more than SQLite keeps in memory
    staged.until(lambda: staged.report()["sinks"]["hook"]["queued"] == 560)
    folder = staged.folder / "state"
    for path in (folder / "state.db", folder / "state.db-wal"):
        with path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))
    staged.configure(good)
    staged.send(signal.SIGHUP)
    staged.until(lambda: about(receiver, "store_trouble") == [False])
    staged.write(a_login(701))
    staged.until(lambda: 20_701 in ports(receiver))
    assert list(folder.glob("state.db.corrupt-1"))
    staged.until(lambda: ("alice", "login") in {(one["user"], one["kind"]) for one in memory_of(staged)})
    staged.kill()
    staged.write(a_login(702))
    staged.start()
    staged.until(lambda: 20_702 in ports(receiver))
    assert about(receiver, "journal_gap") == []
    assert staged.stop() == 0


def memory_of(service):
    return json_lines(pamsignal("memory", "--json", "--file", service.folder / "state" / "state.db").stdout)


def at(service, number, seconds):
    """A login by the clock that is set now, at a moment of the monotonic clock that nobody sets."""
    message, fields = a_login(number)
    offset_us = int((service.folder / "offset").read_text()) // 1000
    time_us = time.time_ns() // 1000
    service.write(
        (message, {**fields, "monotonic_us": HOUR_US * 10_000 + seconds * 1_000_000}), at_us=time_us + offset_us
    )


def test_a_clock_that_jumps_an_hour_forward_and_back_loses_and_delays_nothing(staged, receiver):
    staged.start()
    at(staged, 1, 1)
    staged.until(lambda: ports(receiver) == [20_001])
    for number, offset_us in enumerate((HOUR_US, 0, -HOUR_US, 0), 2):
        set_clock(staged, offset_us)
        at(staged, number, number)
        staged.until(lambda: ports(receiver) == [20_000 + n for n in range(1, number + 1)])  # noqa: B023 - called at once
        staged.report()
    assert all("late" not in one["pamsignal"] for one in documents(receiver))
    staged.until(lambda: staged.log().count("the clock was set") == 4)
    assert "the clock was set forward by" in staged.log()
    assert "the clock was set back by" in staged.log()
    assert about(receiver, "journal_gap") == []
    assert staged.stop() == 0


def test_without_names_alerts_wait_and_arrive_when_names_are_known_again(service, authority, tmp_path):
    hosts, resolver = tmp_path / "hosts", tmp_path / "resolv.conf"
    hosts.write_text("127.0.0.1 localhost\n")
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    script = 'mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"'
    service.inside = [*OWN_MOUNTS, "sh", "-c", script, "sh", str(hosts), str(resolver)]
    with Receiver(certificate=authority.issue_cert("alerts.test")) as receiver:
        service.configure(webhook_config(receiver.url().replace("127.0.0.1", "alerts.test"), tmp_path))
        service.write("Server listening on :: port 22.")
        service.start()
        service.write(a_login(1))
        service.until(lambda: "the host name cannot be resolved" in service.log())
        service.write(a_login(2))
        with hosts.open("a") as file:
            file.write("127.0.0.1 alerts.test\n")
        service.until(lambda: ports(receiver) == [20_001, 20_002])
        service.until(lambda: "the sink works again" in service.log())
        assert service.stop() == 0


def test_channels_that_are_dead_for_longer_than_alerts_are_kept_cost_these_and_that_is_told(staged, receiver):
    good = staged.config.read_text()
    port = unused_port()
    staged.configure(good.replace(receiver.url(), f"https://127.0.0.1:{port}/hook"))
    staged.start()
    staged.write(a_login(1), a_login(2))
    staged.until(lambda: "the sink does not take alerts" in staged.log())
    set_clock(staged, 73 * HOUR_US)
    staged.until(lambda: "alerts were given up" in staged.log())
    assert staged.report()["sinks"]["hook"]["given_up"] == 2
    staged.configure(good)
    staged.send(signal.SIGHUP)
    at(staged, 3, 1)
    staged.until(lambda: ports(receiver) == [20_003])
    staged.until(lambda: about(receiver, "undelivered") == [False])
    staged.until(lambda: (sink := staged.report()["sinks"]["hook"])["queued"] == sink["failures_in_a_row"] == 0)
    assert staged.stop() == 0
