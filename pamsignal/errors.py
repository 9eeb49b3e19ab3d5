"""The error family. A message says what is wrong, where, and what to do about it."""

from __future__ import annotations


class PamSignalError(Exception):
    """Anything pamsignal can explain to the person at the keyboard; `exit_code` is the CLI's answer."""

    exit_code = 1


class UsageError(PamSignalError):
    """The command line asks for something that cannot be done."""

    exit_code = 2


class NotRunningError(PamSignalError):
    """The daemon that should answer is not there."""

    exit_code = 3


class AccessError(PamSignalError):
    """A right is missing; the message names the command that has it."""

    exit_code = 77


class ConfigError(PamSignalError):
    """The configuration cannot be used; the message lists every problem."""

    exit_code = 78


class JournalError(PamSignalError):
    """The journal cannot be opened or read."""


class StoreError(PamSignalError):
    """The state database cannot be opened or written."""


class TrailError(PamSignalError):
    """A file of the trail cannot be read, or is none."""


class UnreadableError(TrailError, OSError):
    """The system cannot read a file of the trail now: number, words, path. That says nothing about what is in it."""

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"
