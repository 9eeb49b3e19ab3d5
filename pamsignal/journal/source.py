"""Where records come from: the host's own journal, a directory of journal files, or named files.

Owns opening, the matches, and the error messages about files; knows nothing of positions.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from systemd import _reader  # not systemd.journal: that costs 3 MB more and 10 µs per entry

from pamsignal.errors import AccessError, JournalError, PamSignalError
from pamsignal.journal.record import STRUCTURED_MESSAGES

# systemd-journald.service(8): volatile and persistent storage.
LIVE_ROOTS = ("/run/log/journal", "/var/log/journal")
_MAGIC = b"LPKSHHRH"  # systemd's JOURNAL_FILE_FORMAT: the header's signature
_SIZES_OFFSET = 88  # header_size and arena_size, 64 bits each, little-endian
_HEADER_BYTES = _SIZES_OFFSET + 16
_OWN_DESCRIPTORS = "/proc/self/fd"
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe without a writer would be waited for, for ever
_MACHINE_ID = "/etc/machine-id"
_ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# A file that is gone, closed to us or held by a lease, or a link to nowhere, is no file that could not be opened.
_NOT_OURS = frozenset({errno.ENOENT, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENOTDIR, errno.EWOULDBLOCK})
# The clock of the file system stands still for some milliseconds at a time.
_SLACK_US = 1_000_000

Identity = Tuple[int, int]  # device and inode

FACILITIES = ("4", "10")  # auth and authpriv, RFC 5424 table 1
# Not every program that we parse, but those whose own lines can come with another facility or none: sshd and sudo
# because it can be configured (SyslogFacility, syslog), vsftpd (LOG_FTP), `dropbear -E` under systemd, newer polkitd,
# and whoever pretends to be one of them. PAM always uses authpriv (pam_syslog.c), logind auth (logind.c), su, login,
# doas, pkexec and shadow one of the two. Each name here costs 0.1 µs per entry.
IDENTIFIERS = ("sshd", "sshd-session", "sudo", "vsftpd", "dropbear", "polkitd")
MATCHES: Tuple[Tuple[str, ...], ...] = (
    tuple(f"SYSLOG_FACILITY={number}" for number in FACILITIES),
    tuple(f"SYSLOG_IDENTIFIER={name}" for name in IDENTIFIERS),
    tuple(f"MESSAGE_ID={message_id}" for message_id in STRUCTURED_MESSAGES),
)


class Source(NamedTuple):
    """What to read: `files` if any are named, else `directory`, else the live journal of this host."""

    directory: Optional[str] = None
    files: Tuple[str, ...] = ()

    @property
    def roots(self) -> Tuple[str, ...]:
        """The directories to look for journal files in; none for named files."""
        if self.files:
            return ()
        return (self.directory,) if self.directory else LIVE_ROOTS


LIVE = Source()


def open_journal(source: Source) -> Any:
    """Return a `_reader._Reader` on `source`, without matches. JournalError or AccessError says what is wrong."""
    for path in source.files:
        check_file(path)
    _check_access(source)
    try:
        return _opened(source)
    except (OSError, ValueError) as error:
        raise explained(error, ", ".join(source.files or source.roots)) from error


def _opened(source: Source) -> Any:
    # flags=0: the constructor's default, LOCAL_ONLY, is refused together with paths.
    if source.files:
        return _reader._Reader(flags=0, files=list(source.files))  # noqa: SLF001 - the one lean reader there is
    if source.directory:
        return _reader._Reader(flags=0, path=source.directory)  # noqa: SLF001 - see above
    # Not SYSTEM_ONLY: lines of sudo and su run by ordinary users lie in user-UID.journal.
    return _reader._Reader(flags=_reader.LOCAL_ONLY)  # noqa: SLF001 - see above


def watch(journal: Any, source: Source) -> int:
    """Let libsystemd watch the files of `journal`; return the descriptor to wait for, -1 for named files."""
    if source.files:
        return -1
    try:
        return int(journal.fileno())
    except OSError as error:  # inotify has limits of its own
        raise explained(error, ", ".join(source.roots)) from error


def add_matches(journal: Any) -> None:
    """Let `journal` return only entries that the parsers can know: any one of MATCHES suffices."""
    for alternatives in MATCHES:
        for match in alternatives:
            journal.add_match(match)
        journal.add_disjunction()


def journal_files(source: Source) -> Iterator[str]:
    """Yield the paths of the journal files below `source`, active and archived, readable or not."""
    yield from source.files
    for folder in folders_of(source):
        yield from _entries(folder, folders=False)


def _entries(folder: str, *, folders: bool) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir() if folders else entry.name.endswith((".journal", ".journal~")):
                    yield entry.path
    except OSError:
        return


def folders_of(source: Source) -> Tuple[str, ...]:
    """Return the directories in which libsystemd looks for journal files; in others, others may write what they like.

    add_directory() in its sd-journal.c: a root, and what is named like an id in it, without a namespace behind; of the
    live journal only this machine's, or what lies in /run.
    """
    folders = []
    for root in source.roots:
        wanted = _machine_id() if source == LIVE and not root.startswith("/run/") else None
        below = [path for path in _entries(root, folders=True) if _ID.fullmatch(os.path.basename(path))]
        folders += [root, *(path for path in below if wanted in (None, _bare(os.path.basename(path))))]
    return tuple(folders)


def _machine_id() -> str:
    try:
        with open(_MACHINE_ID, encoding="ascii", errors="replace") as file:
            return _bare(file.readline().strip())
    except OSError:
        return ""


def _bare(name: str) -> str:
    """Return an id as machine-id(5) has it, however it is spelt."""
    return name.replace("-", "").lower()


def changed_at(folders: Sequence[str]) -> Tuple[Optional[int], ...]:
    """Return when each of `folders` got or lost a file, in ns; takes no descriptor."""
    return tuple(_changed_at(folder) for folder in folders)


def unopened_files(source: Source, since_us: int) -> Dict[Identity, str]:
    """Return the journal files below `source` that this process does not have open.

    Left out is what was last written before `since_us`, what is damaged, and what is closed to us. OSError where it
    cannot be found out, as without a descriptor to spare.
    """
    opened = {_identity(f"{_OWN_DESCRIPTORS}/{name}") for name in os.listdir(_OWN_DESCRIPTORS)}
    unopened: Dict[Identity, str] = {}
    for path in journal_files(source):
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                continue
            os.close(os.open(path, _READ))
            check_file(path)
        except PamSignalError:
            continue
        except OSError as error:
            if error.errno in _NOT_OURS:
                continue
            raise
        identity = (status.st_dev, status.st_ino)
        if identity not in opened and status.st_mtime_ns // 1000 >= since_us - _SLACK_US:
            unopened[identity] = path
    return unopened


def root_identities(source: Source) -> Tuple[Optional[Identity], ...]:
    """Return device and inode of each root, None for a missing one: when they change, libsystemd's watch is void."""
    return tuple(_identity(root) for root in source.roots)


def hold_roots(source: Source) -> List[int]:
    """Open each root there is, for the caller to close: as long as it is held, no new one gets its inode number."""
    held = []
    for root in source.roots:
        try:
            held.append(os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
        except OSError:
            continue
    return held


def _identity(path: str) -> Optional[Identity]:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _changed_at(folder: str) -> Optional[int]:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return None


def is_journal_file(path: str) -> bool:
    """Tell whether `path` begins like a binary journal file. JournalError if it cannot be read.

    Only a regular file can: a look into a pipe would take its beginning away from whoever reads it next.
    """
    try:
        is_regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError as error:
        raise explained(error, path) from error
    return is_regular and _head(path).startswith(_MAGIC)


def check_file(path: str) -> None:
    """Raise JournalError unless `path` is a whole journal file: libsystemd's own message names no file."""
    head = _head(path)
    if not head.startswith(_MAGIC) or len(head) < _HEADER_BYTES:
        raise JournalError(f"{path}: not a journal file; give a *.journal file, or JSON lines of `journalctl -o json`")
    header, arena = (int.from_bytes(head[at : at + 8], "little") for at in (_SIZES_OFFSET, _SIZES_OFFSET + 8))
    size = os.stat(path).st_size
    if size < header + arena:
        raise JournalError(
            f"{path}: cut short, {size} of {header + arena} bytes: libsystemd refuses it. To read what is left, "
            f"pad a copy: cp {path} part.journal && truncate -s {header + arena} part.journal"
        )


def damaged_files(source: Source) -> Iterator[str]:
    """Yield what is wrong with each file that libsystemd will pass over without a word.

    A file that journald is just making can be among them for a moment.
    """
    for path in journal_files(source):
        try:
            check_file(path)
        except PamSignalError as error:
            yield str(error)


def _head(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0, opener=lambda name, _flags: os.open(name, _READ)) as stream:
            return stream.read(_HEADER_BYTES) or b""  # None of a pipe in which nothing is yet
    except OSError as error:
        raise explained(error, path) from error


def _check_access(source: Source) -> None:
    """Raise where libsystemd shows a user without the right an empty journal (systemd-journald.service(8), ACCESS)."""
    required = (*source.roots, *(path for path in journal_files(source) if _is_required(path, source)))
    for path in required:
        if os.path.exists(path) and not os.access(path, os.R_OK):
            raise _no_access(path)


def _is_required(path: str, source: Source) -> bool:
    """In the live journal only the system's own files are: user-1001.journal may be closed to us."""
    return source != LIVE or os.path.basename(path).startswith("system")


def _no_access(path: str) -> AccessError:
    return AccessError(
        f"{path}: permission denied; run it with sudo, or join the group: usermod -aG systemd-journal USER"
    )


def explained(error: Exception, where: str) -> PamSignalError:
    """Return the error that tells the person at the keyboard what to do about `error`."""
    if isinstance(error, PermissionError):
        return _no_access(where)
    if isinstance(error, FileNotFoundError):
        return JournalError(f"{where}: no such file or directory")
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return JournalError(
            f"{where}: too many open files; raise LimitNOFILE= of the unit, `ulimit -n`, or "
            "the sysctl fs.inotify.max_user_instances"
        )
    if isinstance(error, OSError) and error.errno == errno.EPROTONOSUPPORT:
        return JournalError(f"{where}: written by a newer systemd; read it there, or turn it into `journalctl -o json`")
    return JournalError(f"{where}: cannot be read as a journal: {error}; `journalctl --verify` may say more")
