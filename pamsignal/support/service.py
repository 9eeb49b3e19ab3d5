"""The service as systemd, its status file and the journal know it."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from pamsignal.errors import PamSignalError
from pamsignal.render import when
from pamsignal.runtime import status_file
from pamsignal.support.ask import answer, properties
from pamsignal.support.redact import Redactor

UNIT = "pamsignal.service"
_TEXT = """
    LoadState ActiveState SubState Result UnitFileState FragmentPath DropInPaths NeedDaemonReload NRestarts
    ExecMainCode ExecMainStatus StatusText StatusErrno MemoryCurrent MemoryMax TasksCurrent CPUUsageNSec DynamicUser
    WatchdogUSec Type
"""
_PROPERTIES = frozenset(_TEXT.split())
_PATHS = frozenset({"FragmentPath", "DropInPaths"})
_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_SURPLUS = 5  # our own alerts stand between the lines, and are left out


def unit(redactor: Redactor) -> Dict[str, object]:
    """Return how systemd sees the unit, and which drop-ins change it."""
    found = properties(answer("systemctl", "show", UNIT, *(f"--property={name}" for name in sorted(_PROPERTIES))))
    return {
        name: " ".join(map(redactor.path, value.split())) if name in _PATHS else redactor.text(value)
        for name, value in found.items()
        if name in _PROPERTIES
    }


def status(path: str, redactor: Redactor) -> Dict[str, Any]:
    """Return what the daemon last told about itself, whether or not it still runs."""
    document = status_file.read(path)
    sinks = document.get("sinks")
    for name in sinks if isinstance(sinks, dict) else ():
        redactor.name("sink", str(name))
    shown: Dict[str, Any] = redactor.tree(document)
    written = {
        "seconds_since_written": int(time.time() - os.stat(path).st_mtime),
        "process_is_there": _is_there(document.get("pid")),
    }
    config = document.get("config")
    fingerprint = config.get("fingerprint") if isinstance(config, dict) else None
    if isinstance(fingerprint, str) and _is_hexadecimal(fingerprint):
        shown["config"] = {**shown["config"], "fingerprint": fingerprint[:12]}
    return {**written, **shown}


def log(lines: int, journal: Sequence[str], redactor: Redactor) -> List[str]:
    """Return the last lines that the daemon and systemd wrote about it, oldest first, without the alerts themselves."""
    options = ["--all", "--no-pager", "--quiet", "--output=json", f"--lines={lines * _SURPLUS}"]
    text = answer("journalctl", f"--unit={UNIT}", *options, *journal)
    shown = [_line(entry, redactor) for entry in _entries(text) if not _is_alert(entry)]
    if not shown:
        rights = "" if os.geteuid() == 0 else ", or no right to read them: run as root"
        raise PamSignalError(f"no line of {UNIT} in the journal{rights}")
    return shown[-lines:]


def _entries(text: str) -> Iterator[Mapping[str, Any]]:
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # the beginning is cut off where there was too much of it
        if isinstance(entry, dict):
            yield entry


def _is_alert(entry: Mapping[str, Any]) -> bool:
    return any(name.startswith("PAMSIGNAL_") for name in entry)


def _line(entry: Mapping[str, Any], redactor: Redactor) -> str:
    time_us = _number(entry.get("__REALTIME_TIMESTAMP"))
    priority = _number(entry.get("PRIORITY"))
    level = _LEVELS[priority] if priority is not None and priority < len(_LEVELS) else "unknown"
    stamp = when.timestamp(time_us) if time_us is not None else "?"
    writer = redactor.text(_words(entry.get("SYSLOG_IDENTIFIER"))) or "?"
    return f"{stamp} {writer} {level}: {redactor.text(_words(entry.get('MESSAGE')))}"


def _words(value: object) -> str:
    """Return a field's text: journalctl writes unprintable text as a list of bytes, a repeated field as a list."""
    if isinstance(value, list):
        if all(isinstance(byte, int) and 0 <= byte <= 255 for byte in value):
            return bytes(value).decode("utf-8", "replace")
        return " ".join(_words(one) for one in value)
    return value if isinstance(value, str) else ""


def _number(value: object) -> Optional[int]:
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) <= 17 else None


def _is_hexadecimal(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)


def _is_there(pid: object) -> bool:
    return isinstance(pid, int) and pid > 0 and os.path.exists(f"/proc/{pid}")
