"""A flood on a real host: 20,000 lines of sshd a second for a minute. What is stored, read and told, and how late?

Run as root from the checkout: .venv/bin/python -m tests.system.flood [LINES_PER_SECOND] [SECONDS] [RELEASE]
Prints one JSON object. Nothing here is a test: figures depend on the machine.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.system.host import Host
from tests.system.lab import Lab
from tests.system.monitor import Monitor, build_wheel
from tests.system.receiver import Receiver

LIMITS = b"[Journal]\nRateLimitIntervalSec=0\nRateLimitBurst=0\nSystemMaxUse=4G\n"
MARKED = "203.0.113.77"  # where the login at the end of the flood comes from

# Runs on the host under sshd's own path, so that journald vouches for its lines as for sshd's: four lines for each
# hostile connection, from 1,000 addresses, in steps of 10 ms, and one login at the end.
SENDER = """
import os, socket, sys, time
rate, seconds, marked = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.connect("/dev/log")
def send(facility, text):
    log.send(f"<{facility * 8 + 6}>sshd[{os.getpid()}]: {text}".encode())
def connection(number):
    address = f"198.18.{number % 1000 // 250}.{number % 250}"
    at, user = f"{address} port {1024 + number % 60000}", f"admin{number % 50}"
    yield 4, f"Invalid user {user} from {at}"
    yield 10, f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={address} "
    yield 4, f"Failed password for invalid user {user} from {at} ssh2"
    yield 4, f"Connection closed by invalid user {user} {at} [preauth]"
sent, number, started = 0, 0, time.monotonic()
while sent < rate * seconds:
    for _ in range(max(rate // 400, 1)):
        for facility, text in connection(number):
            send(facility, text)
            sent += 1
        number += 1
    time.sleep(max(0, started + sent / rate - time.monotonic()))
took = time.monotonic() - started
send(4, f"Accepted password for root from {marked} port 4242 ssh2")
print(sent, took, time.time())
"""


def main() -> None:
    """Boot one host, flood it, print the figures."""
    rate, seconds, release = (int(given) for given in (*sys.argv[1:], *("20000", "60", "12")[len(sys.argv) - 1 :]))
    with contextlib.closing(Lab()) as lab, tempfile.TemporaryDirectory() as folder:
        host = lab.boot([release])[0]
        with contextlib.closing(Receiver(lab)) as receiver:
            monitor = Monitor(host, receiver)
            monitor.install(build_wheel(Path(folder)))
            monitor.configure()
            become_sshd(host)
            monitor.start()
            print(json.dumps(flood(monitor, rate, seconds), indent=2))


def become_sshd(host: Host) -> None:
    """Lift journald's limits, and put the interpreter in sshd's place: this host takes no more logins."""
    host.write("/etc/systemd/journald.conf.d/flood.conf", LIMITS)
    host.write("/root/sender.py", SENDER.encode())
    sshd = "/usr/lib/openssh/sshd-session" if host.release >= 13 else "/usr/sbin/sshd"
    host.run(f"systemctl restart systemd-journald; cp --remove-destination $(readlink -f /usr/bin/python3) {sshd}")


def flood(monitor: Monitor, rate: int, seconds: int) -> dict[str, object]:
    """Send the lines and wait for the alert about the login behind them."""
    host = monitor.host
    sshd = "/usr/lib/openssh/sshd-session" if host.release >= 13 else "/usr/sbin/sshd"
    before = cpu_seconds(monitor)
    sender = host.run(f"PYTHONHOME=/usr {sshd} /root/sender.py {rate} {seconds} {MARKED}")
    sent, took, ended = (float(figure) for figure in sender.stdout.split())
    monitor.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == MARKED, seconds=120)
    told = time.time()
    stored = host.run("journalctl --sync; journalctl --no-pager -o cat SYSLOG_IDENTIFIER=sshd | grep -c 198.18")
    return {
        "lines_sent": int(sent),
        "lines_per_second": round(sent / took),
        "lines_stored": int(stored.stdout),
        "login_told_after_seconds": round(told - ended, 3),
        "daemon_cpu_us_per_line": round((cpu_seconds(monitor) - before) / sent * 1e6, 2),
        "daemon_anonymous_kb": anonymous_kb(monitor),
        "lines_read": lines_read(monitor, int(sent)),
    }


def lines_read(monitor: Monitor, sent: int) -> int:
    """Return how many records the daemon says it has read; its status file is up to some seconds behind."""
    read = 0
    for _ in range(100):
        status = monitor.host.run("pamsignal status --json", check=False).stdout
        read = json.loads(status)["records"]
        if read >= sent:
            break
        time.sleep(0.1)
    return read


def cpu_seconds(monitor: Monitor) -> float:
    """Return user and system time of the daemon, from fields 14 and 15 of proc(5) stat, in ticks of 10 ms."""
    fields = monitor.host.run(f"cat /proc/{monitor.pid}/stat").stdout.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def anonymous_kb(monitor: Monitor) -> int:
    """Return the daemon's anonymous memory."""
    return int(monitor.host.run(f"awk '/^Anonymous:/ {{ print $2 }}' /proc/{monitor.pid}/smaps_rollup").stdout)


if __name__ == "__main__":
    main()
