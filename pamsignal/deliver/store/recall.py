"""The small memory of the store, for somebody at a keyboard: read it, and delete from it, beside a running daemon."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from typing import Collection, Dict

from pamsignal.deliver.store import schema
from pamsignal.deliver.store.database import open_for_reading, open_for_writing
from pamsignal.errors import AccessError, StoreError


def remembered(path: str, area: str) -> Dict[str, str]:
    """Return what the file at `path` remembers in `area`. StoreError if it is none, AccessError without the right."""
    _look_at(path)
    database = open_for_reading(path)
    if database is None:
        raise StoreError(f"{path}: cannot be read as the state of this version of pamsignal")
    with closing(database):
        return dict(database.execute(schema.READ_MEMORY, (area,)).fetchall())


def state_of(path: str) -> Dict[str, object]:
    """Return the format, the number of rows by table and what SQLite says of the file. Raises as `remembered` does."""
    _look_at(path)
    database = open_for_reading(path)
    if database is None:
        raise StoreError(f"{path}: cannot be read as the state of this version of pamsignal")
    try:
        with closing(database):
            rows = {name: int(database.execute(schema.COUNT.format(name)).fetchone()[0]) for name in schema.TABLES}
            verdict = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
            return {"format": len(schema.MIGRATIONS), "rows": rows, "check": verdict}
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error


def forget(path: str, area: str, keys: Collection[str]) -> int:
    """Delete `keys` of `area`, and their traces in the file; return how many there were."""
    _look_at(path)
    try:
        with closing(open_for_writing(path)) as database:
            database.execute("PRAGMA secure_delete = ON")  # zeros where they stood
            database.execute("BEGIN IMMEDIATE")
            rows = [(area, key) for key in keys]
            forgotten = database.executemany(schema.FORGET, rows).rowcount if rows else 0
            database.execute("COMMIT")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or they would stand in the log a while longer
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}; nothing was forgotten, try again") from error
    return forgotten


def _look_at(path: str) -> None:
    """Want a file of its directory's owner and no link: root opens it in a directory that is not root's."""
    try:
        found, around = os.lstat(path), os.stat(os.path.dirname(path) or ".")
        readable = os.access(path, os.R_OK)
    except PermissionError:
        readable = False
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; has the daemon ever run here?") from error
    if not readable:
        raise AccessError(f"no right to read {path}; try: sudo pamsignal memory")
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_uid != around.st_uid:
        raise StoreError(f"{path}: expected a plain file of its directory's owner; look who put this there")
