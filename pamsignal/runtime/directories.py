"""Where pamsignal keeps things: what systemd gives it, else the system's folders for root, else the user's own."""

from __future__ import annotations

import os
from typing import Mapping, NamedTuple, Optional

from pamsignal.errors import AccessError


class Directories(NamedTuple):
    """Paths, not yet made: `state` for the store, `logs` for the trail, `runtime` for status and staged files."""

    state: str
    logs: str
    runtime: str


SYSTEM = Directories("/var/lib/pamsignal", "/var/log/pamsignal", "/run/pamsignal")


def directories(environ: Mapping[str, str], uid: int) -> Directories:
    """Return the directories for a process with this environment and user id."""
    usual = SYSTEM if uid == 0 else _users_own(environ)
    return Directories(
        _given(environ, "STATE_DIRECTORY") or usual.state,
        _given(environ, "LOGS_DIRECTORY") or usual.logs,
        _given(environ, "RUNTIME_DIRECTORY") or usual.runtime,
    )


def ensure(path: str, mode: int = 0o700) -> str:
    """Make the directory `path` and its parents unless they are there, and return it. A new one gets `mode`."""
    try:
        if not os.path.isdir(path):
            os.makedirs(path, mode=0o700)
            os.chmod(path, mode)  # whatever the umask is
    except OSError as error:
        raise AccessError(
            f"{path}: cannot be made: {error.strerror}; make it by hand, or run as another user"
        ) from error
    return path


def _given(environ: Mapping[str, str], name: str) -> Optional[str]:
    """systemd.exec(5): several directories are separated by colons; ours is the first."""
    return environ.get(name, "").partition(":")[0] or None


def _users_own(environ: Mapping[str, str]) -> Directories:
    """Return the XDG base directories (specifications.freedesktop.org/basedir-spec)."""
    home = environ.get("HOME") or os.path.expanduser("~")
    state = f"{_xdg(environ, 'XDG_STATE_HOME') or home + '/.local/state'}/pamsignal"
    runtime = _xdg(environ, "XDG_RUNTIME_DIR")
    return Directories(
        state=state,
        logs=f"{state}/log",
        runtime=f"{runtime}/pamsignal" if runtime else f"{state}/run",
    )


def _xdg(environ: Mapping[str, str], name: str) -> Optional[str]:
    """Return an absolute path: the specification says to ignore others."""
    path = environ.get(name, "")
    return path if path.startswith("/") else None
