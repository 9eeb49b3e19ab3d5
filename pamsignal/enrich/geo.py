"""MaxMind DB files on this host: found, opened, opened anew when they are replaced. The owner of maxminddb.

Nothing is asked over the network and nothing is downloaded. maxminddb is imported once a database is there: MaxMind's
own reader, without the objects that geoip2 makes of each answer (docs/adr/0008-the-reader-below-geoip2.md).
"""

from __future__ import annotations

import os
import stat
import struct
from contextlib import ExitStack
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, TypeVar

from pamsignal.enrich.note import Note

AUTO = "auto"
FOLDERS = ("/var/lib/GeoIP", "/usr/share/GeoIP", "/usr/local/share/GeoIP")

Record = Mapping[str, Any]  # as the file has it, of whatever types
_Read = TypeVar("_Read")

_TRIAL = "192.0.2.1"  # RFC 5737: in no database, but to find that out its tree has to be walked
# What a damaged file can make of a lookup, depending on the version; maxminddb's own errors are RuntimeError.
_DAMAGE = (
    *(AttributeError, LookupError, MemoryError, OSError, OverflowError, RuntimeError, TypeError, ValueError),
    struct.error,
)
# The first end may be anything's fault; a file that is made for it can take any amount of memory, whoever reads it.
_MOST_ENDS = 4


class Settings(NamedTuple):
    """Paths of the databases: `auto` takes the first that is found, None switches off."""

    city: Optional[str] = AUTO
    asn: Optional[str] = AUTO


class Kind(NamedTuple):
    """A purpose: the files that `auto` looks for in each folder, and the editions that serve."""

    files: Tuple[str, ...]
    editions: Tuple[str, ...]


# The edition is a word in `database_type`, as MaxMind's own libraries take it. DB-IP's free databases have these, too.
KINDS: Dict[str, Kind] = {
    "city": Kind(
        (
            *("GeoIP2-City.mmdb", "GeoLite2-City.mmdb", "dbip-city-lite.mmdb"),
            *("GeoIP2-Country.mmdb", "GeoLite2-Country.mmdb", "dbip-country-lite.mmdb"),
        ),
        ("City", "Country", "Enterprise"),
    ),
    "asn": Kind(
        ("GeoIP2-ISP.mmdb", "GeoLite2-ASN.mmdb", "dbip-asn-lite.mmdb"),
        ("GeoLite2-ASN", "GeoIP2-ISP"),
    ),
}


class File(NamedTuple):
    """A file as it is now: replacing it or writing to it changes this."""

    path: str
    device: int
    inode: int
    size: int
    modified_ns: int

    @property
    def identity(self) -> str:
        """The same as a short text."""
        return f"{self.device} {self.inode} {self.size} {self.modified_ns}"

    @classmethod
    def of(cls, path: str, status: os.stat_result) -> File:
        """Return the file at `path` that has this status."""
        return cls(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class Opened(NamedTuple):
    """An open database: its file, held open, maxminddb's reader of it, and what the file says of itself."""

    file: File
    descriptor: int
    reader: Any
    ip_version: int
    edition: str
    built_us: int
    close: Callable[[], None]


class Database:
    """One purpose's database: there, not yet there, or replaced. `trouble` is what somebody should mend.

    A file that cannot be used never takes the place of one that can. `note` is for what is open.
    """

    def __init__(self, kind: str, setting: Optional[str], folders: Iterable[str], note: Note) -> None:
        self.opened: Optional[Opened] = None
        self.trouble: Optional[str] = None
        self._kind = KINDS[kind]
        self._setting = setting
        self._paths = _paths(self._kind, setting, folders)
        self._refused: Optional[File] = None
        self._note = note

    def refresh(self) -> bool:
        """Open the file if it is new or has been replaced; True if lookups answer differently from now on."""
        file = next(filter(None, map(_file_at, self._paths)), None)
        if file is None:
            self._note_absence()
        elif self.opened is not None and file == self.opened.file:
            self.trouble = self._refused = None  # of another file, which was here meanwhile
        elif file != self._refused:
            return self._take(file)
        return False

    def find(self, ip: str, version: int, read: Callable[[Record], _Read]) -> Optional[_Read]:
        """Return what `read` makes of the record of `ip`, of IP `version`; None where there is none. Never raises."""
        opened = self.opened
        if opened is None or version > opened.ip_version or self._is_overwritten(opened):
            return None
        try:
            record = opened.reader.get(ip)
            return None if record is None else read(record)
        except _DAMAGE:
            self.close()
            self._refuse(opened.file, "it is damaged; download it again")
            return None

    def close(self) -> None:
        """Give the file back."""
        if self.opened is not None:
            self.opened.close()
            self.opened = None
            self._note.write(None)

    def _note_absence(self) -> None:
        if self.opened is not None:
            self.trouble = f"{self.opened.file.path} is gone; what was in it is used until the next reload"
        elif self._setting not in {None, AUTO}:
            self.trouble = f"{self._setting} is not there, or cannot be reached; put a database there"

    def _take(self, file: File) -> bool:
        """Let `file` take the place of what is open, unless something is wrong with it."""
        ends = self._note.ends_with(file.identity)
        if ends >= _MOST_ENDS:
            self._refuse(file, f"{ends} times the daemon ended while it was read; download it again")
            if self.opened is None:
                self._note.write(file.identity, ends)  # for the next process
            return False
        self._note.write(file.identity, ends)
        try:
            opened = _open(file, self._kind, carefully=ends > 0)
        except ImportError:
            return self._leave(file, "Python's maxminddb, which reads it, is missing; install python3-maxminddb")
        except OSError as error:
            return self._leave(file, f"{error.strerror}; let everybody read it: chmod 0644 FILE")
        except _WrongEditionError as error:
            return self._refuse(file, str(error))
        except _DAMAGE:
            return self._refuse(file, "it is no whole MaxMind DB file; download it again")
        former, self.opened, self.trouble, self._refused = self.opened, opened, None, None
        if former is not None:
            former.close()
        return True

    def _refuse(self, file: File, why: str) -> bool:
        """Leave `file` until it changes."""
        self._refused = file
        return self._leave(file, why)

    def _leave(self, file: File, why: str) -> bool:
        """Go on with what is open, if anything is."""
        self._note.write(self.opened.file.identity if self.opened is not None else None)
        kept = "; the one that was read before stays in use" if self.opened is not None else ""
        self.trouble = f"{file.path} is not used: {why}{kept}"
        return False

    def _is_overwritten(self, opened: Opened) -> bool:
        """Tell whether what is mapped is being written to, and let go of it: to read beyond its new end is death.

        The kernel sends SIGBUS then (mmap(2)). One that was replaced by renaming stays whole as long as it is mapped.
        """
        status = os.fstat(opened.descriptor)
        if status.st_mtime_ns == opened.file.modified_ns and status.st_size == opened.file.size:
            return False
        self.close()
        self.trouble = f"{opened.file.path} is being written to; replace it by renaming (mv) a whole one"
        return True


class _WrongEditionError(ValueError):
    """A database of another kind than was asked for."""


def _paths(kind: Kind, setting: Optional[str], folders: Iterable[str]) -> Tuple[str, ...]:
    if setting is None:
        return ()
    return tuple(f"{folder}/{name}" for folder in folders for name in kind.files) if setting == AUTO else (setting,)


def present(kind: str, folders: Iterable[str]) -> List[str]:
    """Return every file that `auto` would take, were it the first."""
    return [path for path in _paths(KINDS[kind], AUTO, folders) if _file_at(path) is not None]


def _file_at(path: str) -> Optional[File]:
    try:
        return File.of(path, os.stat(path))
    except OSError:
        return None


def _open(file: File, kind: Kind, *, carefully: bool) -> Opened:
    """Open `file` memory-mapped, by maxminddb's C extension where that is installed, and try it.

    The extension dies of a map key that is no text (SIGSEGV; 2.2 and 3.2). `carefully` is by Python alone: it raises,
    and takes 0.1 ms for a lookup.
    """
    from maxminddb import MODE_AUTO, MODE_MMAP, open_database  # noqa: PLC0415 - it costs memory

    with ExitStack() as undo:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe is not waited for
        undo.callback(os.close, descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("no regular file")
        # The very file, whatever has its name by now. What is not allowed was told as such; from here on it is damage.
        reader = open_database(f"/proc/self/fd/{descriptor}", MODE_MMAP if carefully else MODE_AUTO)
        undo.callback(reader.close)
        facts = reader.metadata()
        edition = str(facts.database_type)
        if not any(word in edition for word in kind.editions):
            raise _WrongEditionError(f"it is a {edition[:64]} database; a {' or '.join(kind.editions)} one is needed")
        reader.get(_TRIAL)
        ip_version, built_us = int(facts.ip_version), int(facts.build_epoch) * 1_000_000
        return Opened(file, descriptor, reader, ip_version, edition, built_us, undo.pop_all().close)
