"""What pamsignal keeps on the disk: sizes and states, never what is in it."""

from __future__ import annotations

import os
import stat
from typing import Dict

from pamsignal.audit.files import files_in
from pamsignal.deliver.store.recall import state_of
from pamsignal.support.redact import Redactor

_MOST_NAMES = 30


def store(directory: str, redactor: Redactor) -> Dict[str, object]:
    """Return the files around the state database, and whether it is whole."""
    found = _directory(directory, redactor)
    path = f"{directory}/state.db"
    if os.path.lexists(path):
        found["database"] = redactor.tree(state_of(path))
    return found


def trail(directory: str, redactor: Redactor) -> Dict[str, object]:
    """Return how many files the trail has, how large they are, and which records they begin with."""
    found = _directory(directory, redactor)
    files = files_in(directory)
    found["files"] = len(files)
    if files:
        found["first_records"] = [file.first_seq for file in (files[0], files[-1])]
        found["packed"] = sum(file.is_packed for file in files)
        found["bytes"] = sum(os.lstat(file.path).st_size for file in files)
    return found


def _directory(directory: str, redactor: Redactor) -> Dict[str, object]:
    """Return whose a directory is, how full its file system is, and the newest names in it."""
    status, space = os.stat(directory), os.statvfs(directory)
    names = sorted(os.listdir(directory))
    return {
        "directory": redactor.path(directory),
        "owner": f"{status.st_uid}:{status.st_gid} {stat.S_IMODE(status.st_mode):04o}",
        "free_bytes": space.f_bavail * space.f_frsize,
        "free_inodes": space.f_favail,
        "is_read_only": bool(space.f_flag & os.ST_RDONLY),
        "names": len(names),
        "newest": [_entry(directory, name, redactor) for name in names[-_MOST_NAMES:]],
    }


def _entry(directory: str, name: str, redactor: Redactor) -> str:
    try:
        status = os.lstat(f"{directory}/{name}")
    except OSError:
        return f"{redactor.path(name)} gone"
    return (
        f"{redactor.path(name)} {status.st_size} bytes, {status.st_uid}:{status.st_gid} {stat.filemode(status.st_mode)}"
    )
