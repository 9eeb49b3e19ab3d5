"""What each account was seen with before: addresses, networks, countries, keys; and whether it was seen at all.

No rewind of the journal brings this back, so every change is handed out to be kept, and put back with `restore`.
Only what is believed is learned: a login that nobody could verify teaches nothing. Bounded: of each kind an account
has so many values, of which the one seen longest ago goes first; only accounts that exist can log in.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv4Address
from operator import itemgetter
from typing import Collection, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from pamsignal.detect import keys, travel
from pamsignal.detect.logins import PASSWORDS
from pamsignal.model import AuthEvent, Context
from pamsignal.terms import Action, Provenance

DAY_US = 86_400_000_000
MOST_VALUES = 64
MOST_ACCOUNTS = 1024
_LONGEST = 128  # code points of a name or value; what identifies it need not be longer

# Of what there is one entry for each account; the bound on accounts is one on entries.
KINDS = ("login", "country", "network", "address", "key", "password", "elevation", "place")
_LOGIN, _ELEVATION = Action.LOGIN_SUCCESS, Action.ELEVATION_SUCCESS
NOTED = frozenset({_LOGIN, _ELEVATION})


class Settings(NamedTuple):
    """In the first `learning_days` nothing counts as new; what was not seen for `forget_days` is forgotten."""

    enabled: bool = True
    learning_days: int = 7
    forget_days: int = 180
    travel: travel.Settings = travel.Settings()


class Fact(NamedTuple):
    """An account was seen with a value of some kind: `("country", "bob", "DE")`. Of `learning` there is one only."""

    kind: str
    user: str
    value: str


LEARNING = Fact("learning", "", "")
_NOWHERE: OrderedDict[str, int] = OrderedDict({"": 0})


class Change(NamedTuple):
    """A fact and when it was last true, in µs since the epoch; None where it is forgotten."""

    fact: Fact
    seen_us: Optional[int]


class Familiar:
    """Feed it events in order; it says what is new about each."""

    def __init__(self, settings: Settings, hosting_asns: Collection[int] = ()) -> None:
        self._settings = settings
        self._hosting = frozenset(map(str, hosting_asns))
        self._seen: OrderedDict[Tuple[str, str], OrderedDict[str, int]] = OrderedDict()
        self._learning_us: Optional[int] = None
        self._changes: Dict[Fact, Optional[int]] = {}

    def restore(self, known: Iterable[Change]) -> None:
        """Know just what was written down, but for what is to be forgotten by now."""
        self._seen.clear()
        facts = {fact: seen_us for fact, seen_us in known if seen_us is not None}
        self._learning_us = facts.pop(LEARNING, None)
        oldest_us = max(facts.values(), default=0) - self._settings.forget_days * DAY_US
        for fact, seen_us in sorted(facts.items(), key=itemgetter(1)):
            if seen_us >= oldest_us:
                self._see(fact, seen_us)
        self._changes = {fact: None for fact, seen_us in facts.items() if seen_us < oldest_us}

    def keep_all(self) -> None:
        """Hand out all that is known with the next changes: what was written down of it is lost."""
        for (kind, user), values in self._seen.items():
            self._changes.update({Fact(kind, user, value): seen_us for value, seen_us in values.items()})
        if self._learning_us is not None:
            self._changes[LEARNING] = self._learning_us

    def take_changes(self) -> List[Change]:
        """Return what is to be kept since the last call."""
        changes, self._changes = self._changes, {}
        return [Change(fact, seen_us) for fact, seen_us in changes.items()]

    def note(self, event: AuthEvent, context: Context) -> Set[str]:
        """Learn from `event`, and return what is new about it."""
        if not self._settings.enabled or not event.user or event.provenance is Provenance.UNVERIFIED:
            return set()
        if self._learning_us is None:
            self._learning_us = self._changes[LEARNING] = event.time_us
        user = event.user[:_LONGEST]
        new = self._news(event, user, context)
        leap = set()
        # Between places that are known both, as that of a VPN, nobody travels.
        if event.action is _LOGIN and self._is_leap(event, user, context) and "new_address" in new:
            leap.add("impossible_travel")
        if event.time_us - self._learning_us < self._settings.learning_days * DAY_US:
            return leap
        return leap | (new & {"first_login"} or new)

    def _news(self, event: AuthEvent, user: str, context: Context) -> Set[str]:
        """Return what is new about `event`, and remember all that it shows."""
        oldest_us = event.time_us - self._settings.forget_days * DAY_US
        has_keys = ("key", user) in self._seen
        was_hosted = not self._hosting.isdisjoint(self._seen.get(("network", user), ()))
        new = {reason for reason, fact in _facts(event, user, context) if self._is_new(fact, event.time_us, oldest_us)}
        if "new_network" in new and not was_hosted and str(context.asn) in self._hosting:
            new.add("hosting_network")
        if not has_keys:  # what else should it have used?
            new.discard("password_login")
        return new

    def _is_leap(self, event: AuthEvent, user: str, context: Context) -> bool:
        """Tell whether the account cannot have come here from where it logged in last, and remember where it is."""
        settings = self._settings.travel
        here = travel.place_of(context, settings)
        if here is None:
            return False
        before, since_us = next(reversed(self._seen.get(("place", user), _NOWHERE).items()))
        if event.time_us < since_us:
            return False
        self._see(Fact("place", user, str(here)), event.time_us)
        there = travel.place_in(before)
        return there is not None and travel.is_impossible(there, here, event.time_us - since_us, settings)

    def _is_new(self, fact: Fact, time_us: int, oldest_us: int) -> bool:
        """Tell whether this is the first of its kind, and remember it."""
        seen_us = self._see(fact, time_us)
        return seen_us is None or seen_us < oldest_us

    def _see(self, fact: Fact, time_us: int) -> Optional[int]:
        """Remember `fact` and return when it was last seen before."""
        holder = (fact.kind, fact.user)
        values = self._seen.pop(holder, None)
        if values is None:
            values = OrderedDict()
        self._seen[holder] = values
        seen_us = values.pop(fact.value, None)
        values[fact.value] = self._changes[fact] = max(time_us, seen_us or 0)
        if len(values) > (1 if fact.kind == "place" else MOST_VALUES):
            self._changes[Fact(fact.kind, fact.user, values.popitem(last=False)[0])] = None
        if len(self._seen) > MOST_ACCOUNTS * len(KINDS):
            (kind, user), lost = self._seen.popitem(last=False)
            self._changes.update({Fact(kind, user, value): None for value in lost})
        return seen_us


def _facts(event: AuthEvent, user: str, context: Context) -> Iterator[Tuple[str, Fact]]:
    """Yield what `event` shows, under the reason that it is when new. What was not looked up shows nothing."""
    if event.action is _ELEVATION:
        yield "first_elevation", Fact("elevation", user, "")
        return
    yield "first_login", Fact("login", user, "")
    if context.country:
        yield "new_country", Fact("country", user, context.country)
    if context.asn:
        yield "new_network", Fact("network", user, str(context.asn))
    place = _address(event)
    if place:
        yield "new_address", Fact("address", user, place)
    if event.service == "sshd" and event.method in PASSWORDS and event.key is None:
        yield "password_login", Fact("password", user, "")
    if event.key:
        yield "new_key", Fact("key", user, event.key.fingerprint[:_LONGEST])


def _address(event: AuthEvent) -> Optional[str]:
    """Return where `event` came from: of IPv6 the /64, which one host can use as a whole."""
    if event.source is None:
        return None
    if event.source.ip is None:
        return event.source.host[:_LONGEST] if event.source.host else None
    if isinstance(event.source.ip, IPv4Address):
        return str(event.source.ip)
    return keys.of_address(event.source.ip)[0]
