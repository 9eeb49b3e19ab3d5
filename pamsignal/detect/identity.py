"""Ids of alerts: derived, so that reading the same journal again makes the same alert."""

from __future__ import annotations

from typing import Union

from pamsignal.digest import identity
from pamsignal.model import AuthEvent, Finding


def alert_id(subject: Union[AuthEvent, Finding], part: str) -> str:
    """Derive 32 hexadecimal digits from what the alert is about and `part`, its reason to exist."""
    if isinstance(subject, AuthEvent):
        return identity(subject.id, part)
    origin = subject.event.id if subject.event is not None else subject.time_us
    return identity(origin, subject.hostname, subject.key, part)
