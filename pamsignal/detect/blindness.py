"""What nobody could see, or not see well: dropped lines, lines that nobody understands, a login without its own line.

Each is a condition (conditions.py): it begins with enough of it, and is over when there was none for a while, or when
the opposite showed. Nothing here counts against a culprit, and nothing is told for each record.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from itertools import islice
from typing import Any, Iterable, Iterator, List, Mapping, NamedTuple, Optional

from pamsignal.counts import Counts
from pamsignal.detect.conditions import Change, Conditions, Name, Standing, beginning, ending
from pamsignal.detect.redact import bones_of
from pamsignal.detect.throttle import NEVER
from pamsignal.detect.window import Windows
from pamsignal.model import Alert, AuditedLogin, AuthEvent, JournalRecord, Observation, Unparsed
from pamsignal.terms import Action, Provenance

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US

SUPPRESSED, NOT_UNDERSTOOD, UNVERIFIED = "journal_suppressed", "not_understood", "unverified_lines"
TERSE_SSHD, STRANGE_SSHD = "login_without_line", "unknown_sshd"
RULES = (SUPPRESSED, NOT_UNDERSTOOD, UNVERIFIED, TERSE_SSHD, STRANGE_SSHD)

# So long must nothing have shown until a condition is over.
_QUIET_US: Mapping[str, int] = {
    SUPPRESSED: 10 * MINUTE_US,
    NOT_UNDERSTOOD: HOUR_US,
    UNVERIFIED: HOUR_US,
    STRANGE_SSHD: 24 * HOUR_US,
    TERSE_SSHD: 7 * 24 * HOUR_US,
}
_OVER: Mapping[str, str] = {
    SUPPRESSED: "journald drops no more messages of {key}; it dropped {count}",
    NOT_UNDERSTOOD: "no more lines of {key} that nobody understands; there were {count}",
    UNVERIFIED: "journald vouches for who writes again",
    TERSE_SSHD: "sshd says again where logins come from; {count} login(s) came without their line",
    STRANGE_SSHD: "no more such lines of {key}; there were {count}",
}
_OF_USERS = re.compile(r"session-|user@|run-u?[0-9rp]")
_TRUE = frozenset({Provenance.VERIFIED, Provenance.ROOT_ATTESTED})
_KNOWN_SENDERS = _TRUE | {Provenance.SPOOFED}
_FEWEST = 20  # lines, before a share of them says anything
_MOST_LOGINS = 4096
# So long may sshd's own line come after the kernel's word: the two reach journald by different ways.
_LINE_WAIT_US = 30_000_000
_LOGIN_LINES = ("Accepted ", "Failed ")


class Settings(NamedTuple):
    """How many lines of a program in an hour nobody may understand, and what share of lines nobody need vouch for."""

    enabled: bool = True
    lines_not_understood: int = 30
    unverified_percent: int = 50


class Graded(NamedTuple):
    """How many lines `counts` had at a time, and of how many journald says who wrote them."""

    counts: Optional[Counts] = None
    time_us: int = 0
    lines: int = 0
    vouched_for: int = 0


class Audited(NamedTuple):
    """A login of which the kernel tells, and until when sshd's line may come."""

    due_us: int
    time_us: int
    hostname: Optional[str]
    login: AuditedLogin


class Sight:
    """Feed it what is odd; it answers with alerts. `tick` says nothing before `nearest_us`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.conditions = Conditions()
        self.nearest_us = NEVER
        self._unknown = Windows(HOUR_US, 64, settings.lines_not_understood)
        self._graded = Graded()
        self._logins: OrderedDict[int, None] = OrderedDict()
        self._audited: OrderedDict[int, Audited] = OrderedDict()
        self._hostname: Optional[str] = None

    def restore(self, kept: Iterable[Change]) -> None:
        """Know just what was written down of conditions; of a rule of another version nobody could tell the end."""
        self.conditions.restore(change for change in kept if change.name.rule in RULES)
        self.look_ahead()

    def suppressed(self, record: JournalRecord, seen: Observation, time_us: int) -> List[Alert]:
        """Take in journald's word that it dropped `seen.attempts` messages."""
        unit = _kind_of(seen.service) if seen.service != seen.program else "a unit"
        note = f"journald dropped {seen.attempts} messages of {unit}: logins may be among them"
        return self._show(Name(SUPPRESSED, unit), record, note, time_us, seen.attempts)

    def unparsed(self, record: JournalRecord, seen: Unparsed, time_us: int) -> List[Alert]:
        """Take in a line of a program that we know in a shape that nobody knows."""
        if seen.provenance not in _TRUE:  # anybody can write such lines
            return []
        name = Name(NOT_UNDERSTOOD, seen.program)
        begins = self.conditions.get(name) is None
        is_full = self._unknown.add(seen.program, time_us, 1) is not None
        tally = self._unknown.get(seen.program)
        if tally is None or (begins and not is_full):
            return []
        note = (
            f"{tally.attempts} lines of {seen.program} within an hour that nobody understands, "
            f"such as: {bones_of(record.message)}; logins may be among them; see: pamsignal replay --verbose"
        )
        return self._show(name, record, note, time_us, tally.attempts if begins else 1)

    def stranger(self, record: JournalRecord, time_us: int) -> List[Alert]:
        """Take in a line that is nobody's; one that looks like sshd's own is of a copy under another name."""
        tag = record.identifier or ""
        if record.uid or "ssh" not in tag or not record.message.startswith(_LOGIN_LINES):
            return []
        note = (
            f"{tag} writes lines like sshd's, but pamsignal knows no program of that name: logins through it are not "
            "seen; let it run under the name sshd"
        )
        return self._show(Name(STRANGE_SSHD, tag[:64]), record, note, time_us, 1)

    def login(self, event: AuthEvent, time_us: int) -> List[Alert]:
        """Take in a login over ssh: with its own line, or told by its session alone."""
        name = Name(TERSE_SSHD, "sshd")
        if event.action is not Action.LOGIN_SUCCESS or event.service != "sshd" or event.provenance not in _TRUE:
            return []
        if event.pid is not None:
            self._note(event.pid)
        if event.method is not None:
            stood = self.conditions.end(name)
            return [self._over(name, stood, event.time_us)] if stood is not None else []
        note = (
            "a login over ssh came without sshd's own line, so nobody knows from where or how; "
            "sshd_config: LogLevel INFO or VERBOSE"
        )
        if not self._settings.enabled or not self._begins(name, time_us, 1):
            return []
        self._hostname = event.hostname
        return [beginning(name, event.time_us, event.hostname, note)]

    def audited_login(self, record: JournalRecord, login: AuditedLogin, time_us: int) -> None:
        """Take in the kernel's word that sshd let somebody in: told by `tick`, unless a line tells of the same process.

        A connection can have several sessions; the first one's login is known by its process.
        """
        if self._settings.enabled and login.pid not in self._logins and login.pid not in self._audited:
            self._audited[login.pid] = Audited(time_us + _LINE_WAIT_US, record.time_us, record.hostname, login)
            _shrink(self._audited)
            self.nearest_us = min(self.nearest_us, time_us + _LINE_WAIT_US)

    def _note(self, pid: int) -> None:
        """Remember the process of a login that its lines told of."""
        self._logins[pid] = None
        self._logins.move_to_end(pid)
        _shrink(self._logins)
        if self._audited.pop(pid, None) is not None:
            self.look_ahead()

    def _unseen(self, time_us: int) -> Iterator[Alert]:
        """Yield the logins of which nothing but the kernel told: the first, as long as it lasts."""
        for pid, audited in tuple(self._audited.items()):
            if audited.due_us > time_us:
                break
            del self._audited[pid]
            self._note(pid)
            name = Name(TERSE_SSHD, "sshd")
            if self.conditions.show(name, audited.time_us):
                self._hostname = audited.hostname
                yield beginning(name, audited.time_us, audited.hostname, _note_about(audited.login))

    def graded(self, counts: Counts, record: JournalRecord, time_us: int) -> List[Alert]:
        """Look, not more often than every ten minutes, at what share of the lines nobody vouches for."""
        before = self._graded
        is_other = before.counts is not None and before.counts is not counts
        if time_us - before.time_us < 10 * MINUTE_US and not is_other:
            return []
        vouched_for = sum(counts.provenance[grade] for grade in _KNOWN_SENDERS)
        now = Graded(counts, time_us, counts.understood, vouched_for)
        if is_other:  # a start or a reload has read again what it read before: no news
            self._graded = now
            return []
        lines = now.lines - before.lines
        if lines < _FEWEST:
            return []
        unknown = lines - (now.vouched_for - before.vouched_for)
        self._graded = now
        if 100 * unknown <= self._settings.unverified_percent * lines:
            return []
        note = (
            f"{unknown} of {lines} lines came without the fields by which journald says who wrote them, so what they "
            "tell is not certain; were they imported, or is a user writing them?"
        )
        return self._show(Name(UNVERIFIED, "journal"), record, note, time_us, unknown)

    def tick(self, time_us: int) -> Iterator[Alert]:
        """Yield the ends of what has not shown for long."""
        if time_us < self.nearest_us:
            return
        yield from self._unseen(time_us)
        for name, standing in self.conditions:
            over_us = standing.last_us + _QUIET_US[name.rule]
            if time_us >= over_us:
                self.conditions.end(name)
                yield self._over(name, standing, over_us)  # whenever somebody looks
        self.look_ahead()

    def look_ahead(self) -> None:
        """Work out when the next condition can be over, or a login has waited long enough for its line."""
        ends = [standing.last_us + _QUIET_US[name.rule] for name, standing in self.conditions]
        due = [audited.due_us for audited in islice(self._audited.values(), 1)]  # the oldest waits shortest
        self.nearest_us = min([*ends, *due], default=NEVER)

    def _show(self, name: Name, record: JournalRecord, note: str, time_us: int, count: int) -> List[Alert]:
        if not self._settings.enabled or not self._begins(name, time_us, count):
            return []
        self._hostname = record.hostname
        shown = count if name.rule == SUPPRESSED else 0
        return [beginning(name, record.time_us, record.hostname, note, shown)]

    def _begins(self, name: Name, time_us: int, count: int) -> bool:
        begins = self.conditions.show(name, time_us, count)
        if begins:
            self.look_ahead()
        return begins

    def _over(self, name: Name, stood: Standing, time_us: int) -> Alert:
        note = _OVER[name.rule].format(key=name.key, count=stood.times)
        return ending(name, stood, time_us, self._hostname, note)


def _note_about(login: AuditedLogin) -> str:
    who = login.account or ("somebody" if login.user_id is None else f"uid {login.user_id}")
    place = f" from {login.address}" if login.address is not None else ""
    return (
        f"the kernel's audit tells of a login over ssh of {who}{place}, and no line of sshd's does; "
        "sshd_config: LogLevel INFO or VERBOSE; or did journald drop it?"
    )


def _shrink(mapping: OrderedDict[int, Any]) -> None:
    while len(mapping) > _MOST_LOGINS:
        mapping.popitem(last=False)


def _kind_of(unit: str) -> str:
    """Return `unit`, or what it is one of: a user can have any number of sessions, and each is no news of its own."""
    return "users' sessions" if _OF_USERS.match(unit) else unit
