"""What nobody could see: journald itself dropped lines."""

from __future__ import annotations

from pamsignal.detect.identity import alert_id
from pamsignal.model import Alert, Finding, JournalRecord, Observation, Severity


def suppression(record: JournalRecord, seen: Observation) -> Alert:
    """Return the alert about a unit whose messages came too fast for journald."""
    unit = seen.service if seen.service != seen.program else "a unit"
    finding = Finding(
        rule="journal_suppressed",
        key=unit,
        time_us=record.time_us,
        hostname=record.hostname,
        attempts=seen.attempts,
        note=f"journald dropped {seen.attempts} messages of {unit}: logins may be among them",
    )
    identity = alert_id(finding, f"journal_suppressed/{record.cursor}")
    return Alert(identity, record.time_us, Severity.WARNING, "journal_suppressed", finding)
