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

from tests.harness.checkout import PROJECT
from tests.harness.journals import an_entry, write_journal
from tests.harness.waiting import PATIENCE_S, until

ATTACKER = "203.0.113.9"
_END = b"nothing more"  # no word of the protocol: what a dead daemon had said has been heard


class Service:
    """pamsignal as systemd would run it, with all its directories below one folder.

    `ready_s` is how long its last start took until it said that it is ready, None before.
    """

    def __init__(self, folder):
        self.folder = folder
        self.journal = folder / "journal"
        self.journal.mkdir()
        self.config = folder / "pamsignal.yaml"
        self.notified = []
        self.ready_s = None
        self.python = sys.executable
        self.program = ["-m", "pamsignal"]
        self.inside = []  # a command that runs the daemon in surroundings of its own, by exec
        self._number = self._known = self._started_at = 0
        self._process = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._heard = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                told = self._socket.recv(4096)
            except OSError:
                return
            if told == _END:
                self._heard.set()
                continue
            if b"READY=1" in told and self.ready_s is None:
                self.ready_s = time.monotonic() - self._started_at
            self.notified.append(told.decode())

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

    def begin(self):
        """Let the journal have begun two hours ago."""
        self.write("Server listening on :: port 22.", at_us=time.time_ns() // 1000 - 7200 * 1_000_000)

    def configure(self, text):
        """Replace the configuration at once: a daemon that reads it meanwhile sees the old or the new one whole."""
        whole = self.config.with_name("pamsignal.yaml.new")
        whole.write_text(text)
        whole.chmod(0o600)
        whole.replace(self.config)

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
        command = [*self.inside, self.python, "-Es", *self.program, "run", "--config", str(self.config)]
        self.ready_s = None
        with (self.folder / "log").open("ab") as log:
            self._started_at = time.monotonic()
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
        def holds():
            given = condition()
            assert given or self.is_running(), self.log()
            return given

        until(holds, self.log)

    @property
    def pid(self):
        return self._process.pid

    def send(self, number):
        self._process.send_signal(number)

    def wait(self):
        """Wait for its end, and until all that it had told the service manager is in `notified`."""
        status = self._process.wait(PATIENCE_S)
        self._heard.clear()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(_END, self._socket.getsockname())
        assert self._heard.wait(PATIENCE_S)
        return status

    def stop(self):
        if self.is_running():
            self.send(signal.SIGTERM)
            return self.wait()
        return None

    def kill(self):
        self._process.kill()
        self.wait()

    def log(self):
        return (self.folder / "log").read_text()

    def status(self):
        """The status as it was written last; the first one comes a moment after it is ready."""
        path = self.folder / "run" / "status.json"
        until(path.exists, self.log)
        return json.loads(path.read_text())

    def report(self):
        """Have the status written anew, and return it: all that was so before is in it."""
        before = self._status_file()
        self.send(signal.SIGUSR1)
        self.until(lambda: self._status_file() != before)
        return self.status()

    def _status_file(self):
        path = self.folder / "run" / "status.json"
        return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None

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


def about(receiver, rule):
    """Whether each alert of `rule` speaks of the end; one that came twice, as after a kill, is one."""
    found = {one["event"]["id"]: one for one in documents(receiver) if one["rule"]["name"] == rule}
    return [bool(one["pamsignal"].get("over")) for one in found.values()]
