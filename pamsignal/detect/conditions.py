"""What is not as it should be, and since when: told once when it begins and once when it is over. Pure.

A condition is named by a rule and a key. It outlives the process: what changes is handed out to be kept, and put back.
"""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from pamsignal.detect.identity import alert_id
from pamsignal.model import Alert, Finding
from pamsignal.terms import Severity

MOST = 64  # of each rule: what one user can make many of (scopes of sessions) leaves room for the others
# A condition that goes on is written down again so often, no matter how often it shows.
KEEP_EVERY_US = 60_000_000


class Name(NamedTuple):
    """Which rule, and of what: a unit, a program, a sink."""

    rule: str
    key: str


class Standing(NamedTuple):
    """A condition that stands: its beginning and when it last showed, in µs, and how many times that was."""

    since_us: int
    last_us: int
    times: int = 0


class Change(NamedTuple):
    """What is to be kept of a condition; None where it is over."""

    name: Name
    standing: Optional[Standing]


class Conditions:
    """All that stand, at most MOST of each rule; beyond that, new ones are not told."""

    def __init__(self) -> None:
        self._standing: Dict[Name, Standing] = {}
        self._changes: Dict[Name, Optional[Standing]] = {}
        self._kept_us: Dict[Name, int] = {}

    def __iter__(self) -> Iterator[Tuple[Name, Standing]]:
        return iter(tuple(self._standing.items()))

    def get(self, name: Name) -> Optional[Standing]:
        """Return how `name` stands, None if it does not."""
        return self._standing.get(name)

    def show(self, name: Name, time_us: int, count: int = 1) -> bool:
        """Note that `name` is the case; True if it begins with this."""
        before = self._standing.get(name)
        if before is None and sum(name.rule == one.rule for one in self._standing) >= MOST:
            return False
        since_us, last_us, so_far = before or Standing(time_us, time_us)
        now = self._standing[name] = Standing(since_us, max(last_us, time_us), so_far + count)
        if not 0 <= time_us - self._kept_us.get(name, -KEEP_EVERY_US) < KEEP_EVERY_US:
            self._changes[name] = now
            self._kept_us[name] = time_us
        return before is None

    def end(self, name: Name) -> Optional[Standing]:
        """Note that `name` is no longer the case; return how it stood, None if it did not."""
        before = self._standing.pop(name, None)
        if before is not None:
            self._changes[name] = None
            self._kept_us.pop(name, None)
        return before

    def restore(self, kept: Iterable[Change]) -> None:
        """Know just what was written down."""
        self._standing = {name: standing for name, standing in kept if standing is not None}
        self._changes, self._kept_us = {}, {}

    def keep_all(self) -> None:
        """Hand out all that stand with the next changes: what was written down of them is lost."""
        self._changes.update(self._standing)

    def take_changes(self) -> List[Change]:
        """Return what is to be kept since the last call."""
        changes, self._changes = self._changes, {}
        return [Change(name, standing) for name, standing in changes.items()]


def beginning(name: Name, time_us: int, hostname: Optional[str], note: str, count: int = 0) -> Alert:
    """Return the alert about the beginning of `name`."""
    finding = Finding(name.rule, name.key, time_us, hostname, attempts=count, note=note)
    return Alert(alert_id(finding, f"{name.rule}/begins"), time_us, Severity.WARNING, name.rule, finding)


def ending(name: Name, stood: Standing, time_us: int, hostname: Optional[str], note: str) -> Alert:
    """Return the alert about the end of `name`."""
    finding = Finding(
        name.rule,
        name.key,
        time_us,
        hostname,
        attempts=stood.times,
        first_us=stood.since_us,
        last_us=stood.last_us,
        note=note,
        over=True,
    )
    identity = alert_id(finding._replace(time_us=stood.since_us), f"{name.rule}/is over")
    return Alert(identity, time_us, Severity.NOTICE, name.rule, finding)
