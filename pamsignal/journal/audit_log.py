"""The audit daemon's own log, for hosts whose journald has no records of the kernel's audit.

The same records in other clothes: `type=NAME msg=audit(TIME:SERIAL): TEXT` is journald's `NAME TEXT`. Promise: each
line is returned once, in order, through rotation (audit.log becomes audit.log.1, and so on) and through restarts, as
long as it is there. A place names the file by its inode, which a later file can get, and by its first line.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import Iterator, List, NamedTuple, Optional, Tuple

from pamsignal.clock import AUDIT_LOG
from pamsignal.model import JournalRecord

# libaudit's MAX_AUDIT_MESSAGE_LENGTH is 8970, and who logs enriched adds a line's worth of names.
LONGEST_LINE_BYTES = 64 * 1024
# A turn of the loop reads no more than this, however much was written while nobody read: the service has 128 MB.
MOST_BYTES = 8 * 1024 * 1024
MOST_RECORDS = 500
# What is read again after a restart, to know which tries still wait for a line.
HISTORY_BYTES = 256 * 1024
MOST_ROTATED = 999  # auditd.conf(5), num_logs
_CHUNK_BYTES = 256 * 1024
_READING = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK

# Other lines are passed over unread: SYSCALL, PATH, CWD, EXECVE … can be thousands a second. What auditd adds of its
# own (log_format = ENRICHED) stands behind a group separator.
_LINE = re.compile(
    rb"(?:node=(?P<node>\S{1,255}) )?type=(?P<type>USER_AUTH|USER_LOGIN|TTY) "
    rb"msg=audit\((?P<seconds>\d{1,12})\.(?P<millis>\d{3}):(?P<serial>\d{1,20})\): (?P<text>[^\x1d]*)"
)
# What a file is known by: the head of its first line, as a text without blanks.
_HEAD = re.compile(rb"(?:node=\S{1,255} )?type=(\w{1,64}) msg=audit\((\d{1,12}\.\d{3}:\d{1,20})\)")
_HEAD_BYTES = 512
_NUMBERS = re.compile(r"\bpid=(\d{1,10}) uid=(\d{1,10}) ")


class Host(NamedTuple):
    """What the log does not say of the host that it is of."""

    boot_id: Optional[str]
    machine_id: Optional[str]
    hostname: Optional[str]


def this_host() -> Host:
    """Return what the kernel and /etc say of this host, in journald's form."""
    boot_id, machine_id = map(_first_line, ("/proc/sys/kernel/random/boot_id", "/etc/machine-id"))
    return Host(boot_id.replace("-", "") or None, machine_id or None, os.uname().nodename)


class AuditLog:
    """Follows the log at `path`. Never raises."""

    def __init__(self, path: str, host: Optional[Host] = None) -> None:
        self._trouble: Optional[str] = None
        self._stranger: Optional[str] = None
        self._has_own = False
        self._path = path
        self._host = host or this_host()
        self._fd = -1
        self._inode = 0
        self._offset = 0
        self._head = ""
        self._is_torn = False
        self._is_left = False

    @property
    def problem(self) -> Optional[str]:
        """Why it cannot be read at present, or that all lines so far are of another node; else None."""
        if self._trouble is None and self._stranger is not None and not self._has_own:
            return (
                f"{self._path}: its lines are of the node {self._stranger}, and this host is {self._host.hostname}; "
                "have name_format = hostname or none in auditd.conf"
            )
        return self._trouble

    @property
    def place(self) -> Optional[str]:
        """Where to go on: the file, and how much of it was returned. None as long as there was no file."""
        return None if self._inode == 0 else f"{self._inode} {self._offset} {self._head}".rstrip()

    def resume(self, place: Optional[str]) -> None:
        """Go on at `place`; without one, or with one that cannot be read, at the end of what is there."""
        self._inode, self._offset, self._head = _place_of(place)
        if self._inode == 0:
            self._open(self._path, None)
            return
        files = self._files()
        for path, inode in files:
            if inode == self._inode if not self._head else self._head_at(path) == self._head:
                self._open(path, self._offset)
                return
        self._open(files[0][0] if files else self._path, 0)  # rotated away: all that is left is newer

    def read(self, until_us: Optional[int] = None) -> List[JournalRecord]:
        """Return the next records, MOST_RECORDS at most; with `until_us` none from later, ahead of the journal."""
        records: List[JournalRecord] = []
        left_bytes = MOST_BYTES
        while left_bytes > 0 and (self._fd >= 0 or self._go_on()):
            before = self._offset
            is_enough = self._take(self._chunk(), until_us, records)
            left_bytes -= max(0, self._offset - before)
            if is_enough or self._fd < 0 or (self._offset == before and not self._go_on()):
                break
        return records

    def history(self) -> Iterator[JournalRecord]:
        """Yield again the records shortly before the place, oldest first; what `read` returns next is not changed."""
        if self._fd < 0:
            return
        begin = max(0, self._offset - HISTORY_BYTES)
        with suppress(OSError):
            text = os.pread(self._fd, self._offset - begin, begin)
            for line in text.split(b"\n")[1 if begin else 0 : -1]:
                record = self._record_of(line)
                if record is not None:
                    yield record

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _chunk(self) -> bytes:
        try:
            if os.fstat(self._fd).st_size < self._offset:  # emptied in its place (copytruncate)
                self._offset, self._head, self._is_torn = 0, "", False
            self._head = self._head or _head_of(self._fd)
            return os.pread(self._fd, _CHUNK_BYTES, self._offset)
        except OSError as error:
            self._trouble = f"{self._path}: {error.strerror}"
            self.close()
            return b""

    def _take(self, chunk: bytes, until_us: Optional[int], records: List[JournalRecord]) -> bool:
        """Add the records of the whole lines in `chunk`, and step over these; tell whether it is enough."""
        if self._is_torn:  # the end of a line whose beginning is passed over is no line
            rest, end, chunk = chunk.partition(b"\n")
            self._offset += len(rest) + len(end)
            self._is_torn = not end
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            record = self._record_of(line)
            is_late = record is not None and until_us is not None and record.time_us > until_us
            if is_late or len(records) == MOST_RECORDS:
                return True
            self._offset += len(line) + 1
            if record is not None:
                records.append(record)
        if len(rest) == _CHUNK_BYTES:  # no line of auditd's is as long: pass over it piece by piece
            self._offset += len(rest)
            self._is_torn = True
        return False

    def _go_on(self) -> bool:
        """Open what comes after the file at hand, if that was rotated; tell whether there is something to read."""
        if self._fd < 0:
            if not self._inode:
                return self._open(self._path, 0)
            self.resume(self.place)
            return self._fd >= 0
        files = self._files()
        if not files or files[-1][1] == self._inode:
            return False
        if not self._is_left:  # something can have been written between the last look and the rotation, not after it
            self._is_left = True
            return True
        inodes = [inode for _, inode in files]
        later = inodes.index(self._inode) + 1 if self._inode in inodes else 0
        return self._open(files[later][0], 0)

    def _files(self) -> List[Tuple[str, int]]:
        """Return the log's files with their inodes, oldest first."""
        found: List[Tuple[str, int]] = []
        for number in range(MOST_ROTATED + 1):
            path = f"{self._path}.{number}" if number else self._path
            try:
                found.append((path, os.stat(path).st_ino))
            except OSError:
                if number:
                    break
        return found[::-1]

    @staticmethod
    def _head_at(path: str) -> str:
        """Return what the file at `path` is known by, "" if nothing can be read."""
        with suppress(OSError):
            fd = os.open(path, _READING)
            try:
                return _head_of(fd)
            finally:
                os.close(fd)
        return ""

    def _open(self, path: str, offset: Optional[int]) -> bool:
        """Open `path` at `offset`, None for its end; tell whether that worked."""
        self.close()
        try:
            self._fd = os.open(path, _READING)
            size = os.fstat(self._fd).st_size
            at = size if offset is None else offset if offset <= size else 0
            self._head = _head_of(self._fd)
            self._is_torn = at > 0 and os.pread(self._fd, 1, at - 1) != b"\n"
            self._inode, self._offset, self._is_left = os.fstat(self._fd).st_ino, at, False
        except OSError as error:
            self._trouble = f"{path}: {error.strerror}"
            if isinstance(error, PermissionError):
                self._trouble += "; give the service the right to read it (docs/how-to/unit.md)"
            return False
        self._trouble = None
        return True

    def _is_own(self, node: Optional[bytes]) -> bool:
        """Tell whether this host wrote it: auditd can be told to collect what other nodes send."""
        name = None if node is None else node.decode("ascii", "backslashreplace")
        if name is None or _is_same_host(name.lower(), (self._host.hostname or "").lower()):
            self._has_own = True
            return True
        self._stranger = name
        return False

    def _record_of(self, line: bytes) -> Optional[JournalRecord]:
        match = _LINE.match(line) if len(line) <= LONGEST_LINE_BYTES else None
        if match is None or not self._is_own(match["node"]):
            return None
        name, text = match["type"].decode(), match["text"].decode("utf-8", "backslashreplace")
        numbers = _NUMBERS.search(text)
        seconds, millis, serial = (match[group].decode() for group in ("seconds", "millis", "serial"))
        return JournalRecord(
            # journald's cursors have a part `;b=`, after which an entry is known by.
            cursor=f"{AUDIT_LOG};b={seconds}.{millis}:{serial}:{name}",
            time_us=int(seconds) * 1_000_000 + int(millis) * 1000,
            boot_id=self._host.boot_id,
            machine_id=self._host.machine_id,
            hostname=self._host.hostname,
            transport="audit",
            pid=int(numbers[1]) if numbers else None,
            uid=int(numbers[2]) if numbers else None,
            exe=None,
            comm=None,
            unit=None,
            identifier="audit",
            message=f"{name} {text}",
        )


def _is_same_host(one: str, other: str) -> bool:
    """Tell whether both names are of one host; either can have its domain (name_format = fqd) or lack it."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _place_of(text: Optional[str]) -> Tuple[int, int, str]:
    inode, offset, head = [*(text or "").split(" "), "", ""][:3]
    return (int(inode), int(offset), head) if inode.isdecimal() and offset.isdecimal() else (0, 0, "")


def _head_of(fd: int) -> str:
    match = _HEAD.match(os.pread(fd, _HEAD_BYTES, 0))
    return b":".join(match.groups()[::-1]).decode("ascii") if match is not None else ""


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.readline(256).strip()
    except (OSError, ValueError):
        return ""
