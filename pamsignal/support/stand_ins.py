"""Stand-ins for private names: the same name gets the same one everywhere, so a reader can still follow it. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Dict, Optional


class StandIns:
    """Numbers names by their kind, as they are met: `user-1`, `host-2`, `address-3`."""

    def __init__(self) -> None:
        self._kinds: Dict[str, str] = {}
        self._given: Dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def expect(self, kind: str, name: str) -> None:
        """Know `name` as private, whether or not it is ever met; only what is met gets a number."""
        if name:
            self._kinds.setdefault(name.casefold(), kind)

    def of(self, kind: str, name: str) -> str:
        """Return the stand-in for `name`, of the kind that it was first known by."""
        key = name.casefold()
        if key not in self._given:
            kind = self._kinds.setdefault(key, kind)
            self._counts[kind] += 1
            self._given[key] = f"{kind}-{self._counts[kind]}"
        return self._given[key]

    def known(self, name: str) -> Optional[str]:
        """Return the stand-in for `name` if it is private, None if nobody said so."""
        kind = self._kinds.get(name.casefold())
        return None if kind is None else self.of(kind, name)
