"""Ids of alerts: derived, so that reading the same journal again makes the same alert."""

from __future__ import annotations

from hashlib import blake2b
from typing import Union

from pamsignal.model import AuthEvent, Finding


def alert_id(subject: Union[AuthEvent, Finding], part: str) -> str:
    """Derive 32 hexadecimal digits from what the alert is about and `part`, its reason to exist."""
    if isinstance(subject, AuthEvent):
        told = f"{subject.id}\n{part}"
    else:
        origin = subject.event.id if subject.event is not None else subject.time_us
        told = f"{origin}\n{subject.hostname}\n{subject.key}\n{part}"
    return blake2b(told.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
