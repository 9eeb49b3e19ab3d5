"""Lines that somebody made up: `logger -t sshd …` writes what it likes, but the kernel says who wrote it."""

from __future__ import annotations

from typing import Callable, Optional

from pamsignal.model import Finding, JournalRecord, Observation

AccountOf = Callable[[int], Optional[str]]


def spoof_finding(record: JournalRecord, seen: Observation, account_of: AccountOf) -> Finding:
    """Say who claimed to be which program. The claim itself is hostile text and named by its pattern alone."""
    who = _account(record.uid, account_of)
    writer = record.exe or "a program that was gone before journald looked"
    return Finding(
        rule="spoofed_line",
        key=who,
        time_us=record.time_us,
        hostname=record.hostname,
        attempts=1,
        first_us=record.time_us,
        last_us=record.time_us,
        users=(who,),
        user_total=1,
        technique="T1565.001",
        note=f"{who} (uid {record.uid}, pid {record.pid}, {writer}) wrote a line that claims to be {seen.program}: "
        f"{seen.pattern}, {seen.action.value}",
    )


def claim_of(seen: Observation, record: JournalRecord, account_of: AccountOf) -> Observation:
    """Keep of an unverified sudo or su line what the kernel vouches for: the actor is the account of `_UID`."""
    actor = account_of(record.uid) if record.uid is not None else None
    return seen._replace(user=actor, user_id=record.uid)


def _account(uid: Optional[int], account_of: AccountOf) -> str:
    known = account_of(uid) if uid is not None else None
    return known or f"uid {uid}"
