"""Real journal files for tests: entries → journal export format → systemd-journal-remote → X.journal.

So trusted fields, times, boots and binary values can be chosen, without root and without a running journald.
The format: https://systemd.io/JOURNAL_EXPORT_FORMATS/
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.builders import BOOT, EXECUTABLES, MACHINE, NOON_US

SECOND_US = 1_000_000
_REMOTE = "/lib/systemd/systemd-journal-remote"
_REMOTE_ELSEWHERE = "/usr/lib/systemd/systemd-journal-remote"


def an_entry(
    message="Accepted password for alice from 203.0.113.9 port 50022 ssh2", *, after_s=0.0, boot=BOOT, **changes
):
    """One entry of sshd, `after_s` seconds after noon; a field set to None is left out, a list is a repeated field."""
    time_us = changes.pop("time_us", NOON_US + round(after_s * SECOND_US))
    identifier = changes.get("SYSLOG_IDENTIFIER", "sshd")
    program = identifier if isinstance(identifier, str) else identifier[0]
    fields = {
        "__REALTIME_TIMESTAMP": time_us,
        "__MONOTONIC_TIMESTAMP": changes.pop("monotonic_us", time_us - NOON_US + 3600 * SECOND_US),
        "_BOOT_ID": boot,
        "_MACHINE_ID": MACHINE,
        "_HOSTNAME": "web-01",
        "_TRANSPORT": "syslog",
        "_PID": 4711,
        "_UID": 0,
        "_GID": 0,
        "_EXE": EXECUTABLES.get(program, f"/usr/sbin/{program}"),
        "_COMM": program,
        "_SYSTEMD_UNIT": "ssh.service",
        "_SOURCE_REALTIME_TIMESTAMP": time_us - 40,
        "PRIORITY": 6,
        "SYSLOG_FACILITY": 4,
        "SYSLOG_IDENTIFIER": identifier,
        "SYSLOG_PID": 4711,
        "MESSAGE": message,
    }
    fields.update(changes)
    return {name: value for name, value in fields.items() if value is not None}


def exported(entry):
    """The bytes of one entry in the export format."""
    pairs = [(name, one) for name, value in entry.items() for one in (value if isinstance(value, list) else [value])]
    return b"".join(_field(name, one if isinstance(one, bytes) else str(one).encode()) for name, one in pairs) + b"\n"


def _field(name, value):
    if b"\n" in value or any(byte < 32 for byte in value):
        return name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
    return name.encode() + b"=" + value + b"\n"


def write_journal(path, entries):
    """Make the journal file `path` of `entries`, or append them if it exists. Returns the path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    export = path.with_name(path.name + ".export")
    with export.open("wb") as stream:
        stream.writelines(exported(entry) for entry in entries)
    done = subprocess.run(remote_to(path, export), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    export.unlink()
    return path


def remote_to(path, export="-"):
    """The command that makes the journal file `path` of entries in the export format: a file, or what comes by a pipe."""
    program = shutil.which(_REMOTE) or shutil.which(_REMOTE_ELSEWHERE)
    assert program, f"{_REMOTE} is missing: install the package systemd-journal-remote"
    return [program, "--split-mode=none", "--compress=no", "--seal=no", "-o", str(path), str(export)]
