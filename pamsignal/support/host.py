"""The host around pamsignal: versions, how it is installed, the journal's settings, the clock."""

from __future__ import annotations

import os
import ssl
import sys
from importlib import metadata
from typing import Dict, Iterator, Optional, Tuple

import pamsignal
from pamsignal.deliver.store.database import SQLITE_VERSION
from pamsignal.support.ask import NoAnswerError, answer, answer_or_why_not, properties
from pamsignal.support.redact import Redactor

_LIBRARIES = (
    "systemd-python",
    "PyYAML",
    "jsonschema",
    "requests",
    "urllib3",
    "maxminddb",
    "apprise",
    "rich",
)
_PEOPLE_FROM, _PEOPLE_TO = 1000, 60_000  # uids of people (login.defs(5), UID_MIN and UID_MAX)
_JOURNAL_TEXT = """
    Storage Compress Seal SplitMode SyncIntervalSec RateLimitIntervalSec RateLimitBurst SystemMaxUse SystemKeepFree
    SystemMaxFileSize SystemMaxFiles RuntimeMaxUse RuntimeKeepFree MaxRetentionSec MaxFileSec ForwardToSyslog
    MaxLevelStore ReadKMsg Audit LineMax
"""
_JOURNAL_KEYS = frozenset(_JOURNAL_TEXT.split())


def private_names() -> Iterator[Tuple[str, str]]:
    """Yield kind and name of what is private on this host whatever the configuration says: its names, its people."""
    names = [os.uname().nodename, _line("/etc/hostname"), _line("/etc/mailname")]
    for name in names:
        if name and name != "localhost":
            yield "host", name
            yield "host", name.partition(".")[0]
    for entry in _lines("/etc/passwd"):
        fields = entry.split(":")
        if len(fields) > 2 and fields[2].isdigit() and _PEOPLE_FROM <= int(fields[2]) <= _PEOPLE_TO:
            yield "user", fields[0]
    machine = _line("/etc/machine-id")
    if machine:
        yield "machine", machine


def versions() -> Dict[str, object]:
    """Return the versions of all that has a part in it."""
    system = os.uname()
    release = properties("\n".join(_lines("/etc/os-release") or _lines("/usr/lib/os-release")))
    return {
        "pamsignal": pamsignal.__version__,
        "python": sys.version.partition(" ")[0],
        "implementation": sys.implementation.name,
        "systemd": answer_or_why_not("systemctl", "--version").partition("\n")[0],
        "distribution": release.get("PRETTY_NAME", "unknown").strip('"'),
        "kernel": system.release,
        "machine": system.machine,
        "virtualisation": answer_or_why_not("systemd-detect-virt"),
        "sqlite": SQLITE_VERSION,
        "openssl": ssl.OPENSSL_VERSION,
        "openssh": _openssh(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }


def installation(redactor: Redactor) -> Dict[str, object]:
    """Return where the modules are, and whose they are: a package's, pip's, a checkout's."""
    folder = os.path.dirname(os.path.abspath(pamsignal.__file__))
    return {
        "modules": redactor.path(folder),
        "is_checkout": os.path.exists(f"{os.path.dirname(folder)}/.git"),
        "deb": _answered("dpkg-query", "--show", "--showformat=${Version} ${db:Status-Status}", "pamsignal"),
        "rpm": _answered("rpm", "--query", "--queryformat=%{VERSION}-%{RELEASE}", "pamsignal"),
        "pip": _version("pamsignal"),
        "interpreter": redactor.path(sys.executable),
        "is_virtual_environment": sys.prefix != sys.base_prefix,
        "user": os.geteuid(),
    }


def journal(redactor: Redactor) -> Dict[str, object]:
    """Return what journald keeps, for how long, and what it lets through."""
    found: Dict[str, object] = {
        "persistent": os.path.isdir("/var/log/journal"),
        "volatile": os.path.isdir("/run/log/journal"),
        "disk_usage": redactor.text(answer_or_why_not("journalctl", "--disk-usage")),
        "journald": redactor.text(answer_or_why_not("systemctl", "is-active", "systemd-journald.service")),
    }
    try:
        settings = properties(answer("systemd-analyze", "cat-config", "systemd/journald.conf"))
    except NoAnswerError as error:
        return {**found, "settings": redactor.text(f"({error})")}
    chosen = {name: redactor.text(value) for name, value in settings.items() if name in _JOURNAL_KEYS}
    return {**found, "settings": chosen or "defaults"}


def clock(redactor: Redactor) -> Dict[str, object]:
    """Return whether the clock is kept right. The zone stays private: it says where somebody lives."""
    asked = ("NTP", "NTPSynchronized", "CanNTP", "LocalRTC")
    found = properties(answer("timedatectl", "show", *(f"--property={name}" for name in asked)))
    return {name: redactor.text(value) for name, value in found.items() if name in asked}


def _version(name: str) -> Optional[str]:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _openssh() -> Optional[str]:
    for package in (
        ("dpkg-query", "--show", "--showformat=${Version}"),
        ("rpm", "--query", "--queryformat=%{VERSION}"),
    ):
        found = _answered(*package, "openssh-server")
        if found:
            return found
    return None


def _answered(*words: str) -> Optional[str]:
    try:
        return answer(*words).strip()[:100]
    except NoAnswerError:
        return None


def _lines(path: str) -> Tuple[str, ...]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return tuple(line.rstrip("\n") for line in file)
    except OSError:
        return ()


def _line(path: str) -> str:
    return next(iter(_lines(path)), "").strip()
