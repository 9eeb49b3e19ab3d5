"""The installed service on a real host of a lab, under load: what it read, what it told apart, how late, at what cost.

The host is Debian 12 with the unit as it is packaged, its watchdog included, and a webhook over TLS; journald's rate
limit is off. Sender, journald, daemon and receiver share this machine's cores.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import time
from pathlib import Path

from tests.harness.process import cpu_in, memory_in
from tests.perf import sender
from tests.system.lab import Lab
from tests.system.monitor import Monitor, build_wheel
from tests.system.receiver import Receiver
from tools.run_tests import why_not_system

RELEASE = 12
SSHD = "/usr/sbin/sshd"
LIMITS = b"[Journal]\nRateLimitIntervalSec=0\nRateLimitBurst=0\nSystemMaxUse=4G\n"
STATUS = "/run/pamsignal/status.json"
# Lines a second, for how many seconds, with how many marks a second: the marks stay within a sink's budget of alerts.
LATENCIES = ((10, 60, 1), (1000, 20, 5), (5000, 20, 5))  # the 300 logins that go out at once are not used up
SOAK = (20_000, 60)
LOGINS = (1000, 300)
BACKLOG = 1_000_000
PATIENCE_SECONDS = 300


class CannotError(Exception):
    """Why no host can be booted here."""


class Timed(Receiver):
    """A receiver that knows when each login from MARKED was handed over, by its source port."""

    def __init__(self, lab):
        self.told = {}
        super().__init__(lab)

    def accept(self, delivery):
        source = delivery.document.get("source", {})
        if source.get("ip") == sender.MARKED and "port" in source:
            self.told.setdefault(source["port"], time.time())
        super().accept(delivery)


@contextlib.contextmanager
def watched_host():
    """Yield the running service on a fresh host, where the interpreter stands in sshd's place: nobody can log in."""
    if reason := why_not_system():
        raise CannotError(reason)
    with contextlib.closing(Lab()) as lab, tempfile.TemporaryDirectory() as folder:
        host = lab.boot([RELEASE])[0]
        with contextlib.closing(Timed(lab)) as receiver:
            monitor = Monitor(host, receiver)
            monitor.install(build_wheel(Path(folder)))
            # Of failures as many are told as unless told otherwise.
            monitor.write_config(json.dumps({"sinks": {"hook": monitor.hook()}}))
            host.write("/etc/systemd/journald.conf.d/load.conf", LIMITS)
            host.put(sender.__file__, "/root/sender.py")
            host.run(
                f"systemctl restart systemd-journald; cp --remove-destination $(readlink -f /usr/bin/python3) {SSHD}"
            )
            monitor.start()
            yield monitor


def latency(_python, _rounds):
    """From a line's sending to the receiver's having its alert, at several rates."""
    rows, port = [], 10_000
    with watched_host() as monitor:
        for lines_per_second, seconds, marks in LATENCIES:
            before = cpu_seconds(monitor)
            sent = send(monitor, "attack", lines_per_second, seconds, marks, port)
            marked, told = {int(port): at for port, at in sent["marks"].items()}, monitor.receiver.told
            wait_for(lambda marked=marked, told=told: marked.keys() <= told.keys())
            late = sorted(told[port] - at for port, at in marked.items() if port in told)
            rows.append(
                {
                    "what": f"{lines_per_second:,}",
                    "logins": len(late),
                    "p50_ms": late[len(late) // 2] * 1000,
                    "p99_ms": late[len(late) * 99 // 100] * 1000,
                    "longest_ms": late[-1] * 1000,
                    "cpu_percent": (cpu_seconds(monitor) - before) / sent["took"] * 100,
                }
            )
            port += len(marked)
    return rows


def soak(_python, _rounds):
    """Hostile lines at a steady rate that is far more than any real attack, each of them accounted for."""
    lines_per_second, seconds = SOAK
    with watched_host() as monitor:
        before = counted(monitor)
        sent = send(monitor, "attack", lines_per_second, seconds, 1, 10_000)
        what = f"attack, {lines_per_second:,} lines a second for {seconds} s"
        return [accounted(monitor, what, sent, before)]


def logins(_python, _rounds):
    """Complete logins, each of which is an alert that a budget counts."""
    per_second, seconds = LOGINS
    with watched_host() as monitor:
        before = counted(monitor)
        sent = send(monitor, "logins", per_second, seconds)
        return [accounted(monitor, f"{per_second:,} logins a second for {seconds} s", sent, before)]


def backlog(_python, _rounds):
    """What came while the service was stopped; its watchdog is on while it catches up."""
    with watched_host() as monitor:
        monitor.host.run("systemctl stop pamsignal")
        sent = send(monitor, "attack", 50_000, BACKLOG // 50_000, 1, 10_000)
        started = time.time()
        monitor.start()
        nothing = {"read": 0, "events": 0, "cpu": 0}
        return [accounted(monitor, f"catching up with {BACKLOG:,} lines", {**sent, "ended": started}, nothing)]


def send(monitor, *words):
    """Run the sender on the host; return what it says it sent."""
    command = f"PYTHONHOME=/usr {SSHD} /root/sender.py {' '.join(map(str, words))}"
    done = subprocess.run(monitor.host.inside(command), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def accounted(monitor, what, sent, before):
    """Wait until the daemon has told all attempts apart; return where each line went.

    Its status tells that up to ten seconds late; when it was finished, the alert about the last mark tells.
    """
    wait_for(lambda: counted(monitor)["events"] - before["events"] >= sent["expected"])
    after, last = counted(monitor), max(map(int, sent.get("marks", ())), default=None)
    stored = monitor.host.run("journalctl --sync; journalctl --no-pager -o cat SYSLOG_IDENTIFIER=sshd | wc -l")
    return {
        "what": what,
        "sent": sent["sent"],
        "per_second": sent["sent"] / sent["took"],
        "stored": int(stored.stdout),
        "read": after["read"] - before["read"],
        "expected": sent["expected"],
        "events": after["events"] - before["events"],
        "behind_s": monitor.receiver.told[last] - sent["ended"] if last in monitor.receiver.told else None,
        "cpu_us": (after["cpu"] - before["cpu"]) / sent["sent"] * 1e6,
        "anonymous_mb": after["anonymous_mb"],
        "restarts": int(monitor.shows("NRestarts")),
    }


def counted(monitor):
    """Return what the daemon has counted, of sshd's attempts and logins; its status is up to some seconds behind."""
    told = monitor.host.run(f"cat {STATUS}", check=False).stdout  # a service that has just started has none yet
    status = json.loads(told or '{"records": 0, "events": {}}')
    events = sum(status["events"].get(action, 0) for action in ("login_failure", "login_success"))
    memory_mb = memory_in(monitor.host.run(f"cat /proc/{monitor.pid}/smaps_rollup").stdout)
    return {"read": status["records"], "events": events, "cpu": cpu_seconds(monitor), "anonymous_mb": memory_mb}


def cpu_seconds(monitor):
    """Return user and system time of the daemon; the host has this machine's kernel, and its ticks."""
    return cpu_in(monitor.host.run(f"cat /proc/{monitor.pid}/stat").stdout)


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            print(f"after {PATIENCE_SECONDS} s still not all was told: the row says what was")
            return
        time.sleep(1)
