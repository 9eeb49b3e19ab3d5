"""The files of the trail: their names, and reading them, also compressed, also while the daemon writes.

`trail-000000000042.jsonl` begins with record 42. The newest is being written; older ones end in `.gz` when they are
compressed. The directory belongs to the service, and root reads it: no link is followed, no pipe waited for.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import zlib
from typing import Dict, Iterator, List, NamedTuple

from pamsignal.errors import TrailError, UnreadableError

BLOCK_BYTES = 1 << 20
LONGEST_LINE_BYTES = 4 << 20
_FIRST_BYTES = 4096  # more than a genesis or a checkpoint has
PACKED = ".gz"
_NAME = re.compile(r"(trail-([0-9]{12,16})\.jsonl)(\.gz)?")
# What a link and a socket are opened with: somebody put them there (open(2)).
_NO_FILE = frozenset({errno.ELOOP, errno.ENXIO})
_GZIP = 31  # zlib's wbits for a gzip header and trailer (zlib.net/manual.html, inflateInit2)


class TrailFile(NamedTuple):
    """One file: `name` is the one it had when it was written, `first_seq` the number of its first record."""

    path: str
    name: str
    first_seq: int

    @property
    def is_packed(self) -> bool:
        """Whether it is compressed."""
        return self.path.endswith(PACKED)


def name_of(first_seq: int) -> str:
    """Return the name of the file that begins with this record."""
    return f"trail-{first_seq:012d}.jsonl"


def files_in(directory: str) -> List[TrailFile]:
    """Return the files of the trail in `directory`, oldest first.

    A file that is there both ways was being compressed when somebody pulled the plug: the plain one counts.
    """
    found: Dict[str, TrailFile] = {}
    for entry in sorted(os.listdir(directory)):  # the plain name sorts before the packed one
        matched = _NAME.fullmatch(entry)
        if matched is not None:
            found.setdefault(matched[1], TrailFile(os.path.join(directory, entry), matched[1], int(matched[2])))
    return sorted(found.values(), key=lambda file: file.first_seq)


def blocks(file: TrailFile, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the content of `file` in blocks of whole lines; only the last can end without a line end.

    TrailError if it is not what its name says, UnreadableError if the system cannot read it now.
    """
    rest = b""
    for piece in _pieces(file, block_bytes):
        end = piece.rfind(b"\n") + 1
        if end:
            yield rest + piece[:end]
            rest = piece[end:]
        else:
            rest += piece
        if len(rest) > LONGEST_LINE_BYTES:
            raise TrailError(f"{file.path}: a line of more than {LONGEST_LINE_BYTES >> 20} MiB: no file of the trail")
    if rest:
        yield rest


def first_line(file: TrailFile) -> bytes:
    """Return the first line of `file`, without its end; nothing where there is none."""
    return next(blocks(file, _FIRST_BYTES), b"").partition(b"\n")[0]


def _pieces(file: TrailFile, block_bytes: int) -> Iterator[bytes]:
    try:
        with open(file.path, "rb", buffering=0, opener=_opener) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise TrailError(f"{file.path}: no regular file")
            pieces = iter(lambda: stream.read(block_bytes), b"")
            yield from _unpacked(pieces, block_bytes) if file.is_packed else pieces
    except FileNotFoundError:
        if file.is_packed:
            raise TrailError(f"{file.path}: gone") from None
        yield from _pieces(file._replace(path=file.path + PACKED), block_bytes)  # the daemon compressed it meanwhile
    except OSError as error:
        if error.errno in _NO_FILE:
            raise TrailError(f"{file.path}: no regular file") from error
        raise UnreadableError(error.errno, os.strerror(error.errno or 0), file.path) from error
    except (zlib.error, EOFError) as error:
        raise TrailError(f"{file.path}: the compressed file is damaged ({error})") from error


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _unpacked(pieces: Iterator[bytes], block_bytes: int) -> Iterator[bytes]:
    """Decompress bit by bit: a file of zeros must not become all of the memory."""
    engine = zlib.decompressobj(_GZIP)
    for piece in pieces:
        while piece:
            yield engine.decompress(piece, block_bytes)
            if engine.unused_data:
                raise EOFError("something follows its end")
            piece = engine.unconsumed_tail  # noqa: PLW2901 - what did not fit into this block
    if not engine.eof:
        raise EOFError("its end is missing")
