"""What is wrong with parts of pamsignal itself: told once when it begins, and said to be over when it is."""

from __future__ import annotations

from typing import Dict, List, Optional

from pamsignal.daemon import happenings
from pamsignal.model import Alert
from pamsignal.runtime.log import Log


class Troubles:
    """Remembers what was told of each part."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._told: Dict[str, str] = {}

    def note(self, part: str, trouble: Optional[str], now_us: int) -> List[Alert]:
        """Compare the `trouble` of a part with what was told; return the alarm if it is news."""
        if trouble == self._told.get(part):
            return []
        if trouble is None:
            del self._told[part]
            self._log.notice(f"the {part} is well again")
            return []
        self._told[part] = trouble
        self._log.error(f"the {part} is in trouble; pamsignal goes on without it", trouble=trouble)
        return [happenings.part_in_trouble(part, trouble, now_us)]
