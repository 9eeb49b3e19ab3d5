"""Whether libsystemd has every journal file open: it passes over one that it cannot open, without a word.

Holds up a read for such a file, so that it is opened anew and nothing comes out of order. But whoever can make files
where libsystemd looks must not hold up every read.
"""

from __future__ import annotations

import errno
from typing import Dict, Optional, Set, Tuple

from pamsignal.journal.source import Identity, Source, changed_at, explained, folders_of, unopened_files

NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
MOST_IN_VAIN = 100  # about ten seconds at the pace of the loop
LOOKS_BETWEEN_HOLDS = 10  # about a second
MOST_NAMED = 3
MOST_PASSED_OVER = 10_000


class Lookout:
    """Looks after the files of `source`, whenever a folder has changed since the last look."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._passed_over: Set[Identity] = set()
        self._in_vain = 0
        self._left_out = 0
        self.begin()

    def begin(self) -> None:
        """Look again, whatever was seen: the files are about to be opened."""
        self._folders = folders_of(self._source)
        self._looked: Optional[Tuple[Optional[int], ...]] = None

    def complaint(self, since_us: int) -> Optional[str]:
        """Return why to read no further and to open all anew, None if there is no reason.

        Files that were last written before `since_us` are none. What libsystemd does not want although it could be
        opened is nobody's: that is asked once. A disk that fails for good is waited for a while; a want of descriptors
        ends, and without any nothing else works either.
        """
        times = changed_at(self._folders)
        if self._source.files or times == self._looked:
            return None
        if self._left_out:
            self._left_out -= 1
            return None
        try:
            unopened = unopened_files(self._source, since_us)
        except OSError as error:
            self._in_vain += 1
            if error.errno in NO_ROOM or self._in_vain < MOST_IN_VAIN:
                return str(explained(error, ", ".join(self._source.roots)))
            self._looked = times
            return None
        self._in_vain = 0
        self._looked, self._folders = times, folders_of(self._source)
        return self._held_up_by(unopened)

    def _held_up_by(self, unopened: Dict[Identity, str]) -> Optional[str]:
        if unopened.keys() <= self._passed_over:
            return None
        if len(self._passed_over) > MOST_PASSED_OVER:
            self._passed_over.clear()
        self._passed_over.update(unopened)
        self._left_out = LOOKS_BETWEEN_HOLDS
        paths = tuple(unopened.values())
        more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
        return f"{', '.join(paths[:MOST_NAMED])}{more}: could not be opened"
