"""The daemon as a process of its own, what it reads and what it sends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.edge.journals import an_entry, write_journal

PROJECT = Path(__file__).parents[2]
ATTACKER = "203.0.113.9"
PATIENCE_S = 60  # how long a busy machine may take for anything


class Service:
    """pamsignal as systemd would run it, with all its directories below one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.journal = folder / "journal"
        self.journal.mkdir()
        self.config = folder / "pamsignal.yaml"
        self.notified = []
        self.program = ["-m", "pamsignal"]
        self.inside = []  # a command that runs the daemon in surroundings of its own, by exec
        self._number = self._known = 0
        self._process = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                self.notified.append(self._socket.recv(4096).decode())
            except OSError:
                return

    def write(self, *lines, at_us=None):
        """Add a journal file with `lines` (message, or message and fields), a millisecond apart, ending now."""
        self._number += 1
        end_us = at_us or time.time_ns() // 1000
        entries = []
        for number, line in enumerate(lines):
            message, fields = line if isinstance(line, tuple) else (line, {})
            entries.append(an_entry(message, time_us=end_us - (len(lines) - number) * 1000, **fields))
        write_journal(self.folder / "made" / f"{self._number:04}.journal", entries)
        # Only a whole file may appear in the directory.
        made = self.folder / "made" / f"{self._number:04}.journal"
        made.replace(self.journal / made.name)

    def configure(self, text):
        self.config.write_text(text)
        self.config.chmod(0o600)

    def start(self, ready=True, **environment):
        self._known = len(self.notified)
        env = {
            **os.environ,
            "NOTIFY_SOCKET": str(self.folder / "notify"),
            "STATE_DIRECTORY": str(self.folder / "state"),
            "LOGS_DIRECTORY": str(self.folder / "logs"),
            "RUNTIME_DIRECTORY": str(self.folder / "run"),
            **environment,
        }
        command = [*self.inside, sys.executable, "-Es", *self.program, "run", "--config", str(self.config)]
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=log, stderr=log)
        if ready:
            self.until(self.is_ready)
        return self

    def is_ready(self):
        """Whether it has said so since its last start."""
        return any("READY=1" in text for text in self.notified[self._known :])

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, self.log()
            assert self._process.poll() is None or not condition, self.log()
            time.sleep(0.02)

    @property
    def pid(self):
        return self._process.pid

    def send(self, number):
        self._process.send_signal(number)

    def wait(self):
        return self._process.wait(PATIENCE_S)

    def stop(self):
        if self.is_running():
            self.send(signal.SIGTERM)
            return self.wait()
        return None

    def kill(self):
        self._process.kill()
        self._process.wait()

    def log(self):
        return (self.folder / "log").read_text()

    def status(self):
        return json.loads((self.folder / "run" / "status.json").read_text())

    def close(self):
        if self.is_running():
            self.kill()
        self._socket.close()


def webhook_config(url, folder, extra=""):
    return (
        f"journal: {{directory: {folder}/journal}}\n{extra}"
        f"sinks:\n  hook: {{type: webhook, url: '{url}', signing: none, ca_file: {folder}/ca.pem, "
        "noise_per_10_minutes: 600, noise_per_day: null, success_per_10_minutes: 600}\n"
    )


def a_login(number, user="alice"):
    pid = 10_000 + number
    return f"Accepted password for {user} from {ATTACKER} port {20_000 + number} ssh2", {"_PID": pid, "SYSLOG_PID": pid}


def a_failure(number, address=ATTACKER):
    pid = 30_000 + number
    return f"Failed password for root from {address} port {40_000 + number} ssh2", {"_PID": pid, "SYSLOG_PID": pid}


def documents(receiver):
    return [json.loads(request.body) for request in receiver.requests]


def ports(receiver, rule="login_success"):
    return [one["source"]["port"] for one in documents(receiver) if one["rule"]["name"] == rule]
