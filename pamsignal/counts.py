"""Numbers about what was read."""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterable, Optional

from pamsignal.terms import Action, Provenance

# `logger`, systemd-cat and their like can be run in a loop; an example for each program is enough.
MOST_PROGRAMS = 64


class Counts:
    """What was read and how it was taken."""

    def __init__(self) -> None:
        self.records = 0
        self.understood = 0
        self.suppressed = 0  # messages that journald says it dropped
        self.events: Counter[Action] = Counter()
        self.unparsed: Counter[str] = Counter()
        self.spoofed: Counter[str] = Counter()
        self.provenance: Counter[Provenance] = Counter()
        self.examples: Dict[str, str] = {}

    def add_heard(self, records: int, understood: int, grades: Iterable[Optional[Provenance]]) -> None:
        """Count how many of so many records were understood, and how far their senders are known."""
        self.records += records
        self.understood += understood
        self.provenance.update(filter(None, grades))

    def add_unparsed(self, program: str, message: str) -> None:
        """Count a line that nobody knows, and keep one of its program as an example."""
        self.unparsed[program] += 1
        if len(self.examples) < MOST_PROGRAMS:
            self.examples.setdefault(program, message[:200])
