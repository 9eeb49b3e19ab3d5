"""Old files of the trail: compressed by a child process, and deleted when retention says so, never without a record."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import Callable, Dict, Optional, Sequence, Set

from pamsignal.audit.chain import link_of
from pamsignal.audit.files import TrailFile, files_in, first_line
from pamsignal.audit.retention import Settings, Sight, reason_to_delete, shortage
from pamsignal.errors import TrailError

EVERY_US = 60_000_000
AFTER_FAILURE_US = 3_600_000_000
_MOST_AT_ONCE = 50
_BEGUN = re.compile(rb'"time_us":([0-9]{1,18})')

# As in config/load.py: -I keeps the working directory and the environment out.
_CHILD = "import sys; sys.path[:] = sys.argv[2:]; from pamsignal.audit.pack import pack; pack(sys.argv[1])"
_WORRY = {
    "size": "takes more than retention.max_bytes, and nothing in it may be deleted yet; raise it, or lower min_days",
    "space": "less than retention.min_free_bytes is free, and nothing in it may be deleted yet; free space on its disk",
}

Record = Callable[[str, Dict[str, object]], None]


class Housekeeping:
    """Keeps order in `directory`. `worry` says what is short although nothing may go, `due_us` when it looks again."""

    def __init__(self, directory: str) -> None:
        self.worry: Optional[str] = None
        self._directory = directory
        self._child: Optional[int] = None
        self.due_us = self._pack_due_us = 0
        self._stuck: Set[str] = set()

    def use(self, settings: Settings, *, packs: bool) -> None:
        """Go on with other settings; with `packs`, closed files are compressed."""
        self._settings = settings
        self._packs = packs
        self.due_us = 0

    def tend(self, now_us: int, record: Record) -> None:
        """Look after the closed files, once in a minute."""
        if self._child is not None:
            self._reap(self._child, now_us)
        if 0 < self.due_us - now_us <= EVERY_US:
            return
        self.due_us = now_us + EVERY_US
        try:
            self._delete(files_in(self._directory), now_us, record)
        except TrailError as error:
            self.worry = f"{error}; run: pamsignal verify"
        if self._packs and self._child is None and not 0 < self._pack_due_us - now_us <= AFTER_FAILURE_US:
            self._pack(files_in(self._directory)[:-1], now_us)

    def _delete(self, files: Sequence[TrailFile], now_us: int, record: Record) -> None:
        sizes = [_size(file.path) for file in files]
        short = None
        for number in range(min(len(files) - 1, _MOST_AT_ONCE)):
            oldest, after = files[number], first_line(files[number + 1])
            sight = Sight(_begun_us(after), sum(sizes[number:]), _free_bytes(self._directory))
            reason = reason_to_delete(sight, self._settings, now_us)
            short = shortage(sight, self._settings)
            if reason is None or oldest.path in self._stuck:
                break
            record("deleted", {**_described(oldest, after), "reason": reason, "time_us": now_us})
            self._unlink(oldest.path)
        self.worry = f"{self._directory} {_WORRY[short]}" if short else None

    def _unlink(self, path: str) -> None:
        """Delete a file. One that cannot be (chattr +i) is left alone from then on: once recorded is enough."""
        try:
            os.unlink(path)
        except OSError:
            self._stuck.add(path)

    def _pack(self, closed: Sequence[TrailFile], now_us: int) -> None:
        plain = next((file.path for file in closed if not file.is_packed), None)
        if plain is None:
            return
        try:
            self._child = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-c", _CHILD, plain, *sys.path],
                {},
                file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
            )
        except OSError:
            self._pack_due_us = now_us + AFTER_FAILURE_US

    def _reap(self, child: int, now_us: int) -> None:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            self._child, self.due_us = None, 0
            self._pack_due_us = now_us + AFTER_FAILURE_US if status else 0


def _described(oldest: TrailFile, after: bytes) -> Dict[str, object]:
    """Say which records go, and the hash of the last, which the first line `after` them follows."""
    link = link_of(after)
    if link is None:
        raise TrailError(f"{oldest.path}: the file after it begins with no record")
    return {"file": oldest.name, "from_seq": oldest.first_seq, "last": link.prev, "to_seq": link.head.seq - 1}


def _begun_us(first: bytes) -> int:
    found = _BEGUN.search(first)
    return int(found[1]) if found else 0


def _free_bytes(directory: str) -> int:
    sight = os.statvfs(directory)
    return sight.f_bavail * sight.f_frsize


def _size(path: str) -> int:
    with suppress(OSError):
        return os.stat(path, follow_symlinks=False).st_size
    return 0
