"""Guessing, counted five ways: per address, per network, per account, per name tried, per local actor.

Every rule is a row: what it counts by, what it takes for evidence, how much within which window. MITRE ATT&CK calls
these T1110.001 (password guessing), T1110.003 (password spraying) and T1087 (account discovery).
"""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from pamsignal.detect import evidence, keys
from pamsignal.detect.window import SAMPLE, Tally, Windows
from pamsignal.model import AuthEvent, Finding

SECOND_US = 1_000_000


class Settings(NamedTuple):
    """One threshold: `attempts` tries within `window_seconds`.

    `weak_per_attempt` connections that ended before a try weigh as much as one try. `sources` is how many different
    addresses must take part, where the rule asks for that.
    """

    enabled: bool = True
    attempts: int = 5
    window_seconds: int = 600
    weak_per_attempt: int = 5
    sources: int = 1


DEFAULTS: Mapping[str, Settings] = {
    "brute_force": Settings(),
    "slow_brute_force": Settings(attempts=20, window_seconds=86_400),
    "user_enumeration": Settings(),
    "brute_force_network": Settings(attempts=20, sources=3),
    "distributed_brute_force": Settings(attempts=20, sources=10),
    "local_brute_force": Settings(),
}


KeyOf = Callable[[AuthEvent], Optional[str]]


class Kind(NamedTuple):
    """What makes the rules different.

    `group` is shared by rules that speak of the same culprit: once one has reported, the others stay quiet.
    `names_count` makes different names the threshold, and not tries.
    """

    name: str
    group: str
    key: KeyOf
    member: Callable[[AuthEvent], Optional[str]]
    weight: Callable[[AuthEvent, int], int]
    technique: str
    names_count: bool = False


KINDS = (
    Kind("brute_force", "source", keys.source, evidence.name, evidence.points, "T1110.001"),
    Kind("user_enumeration", "source", keys.source, evidence.name, evidence.unknown_names, "T1087", names_count=True),
    Kind("slow_brute_force", "slow", keys.source, evidence.name, evidence.points, "T1110.001"),
    Kind("brute_force_network", "network", keys.network, keys.source, evidence.points, "T1110.001"),
    Kind("distributed_brute_force", "account", keys.account, keys.source, evidence.tries_only, "T1110.003"),
    Kind("local_brute_force", "actor", keys.actor, evidence.target, evidence.local_tries, "T1110.001"),
)


class Rule:
    """One kind with its settings and its windows."""

    def __init__(self, kind: Kind, settings: Settings, most: int) -> None:
        self.kind = kind
        self._settings = settings
        self._scale = settings.weak_per_attempt
        names = settings.attempts if kind.names_count else settings.sources
        self._windows = Windows(
            settings.attempts * self._scale,
            settings.window_seconds * SECOND_US,
            most,
            members=max(names, SAMPLE),
        )
        self._names = names

    @property
    def window_us(self) -> int:
        """How far the rule looks back."""
        return self._windows.span_us

    def count(self, event: AuthEvent, key: str, time_us: int) -> Optional[Tally]:
        """Count `event` for `key`; return what is known of the key then, None if the event is no evidence here."""
        points = self.kind.weight(event, self._scale)
        if not points:
            return None
        tally = self._windows.add(key, time_us, points, self.kind.member(event))
        if points >= self._scale:
            tally.attempts += points // self._scale
        else:
            tally.weak += points
        return tally

    def conclude(self, event: AuthEvent, key: str, tally: Tally, time_us: int) -> Optional[Finding]:
        """Return a finding if `event` filled the window of `key`."""
        if not self._windows.is_full(tally, time_us):
            return None
        names = self._windows.members_within(tally, time_us)
        return self._finding(event, key, tally, names) if len(names) >= self._names or self._names == 1 else None

    def _finding(self, event: AuthEvent, key: str, tally: Tally, names: List[str]) -> Finding:
        are_sources = self.kind.member is keys.source
        sample = tuple(names[-SAMPLE:])
        return Finding(
            rule=self.kind.name,
            key=key,
            time_us=event.time_us,
            hostname=event.hostname,
            attempts=tally.attempts,
            weak=tally.weak,
            window_us=self._windows.span_us,
            first_us=event.time_us - (tally.last_us - tally.first_us),
            last_us=event.time_us,
            users=() if are_sources else sample,
            user_total=0 if are_sources else len(names),
            sources=sample if are_sources else (),
            source_total=len(names) if are_sources else 0,
            technique=self.kind.technique,
            event=event,
        )


# What events are counted by, and the rules that do so.
Culprit = Tuple[KeyOf, List[Rule]]


def rules(settings: Mapping[str, Settings], most: int) -> List[Culprit]:
    """Build the rules that are switched on, together with those that count by the same key."""
    chosen = {**DEFAULTS, **settings}
    by_key: Dict[KeyOf, List[Rule]] = {}
    for kind in KINDS:
        if chosen[kind.name].enabled:
            by_key.setdefault(kind.key, []).append(Rule(kind, chosen[kind.name], most))
    return list(by_key.items())
