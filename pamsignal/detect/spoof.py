"""Lines that somebody made up: `logger -t sshd …` writes what it likes, but the kernel says who wrote it."""

from __future__ import annotations

from pamsignal.model import Finding, JournalRecord, Observation


def spoof_finding(record: JournalRecord, seen: Observation) -> Finding:
    """Say who claimed to be which program. The claim itself is hostile text and named by its pattern alone."""
    writer = record.exe or "a program that was gone before journald looked"
    return Finding(
        rule="spoofed_line",
        key=f"uid {record.uid}",
        time_us=record.time_us,
        hostname=record.hostname,
        attempts=1,
        first_us=record.time_us,
        last_us=record.time_us,
        users=(f"uid {record.uid}",),
        user_total=1,
        technique="T1565.001",
        note=f"uid {record.uid} (pid {record.pid}, {writer}) wrote a line that claims to be {seen.program}: "
        f"{seen.pattern}, {seen.action.value}",
    )


def claim_of(seen: Observation, record: JournalRecord) -> Observation:
    """Keep of an unverified sudo or su line what the kernel vouches for: the actor is the account of `_UID`."""
    same = seen.user_id is None or seen.user_id == record.uid
    return seen._replace(user=seen.user if same and seen.user_id is not None else None, user_id=record.uid)
