"""A journal that is written to while somebody reads it: rotated and vacuumed at random, and with what the truth is.

systemd-journal-remote writes the files, entry by entry, as they come through a pipe.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
import time

from tests.harness.journals import an_entry, exported, remote_to
from tests.harness.waiting import PATIENCE_S

FIRST_PORT = 20_000
TRIES = 5  # the default threshold of `brute_force`
STILL_READ_S = 1.0
MOST_WAITING = 300


class Journal:
    """Files in `folder`; what is vacuumed goes to `gone`, from where `everything` brings it back for a replay."""

    def __init__(self, folder, gone, seed):
        self.folder, self.gone = folder, gone
        for one in (folder, gone):
            one.mkdir(parents=True, exist_ok=True)
        self.logins = []  # time in µs and port
        self.rotations = self.vacuums = 0
        self._attacks = 0
        self._files = 0
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self.entries = self.until_us = 0
        self._begin()
        self._put("Server listening on :: port 22.")

    def login(self):
        """One login; its port is its own."""
        with self._lock:
            number = len(self.logins)
            pid, port = 100_000 + number, FIRST_PORT + number
            user = f"user{number % 40}"
            time_us = self._put(f"Accepted password for {user} from 203.0.113.9 port {port} ssh2", pid)
            self.logins.append((time_us, port))

    def attack(self):
        """As many failures as make one `brute_force`, from an address and at an account of their own."""
        with self._lock:
            self._attacks += 1
            number = self._attacks
            address = f"45.{number // 256}.{number % 256}.7"  # each out of a network of its own, which has a rule, too
            for port in range(1, TRIES + 1):
                pid = 4_000_000 + number * TRIES + port
                self._put(f"Failed password for victim{number} from {address} port {40_000 + port} ssh2", pid)

    def rotate(self):
        """Close the file, and begin another."""
        with self._lock:
            self.rotations += 1
            self._end()
            self._begin()

    def vacuum(self, read_until_us):
        """Take away what is closed and was read; what was not would be a loss of the journal's own."""
        with self._lock:
            for path in sorted(self.folder.glob("archived-*.journal"))[:-1]:
                if int(path.stem.rpartition("-")[2]) + STILL_READ_S * 1_000_000 < read_until_us:
                    path.rename(self.gone / path.name)
                    self.vacuums += 1

    def burst(self):
        """What a host sees in a moment."""
        for _ in range(self._dice.randrange(1, 12)):
            self.login()
        if self._dice.random() < 0.3:
            self.attack()

    def close(self):
        """Write nothing more."""
        with self._lock:
            self._end()

    def everything(self, folder):
        """Return a folder with all that was ever written."""
        folder.mkdir()
        for path in (*self.gone.iterdir(), *self.folder.iterdir()):
            shutil.copy(path, folder)
        return folder

    def _begin(self):
        self._path = self.folder / "active.journal"
        self._remote = subprocess.Popen(remote_to(self._path), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _end(self):
        self._remote.stdin.close()
        assert self._remote.wait(PATIENCE_S) == 0
        self._files += 1
        if self._path.exists():
            self._path.rename(self.folder / f"archived-{self._files:05}-{self.until_us}.journal")

    def _put(self, message, pid=4711):
        self.until_us = max(self.until_us + 1, time.time_ns() // 1000)
        entry = an_entry(message, time_us=self.until_us, _PID=pid, SYSLOG_PID=pid)
        self._remote.stdin.write(exported(entry))
        self._remote.stdin.flush()
        self.entries += 1
        return self.until_us


class Traffic:
    """Bursts that go on in the background, with rotations among them, and vacuums of what was `read_until_us`.

    They pause while `waiting` says that more than a few hundred alerts wait: a queue that is full gives up alerts.
    """

    def __init__(self, journal, seed, read_until_us, waiting, pause_s=0.15):
        self._journal, self._read_until_us, self._waiting, self._pause_s = journal, read_until_us, waiting, pause_s
        self._dice = random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        self._thread.join()

    def _go_on(self):
        while not self._over.wait(self._dice.random() * 2 * self._pause_s):
            if self._waiting() > MOST_WAITING:
                continue
            self._journal.burst()
            if self._dice.random() < 0.08:
                self._journal.rotate()
            if self._dice.random() < 0.1:
                self._journal.vacuum(self._read_until_us())
