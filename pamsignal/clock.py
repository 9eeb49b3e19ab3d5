"""A clock that runs on when the host's clock is set: windows and cool-downs must not jump with it.

journald's cursor carries the monotonic time of its boot (`b=` and `m=`, systemd: sd_journal_get_cursor(3)), so a step
of the wall clock shows as a difference between the two. It is looked at only where two records are far apart.
"""

from __future__ import annotations

from typing import Optional, Tuple

from pamsignal.model import JournalRecord

# Less is disorder between writers, not a step.
TOLERANCE_US = 30_000_000


# The beginning of a record's cursor that comes from auditd's own log: it knows no monotonic time.
AUDIT_LOG = "audit.log"


class Clock:
    """Turns the time of records into one that only goes forward, `now_us`. `steps` counts the jumps it took out.

    `present_us` is the time by a clock that is never set, as far as the caller knows it, else 0.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.present_us = 0
        self._offset_us = 0
        self._last: Optional[JournalRecord] = None
        self._last_us = 0
        self.now_us = 0

    def at_record(self, record: JournalRecord) -> int:
        """Return the time of `record`, in µs since the epoch as if the clock had never been set."""
        time_us = record.time_us
        if record.transport == "audit" and (record.cursor or "").startswith(AUDIT_LOG):
            return self._beside(time_us + self._offset_us)
        if not -TOLERANCE_US <= time_us - self._last_us <= TOLERANCE_US and self._last is not None:
            self._take_out_step(self._last, record)
        self._last, self._last_us = record, time_us
        now_us = time_us + self._offset_us
        if now_us < self.now_us:
            return self.now_us
        self.now_us = now_us
        return now_us

    def at(self, time_us: int) -> int:
        """Return `time_us` of a clock that is never set, but never earlier than what was returned before."""
        self.now_us = max(self.now_us, time_us)
        return self.now_us

    def _beside(self, time_us: int) -> int:
        """Return the time of a record that shows no step: from ahead of the present it would make all else wait."""
        if not self.now_us and not self.present_us:
            return self.at(time_us)
        return self.at(min(time_us, self.present_us))

    def _take_out_step(self, last: JournalRecord, record: JournalRecord) -> None:
        passed_us = _monotonic_between(last, record)
        if passed_us is None:  # another boot, or an import without cursors: only a step back can be seen
            passed_us = max(0, record.time_us - last.time_us)
        step_us = record.time_us - last.time_us - passed_us
        if abs(step_us) > TOLERANCE_US:
            self._offset_us -= step_us
            self.steps += 1


def _monotonic_between(last: JournalRecord, record: JournalRecord) -> Optional[int]:
    before, after = _monotonic(last), _monotonic(record)
    if before is None or after is None or before[0] != after[0]:
        return None
    return after[1] - before[1]


def _monotonic(record: JournalRecord) -> Optional[Tuple[str, int]]:
    parts = dict(part.split("=", 1) for part in (record.cursor or "").split(";") if "=" in part)
    try:
        return parts["b"], int(parts["m"], 16)
    except (KeyError, ValueError):
        return None
