"""Guessing, counted five ways: per address, per network, per account, per name tried, per local actor.

Every rule is a row: what it counts by, what it takes for evidence, how much within which window. MITRE ATT&CK calls
these T1110.001 (password guessing), T1110.003 (password spraying) and T1087 (account discovery).
"""

from __future__ import annotations

from operator import attrgetter
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from pamsignal.detect.evidence import Evidence
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


class Kind(NamedTuple):
    """What makes the rules different.

    `group` is shared by rules that speak of the same culprit in the same way: once one has reported, the others stay
    quiet. `key`, `member`, `tries` and `weak` name fields of Evidence: whom it counts against, who is told apart, what
    is a try, and what a weak sign. `names_count` makes different names the threshold, and not tries.
    """

    name: str
    group: str
    key: str
    member: str
    technique: str
    tries: str = "tries"
    weak: Optional[str] = None
    names_count: bool = False


# Rules with the same key stand together; the first one that has something to say speaks.
KINDS = (
    # The first of a group speaks for it, so what is told apart most finely comes first.
    Kind("user_enumeration", "source", "source", "name", "T1087", tries="unknown", names_count=True),
    Kind("brute_force", "source", "source", "name", "T1110.001", weak="weak"),
    Kind("slow_brute_force", "slow", "source", "name", "T1110.001", weak="weak"),
    Kind("brute_force_network", "network", "network", "source", "T1110.001", weak="weak"),
    Kind("distributed_brute_force", "account", "account", "source", "T1110.003"),
    Kind("local_brute_force", "actor", "actor", "target", "T1110.001"),
)


class Rule:
    """One kind with its settings and its windows."""

    def __init__(self, kind: Kind, settings: Settings, most: int) -> None:
        self.kind = kind
        self.windows = Windows(
            settings.window_seconds * SECOND_US,
            most,
            settings.attempts,
            settings.weak_per_attempt,
            members=settings.attempts if kind.names_count else settings.sources,
        )
        self._names = settings.attempts if kind.names_count else settings.sources
        self._signs_of: Callable[[Evidence], Tuple[int, Optional[str]]] = attrgetter(kind.tries, kind.member)
        self._weak_of: Optional[Callable[[Evidence], int]] = attrgetter(kind.weak) if kind.weak else None

    def count(self, evidence: Evidence, key: str, time_us: int) -> Optional[Tally]:
        """Count `evidence` for `key`; return what is known of the key if its window is full then, else None."""
        tries, member = self._signs_of(evidence)
        weak = self._weak_of(evidence) if self._weak_of is not None else 0
        if not tries and not weak:
            return None
        return self.windows.add(key, time_us, tries, weak, member)

    def conclude(self, event: AuthEvent, key: str, tally: Tally, time_us: int) -> Optional[Finding]:
        """Return a finding about `key`, whose window `event` filled, if enough different names took part."""
        if tally.member_count() < self._names and self._names > 1:
            return None
        names = self.windows.members_within(tally, time_us)
        return self._finding(event, key, tally, names) if len(names) >= self._names or self._names == 1 else None

    def _finding(self, event: AuthEvent, key: str, tally: Tally, names: List[str]) -> Finding:
        are_sources = self.kind.member == "source"
        sample = tuple(names[-SAMPLE:])
        return Finding(
            rule=self.kind.name,
            key=key,
            time_us=event.time_us,
            hostname=event.hostname,
            attempts=tally.attempts,
            weak=tally.weak,
            window_us=self.windows.span_us,
            first_us=event.time_us - (tally.last_us - tally.first_us),
            last_us=event.time_us,
            users=() if are_sources else sample,
            user_total=0 if are_sources else len(names),
            sources=sample if are_sources else (),
            source_total=len(names) if are_sources else 0,
            technique=self.kind.technique,
            event=event,
        )


class Group(NamedTuple):
    """The rules that speak of the same culprit in the same way."""

    name: str
    rules: List[Rule]

    @property
    def longest_us(self) -> int:
        """How far back any of them looks."""
        return max(rule.windows.span_us for rule in self.rules)


class Culprits(NamedTuple):
    """Whom events are counted against: a field of Evidence, and the groups of rules, the most urgent first."""

    key_of: Callable[[Evidence], Optional[str]]
    groups: List[Group]


def culprits(settings: Mapping[str, Settings], most: int) -> List[Culprits]:
    """Build the rules that are switched on, in their groups, together with those that count by the same key."""
    chosen = {**DEFAULTS, **settings}
    by_key: Dict[str, Dict[str, List[Rule]]] = {}
    for kind in KINDS:
        if chosen[kind.name].enabled:
            groups = by_key.setdefault(kind.key, {})
            groups.setdefault(kind.group, []).append(Rule(kind, chosen[kind.name], most))
    return [Culprits(attrgetter(key), [Group(*group) for group in groups.items()]) for key, groups in by_key.items()]
