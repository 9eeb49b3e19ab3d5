"""Guessing, counted five ways: per address, per network, per account, per name tried, per local actor.

Every rule is a row: what it counts by, what it takes for evidence, how much within which window. MITRE ATT&CK calls
these T1110.001 (password guessing), T1110.003 (password spraying) and T1087 (account discovery).
"""

from __future__ import annotations

from operator import attrgetter
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

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


class Count(NamedTuple):
    """What a window counts: `tries` and `weak` signs of each `key`, and who takes part. Each names an Evidence field.

    Without `weak` only tries count.
    """

    key: str
    member: str
    tries: str = "tries"
    weak: Optional[str] = None


class Kind(NamedTuple):
    """What makes the rules different.

    `group` is shared by rules that speak of the same culprit: once one has reported, the others stay quiet.
    `names_count` makes different names the threshold, and not tries.
    """

    name: str
    group: str
    counts: Count
    technique: str
    names_count: bool = False


_BY_SOURCE = Count("source", "name", weak="weak")

# Rules that count by the same key stand together; the first one that has something to say speaks.
KINDS = (
    Kind("brute_force", "source", _BY_SOURCE, "T1110.001"),
    Kind("user_enumeration", "source", Count("source", "name", "unknown"), "T1087", names_count=True),
    Kind("slow_brute_force", "slow", _BY_SOURCE, "T1110.001"),
    Kind("brute_force_network", "network", Count("network", "source", weak="weak"), "T1110.001"),
    Kind("distributed_brute_force", "account", Count("account", "source"), "T1110.003"),
    Kind("local_brute_force", "actor", Count("actor", "target"), "T1110.001"),
)


class Counter:
    """The windows of one count, shared by the rules that read them: one span for each."""

    def __init__(self, count: Count, chosen: Sequence[Settings], members: int, most: int) -> None:
        self._tries_of: Callable[[Evidence], int] = attrgetter(count.tries)
        self._weak_of: Optional[Callable[[Evidence], int]] = attrgetter(count.weak) if count.weak else None
        self._member_of: Callable[[Evidence], Optional[str]] = attrgetter(count.member)
        self.windows = Windows(
            [one.window_seconds * SECOND_US for one in chosen],
            most,
            tries=max(one.attempts for one in chosen),
            weak=max(one.attempts * one.weak_per_attempt for one in chosen),
            members=members,
        )

    def add(self, key: str, evidence: Evidence, time_us: int) -> Optional[Tally]:
        """Count `evidence` for `key`; return what is known of the key then, None if it is no evidence here."""
        tries = self._tries_of(evidence)
        weak = self._weak_of(evidence) if self._weak_of is not None else 0
        if not tries and not weak:
            return None
        return self.windows.add(key, time_us, tries, weak, self._member_of(evidence))


class Rule:
    """One kind with its settings. It reads the windows of `counter`, which is number `place`, as their span `span`."""

    def __init__(self, kind: Kind, settings: Settings, counter: Counter, place: int, span: int) -> None:
        self.kind = kind
        self.group = kind.group
        self.place = place
        self.window_us = settings.window_seconds * SECOND_US
        self._settings = settings
        self._windows = counter.windows
        self._span = span
        self._names = _names(kind, settings)

    def conclude(self, event: AuthEvent, key: str, tally: Tally, time_us: int) -> Optional[Finding]:
        """Return a finding if `event` filled the window of `key`."""
        settings = self._settings
        if not self._windows.is_full(tally, self._span, time_us, settings.attempts, settings.weak_per_attempt):
            return None
        names = self._windows.members_within(tally, self._span, time_us)
        return self._finding(event, key, tally, names) if len(names) >= self._names or self._names == 1 else None

    def _finding(self, event: AuthEvent, key: str, tally: Tally, names: List[str]) -> Finding:
        are_sources = self.kind.counts.member == "source"
        sample = tuple(names[-SAMPLE:])
        run = tally.runs[self._span]
        return Finding(
            rule=self.kind.name,
            key=key,
            time_us=event.time_us,
            hostname=event.hostname,
            attempts=tally.attempts - run.attempts,
            weak=tally.weak - run.weak,
            window_us=self.window_us,
            first_us=event.time_us - (tally.last_us - run.first_us),
            last_us=event.time_us,
            users=() if are_sources else sample,
            user_total=0 if are_sources else len(names),
            sources=sample if are_sources else (),
            source_total=len(names) if are_sources else 0,
            technique=self.kind.technique,
            event=event,
        )


class Culprits(NamedTuple):
    """Whom events are counted against: one field of Evidence, the counters of it, and the rules that read them."""

    key_of: Callable[[Evidence], Optional[str]]
    counters: Tuple[Counter, ...]
    rules: Tuple[Rule, ...]


def culprits(settings: Mapping[str, Settings], most: int) -> List[Culprits]:
    """Build the rules that are switched on, together with those that count by the same key."""
    chosen = {**DEFAULTS, **settings}
    by_key: Dict[str, List[Kind]] = {}
    for kind in KINDS:
        if chosen[kind.name].enabled:
            by_key.setdefault(kind.counts.key, []).append(kind)
    return [_culprits(key, kinds, chosen, most) for key, kinds in by_key.items()]


def _culprits(key: str, kinds: List[Kind], chosen: Mapping[str, Settings], most: int) -> Culprits:
    counters: List[Counter] = []
    rules: Dict[str, Rule] = {}
    for count in dict.fromkeys(kind.counts for kind in kinds):
        readers = {kind: chosen[kind.name] for kind in kinds if kind.counts == count}
        members = max(_names(kind, one) for kind, one in readers.items())
        counter = Counter(count, tuple(readers.values()), members, most)
        for span, (kind, one) in enumerate(readers.items()):
            rules[kind.name] = Rule(kind, one, counter, len(counters), span)
        counters.append(counter)
    return Culprits(attrgetter(key), tuple(counters), tuple(rules[kind.name] for kind in kinds))


def _names(kind: Kind, settings: Settings) -> int:
    return settings.attempts if kind.names_count else settings.sources
