"""Lines that somebody made up: `logger -t sshd …` writes what it likes, but the kernel says who wrote it."""

from __future__ import annotations

from typing import Callable, Optional

from pamsignal.model import Finding, JournalRecord, Observation
from pamsignal.terms import Provenance

AccountOf = Callable[[int], Optional[str]]


def spoof_finding(record: JournalRecord, seen: Observation, account_of: AccountOf) -> Finding:
    """Say who claimed to be which program. The claim itself is hostile text and named by its pattern alone."""
    known = account_of(record.uid) if record.uid is not None else None
    who = known or f"uid {record.uid}"
    writer = record.exe or "a program that was gone before journald looked"
    return Finding(
        rule="spoofed_line",
        key=who,
        time_us=record.time_us,
        hostname=record.hostname,
        attempts=1,
        first_us=record.time_us,
        last_us=record.time_us,
        users=(known,) if known else (),
        user_total=1 if known else 0,
        technique="T1565.001",
        note=f"{who} (uid {record.uid}, pid {record.pid}, {writer}) wrote a line that claims to be {seen.program}: "
        f"{seen.pattern}, {seen.action.value}",
    )


def claim_of(seen: Observation, record: JournalRecord, account_of: AccountOf) -> Observation:
    """Keep of an unverified sudo or su line what the kernel vouches for: the actor is the account of `_UID`."""
    actor = account_of(record.uid) if record.uid is not None else None
    return seen._replace(user=actor, user_id=record.uid, provenance=Provenance.UNVERIFIED)
