"""Load, as sshd would log it: `sender.py attack LINES SECONDS MARKS PORT`, `sender.py logins LOGINS SECONDS`.

Runs on a host under sshd's own path, so that journald vouches for its lines as for sshd's (on_host.py puts it there).
attack: so many lines a second, four for each hostile connection, from 1,000 addresses, and among them, at random
times, so many *marks* a second, and one behind the last line: logins from MARKED, the first with the source port PORT,
the next with one more.
logins: so many complete logins a second, four lines each, by as many processes as a busy host has: each has one
login at a time. Prints JSON: what was sent, and when each mark was.
"""

import json
import os
import random
import socket
import sys
import time

AUTH, AUTHPRIV, INFO = 4 * 8, 10 * 8, 6  # RFC 5424, 6.2.1
MARKED = "203.0.113.77"
WRITERS = 50
STEPS_PER_SECOND = 100


class Log:
    """The socket of journald for syslog's lines, and how many went there."""

    def __init__(self):
        self.sent = 0
        self._pid = os.getpid()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.connect("/dev/log")

    def write(self, text, facility=AUTH):
        self._socket.send(f"<{facility + INFO}>sshd[{self._pid}]: {text}".encode())
        self.sent += 1


def connection(log, number):
    """One that fails: four lines, one attempt."""
    address = f"198.18.{number % 1000 // 250}.{number % 250}"
    at, user = f"{address} port {1024 + number % 60000}", f"admin{number % 50}"
    log.write(f"Invalid user {user} from {at}")
    failed = f"authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={address} "
    log.write(f"pam_unix(sshd:auth): {failed}", AUTHPRIV)
    log.write(f"Failed password for invalid user {user} from {at} ssh2")
    log.write(f"Connection closed by invalid user {user} {at} [preauth]")


def login(log, number):
    """One that succeeds, and ends: four lines."""
    at = f"198.19.{number % 1000 // 250}.{number % 250} port {1024 + number % 60000}"
    log.write(f"Accepted publickey for root from {at} ssh2: ED25519 SHA256:4rsZ2kXnVQ3mT8yLw0pCjGdEoBfHuAiS7N6vRx5q1Yk")
    log.write("pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)", AUTHPRIV)
    log.write(f"Disconnected from user root {at}")
    log.write("pam_unix(sshd:session): session closed for user root", AUTHPRIV)


def attack(lines_per_second, seconds, marks_per_second, port):
    """Send connections at a steady rate, marks at random times, and a last mark behind them all."""
    log, chance, marks, connections = Log(), random.Random(7), {}, 0
    times = sorted(chance.uniform(0, seconds) for _ in range(marks_per_second * seconds))

    def mark():
        marks[port + len(marks)] = time.time()
        log.write(f"Accepted password for root from {MARKED} port {port + len(marks) - 1} ssh2")

    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < seconds or connections * 4 < lines_per_second * seconds:
        while times and times[0] <= elapsed:
            mark()
            times.pop(0)
        while connections * 4 < lines_per_second * min(elapsed, seconds):
            connection(log, connections)
            connections += 1
        time.sleep(max(0, min([1 / STEPS_PER_SECOND, *(at - elapsed for at in times[:1])])))
    took = time.monotonic() - started
    mark()
    return {"sent": log.sent, "took": took, "expected": connections + len(marks), "marks": marks, "ended": time.time()}


def logins(per_second, seconds):
    started, writers = time.monotonic(), []
    for writer in range(WRITERS):
        pid = os.fork()
        if pid == 0:
            log_in(range(writer, per_second * seconds, WRITERS), per_second, started)
            os._exit(0)
        writers.append(pid)
    assert all(os.waitpid(pid, 0)[1] == 0 for pid in writers)
    count = per_second * seconds
    took = time.monotonic() - started
    return {"sent": count * 4, "took": took, "expected": count}


def log_in(numbers, per_second, started):
    """Write one login after the other, each at its time."""
    log = Log()
    for number in numbers:
        time.sleep(max(0, started + number / per_second - time.monotonic()))
        login(log, number)


if __name__ == "__main__":
    print(json.dumps({"attack": attack, "logins": logins}[sys.argv[1]](*map(int, sys.argv[2:]))))
