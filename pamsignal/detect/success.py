"""A success after failures: the guess that worked."""

from __future__ import annotations

from typing import NamedTuple, Optional

from pamsignal.detect.evidence import Evidence
from pamsignal.detect.window import Windows
from pamsignal.model import AuthEvent, Finding
from pamsignal.terms import Action

SECOND_US = 1_000_000
_SUCCESSES = frozenset({Action.LOGIN_SUCCESS, Action.ELEVATION_SUCCESS})


class Settings(NamedTuple):
    """`attempts` failures within `window_seconds` before the success."""

    enabled: bool = True
    attempts: int = 3
    window_seconds: int = 3600


class SuccessAfterFailures:
    """Remembers failures per address, and apart from them per actor, until a success from there, or for `span_us`.

    Apart, because anybody with an account can fail locally under names enough to push every address out.
    """

    def __init__(self, settings: Settings, most: int) -> None:
        self._enabled = settings.enabled
        self.span_us = settings.window_seconds * SECOND_US
        self._remote = Windows(self.span_us, most, settings.attempts)
        self._local = Windows(self.span_us, most, settings.attempts)

    def add(self, event: AuthEvent, evidence: Evidence, time_us: int) -> Optional[Finding]:
        """Take in `event`; return a finding if it is a success that failures led up to."""
        key = evidence.source or evidence.actor
        if key is None or not self._enabled:
            return None
        windows = self._remote if evidence.source is not None else self._local
        if event.action in _SUCCESSES:
            return _judged(windows, event, key, time_us)
        if evidence.tries:
            windows.add(key, time_us, evidence.tries, member=evidence.name)
        return None

    def failures_before(self, event: AuthEvent, evidence: Evidence, time_us: int) -> int:
        """Return how many failures within `span_us` led up to a success that is no finding."""
        key = evidence.source or evidence.actor
        windows = self._remote if evidence.source is not None else self._local
        tally = windows.get(key) if key is not None and event.action in _SUCCESSES else None
        return windows.tries_within(tally, time_us) if tally is not None else 0


def _judged(windows: Windows, event: AuthEvent, key: str, time_us: int) -> Optional[Finding]:
    tally = windows.get(key)
    if tally is None or not windows.is_full(tally, time_us):
        return None
    names = tuple(windows.members_within(tally, time_us))
    windows.forget(key)  # told once; the next success from there is judged by what fails from now on
    return Finding(
        rule="success_after_failures",
        key=key,
        time_us=event.time_us,
        hostname=event.hostname,
        attempts=tally.attempts,
        window_us=windows.span_us,
        first_us=event.time_us - (time_us - tally.first_us),
        last_us=event.time_us,
        users=names,
        user_total=len(names),
        sources=(key,) if event.source is not None else (),
        source_total=1 if event.source is not None else 0,
        technique="T1078",
        event=event,
    )
