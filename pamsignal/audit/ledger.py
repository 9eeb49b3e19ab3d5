"""One file of the trail while it is written: whole batches at its end, on the disk before `append` returns.

Raises OSError as it comes. What a failed `append` left behind is taken away again, so that no half of a batch stays.
"""

from __future__ import annotations

import os
from typing import Type, TypeVar

_Self = TypeVar("_Self", bound="Ledger")


class TouchedError(Exception):
    """Somebody else wrote, shortened or removed the file; the message says which."""


class Ledger:
    """The file at `path`, of `bytes` bytes, open for writing at its end. `is_sound`: nothing else is in it."""

    def __init__(self, path: str) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags)
        self.bytes = os.fstat(self._descriptor).st_size
        self.is_sound = True

    @classmethod
    def begun(cls: Type[_Self], path: str, first: bytes) -> _Self:
        """Make the file with its first line; it is there whole or not at all. What has its name is put aside."""
        fresh = f"{path}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _write_all(descriptor, first)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if os.path.lexists(path):
            os.rename(path, f"{path}.damaged")
        os.rename(fresh, path)
        sync_directory(os.path.dirname(path))
        return cls(path)

    def append(self, lines: bytes) -> None:
        """Write `lines` and wait until they are on the disk. TouchedError if the file is not what it was."""
        self.is_sound = False
        self._check()
        try:
            _write_all(self._descriptor, lines)
            os.fdatasync(self._descriptor)
            self.bytes += len(lines)
        except OSError:
            os.ftruncate(self._descriptor, self.bytes)
            raise
        finally:
            self.is_sound = os.fstat(self._descriptor).st_size == self.bytes

    def shorten(self, size: int) -> None:
        """Take away what a crash left unfinished behind the first `size` bytes."""
        os.ftruncate(self._descriptor, size)
        os.fsync(self._descriptor)
        self.bytes = size

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _check(self) -> None:
        status = os.fstat(self._descriptor)
        if not status.st_nlink:
            raise TouchedError("removed")
        if status.st_size != self.bytes:
            raise TouchedError("shortened" if status.st_size < self.bytes else "written to")


def sync_directory(path: str) -> None:
    """Wait until the names in a directory are on the disk."""
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
