"""What is written into the trail from now on, also over a change of files and their compression. Only reads."""

from __future__ import annotations

from typing import Iterator, Sequence

from pamsignal.audit.files import TrailFile, blocks
from pamsignal.audit.search import Found, Query, found_in


class Follower:
    """Stands at the end of `files` as they are now; a file is the same bytes when it is compressed."""

    def __init__(self, files: Sequence[TrailFile]) -> None:
        self._first_seq = files[-1].first_seq if files else 0
        self._bytes = sum(len(lines) for lines in _whole_lines(files[-1], 0)) if files else 0

    def read(self, files: Sequence[TrailFile], query: Query) -> Iterator[Found]:
        """Yield what `query` asks for of all that was finished since the last call. TrailError if it cannot be read."""
        for file in files:
            if file.first_seq < self._first_seq:
                continue
            if file.first_seq > self._first_seq:
                self._first_seq, self._bytes = file.first_seq, 0
            for lines in _whole_lines(file, self._bytes):
                self._bytes += len(lines)
                yield from found_in(lines, query)


def _whole_lines(file: TrailFile, skipped: int) -> Iterator[bytes]:
    """Yield the content behind the first `skipped` bytes, up to its last line end."""
    for block in blocks(file):
        if skipped < len(block):
            lines = block[skipped : block.rfind(b"\n") + 1]
            if lines:
                yield lines
        skipped = max(0, skipped - len(block))
