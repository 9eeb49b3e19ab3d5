"""Records that were not where they were looked for: they may still turn up, out of their place. Pure."""

from __future__ import annotations

from typing import List, NamedTuple


class Gap(NamedTuple):
    """Records `from_seq` to `to_seq`, and how, where and since which line they are missing."""

    from_seq: int
    to_seq: int
    kind: str
    file: str
    line: int

    @property
    def words(self) -> str:
        """The gap as a sentence."""
        if self.from_seq == self.to_seq:
            return f"record {self.from_seq} is missing"
        return f"records {self.from_seq} to {self.to_seq} are missing"


class Missing:
    """The gaps so far."""

    def __init__(self) -> None:
        self._gaps: List[Gap] = []

    def add(self, gap: Gap) -> None:
        """Note a gap."""
        self._gaps.append(gap)

    def found(self, seq: int) -> bool:
        """Take `seq` out of its gap; tell whether it was in one."""
        gap = next((gap for gap in self._gaps if gap.from_seq <= seq <= gap.to_seq), None)
        if gap is None:
            return False
        self._gaps.remove(gap)
        halves = (gap._replace(to_seq=seq - 1), gap._replace(from_seq=seq + 1))
        self._gaps += [half for half in halves if half.from_seq <= half.to_seq]
        return True

    def left(self) -> List[Gap]:
        """Return what did not turn up."""
        return sorted(self._gaps)
