"""systemd-journald's own alarm: it dropped a service's messages because they came too fast (journald-rate-limit.c)."""

from __future__ import annotations

from typing import Optional

from pamsignal.model import JournalRecord, Observation
from pamsignal.parse.table import Table, row
from pamsignal.terms import Action, Outcome, Provenance

SUPPRESSED = "a596d6fe7bfa4994828e72309e95d61e"  # SD_MESSAGE_JOURNAL_DROPPED

_REASON = "rate limit"

JOURNALD = Table(
    "systemd-journald",
    (
        row(
            "journald.suppressed",
            "Suppressed",
            r"Suppressed (?P<attempts>\d{1,9}) messages from (?P<service>\S+)",
            Action.JOURNAL_SUPPRESSED,
            Outcome.FAILURE,
            reason=_REASON,
        ),
    ),
)


def from_fields(record: JournalRecord, provenance: Optional[Provenance]) -> Optional[Observation]:
    """Return how many messages (`attempts`) of which unit or program (`service`) are lost; None for other records."""
    structured = record.structured
    dropped = structured.get("N_DROPPED", "")
    if structured.get("MESSAGE_ID") != SUPPRESSED or not (dropped.isdecimal() and dropped.isascii()):
        return None
    return Observation(
        "journald.suppressed",
        JOURNALD.program,
        structured.get("OBJECT_SYSTEMD_UNIT") or structured.get("OBJECT_COMM") or JOURNALD.program,
        Action.JOURNAL_SUPPRESSED,
        Outcome.FAILURE,
        attempts=int(dropped[:9]),
        reason=_REASON,
        provenance=provenance,
    )
