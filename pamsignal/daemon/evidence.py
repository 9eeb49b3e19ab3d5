"""The trail as the loop keeps it: on the disk before the store hears of a turn, its head told outside the trail."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from pamsignal.audit.chain import NO_RECORD, Head, heads_in
from pamsignal.audit.trail import Trail
from pamsignal.config.settings import Settings
from pamsignal.deliver.store import Store
from pamsignal.deliver.turn import Memory
from pamsignal.model import Alert
from pamsignal.runtime.log import Log
from pamsignal.stages import Judged

AREA, HEAD = "trail", "head"


class Evidence:
    """Writes turns into `trail`, and lets the store and the log know how far it goes."""

    def __init__(self, trail: Trail, log: Log) -> None:
        self.trail = trail
        self._log = log
        self._remembered = NO_RECORD

    def open(self, store: Store, now_us: int, since_us: int) -> None:
        """Go on where the last run stopped. What is newer than `since_us` will be read from the journal again."""
        known = heads_in(store.memory(AREA).get(HEAD, ""))
        self._remembered = known[0] if known else NO_RECORD
        self.trail.open(now_us, since_us, self._remembered)

    def keep_all(self) -> None:
        """Give the head to be remembered with the next turn: what the store knew of it is lost."""
        self._remembered = NO_RECORD

    def use(self, settings: Settings) -> None:
        """Go on with other settings."""
        self.trail.use(settings.trail, settings.retention)

    def write(self, now_us: int, events: Sequence[Judged], alerts: Sequence[Alert]) -> Tuple[Memory, ...]:
        """Write down a turn; return what the store is to remember with it, so that a cut trail shows."""
        self.trail.append(now_us, events, alerts)
        if self.trail.head == self._remembered:
            return ()
        self._remembered = self.trail.head
        return (Memory(AREA, HEAD, str(self.trail.head)),)

    def tend(self, now_us: int) -> Optional[Head]:
        """Do what is due. Return the head where it is time to tell it; whoever collects this log has heard it then."""
        self.trail.tend(now_us)
        anchor = self.trail.take_anchor(now_us)
        if anchor is not None:
            self._log.notice("the trail goes on", head=anchor)
        return anchor
