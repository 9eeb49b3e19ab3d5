"""Parse, correlate, detect: one engine, pure. The same records and settings give the same events and alerts, always.

feed a record, tick a time, ask for the next deadline. It does no I/O and never asks what time it is.
"""

from __future__ import annotations

from collections import Counter
from typing import Callable, Collection, Dict, List, NamedTuple, Optional, Tuple

from pamsignal import parse
from pamsignal.clock import Clock
from pamsignal.correlate import Correlator, OpenSession
from pamsignal.correlate.sessions import Changes
from pamsignal.detect import Detector
from pamsignal.detect import Settings as DetectSettings
from pamsignal.detect.identity import alert_id
from pamsignal.detect.spoof import AccountOf, claim_of, spoof_finding
from pamsignal.model import (
    NO_CONTEXT,
    Action,
    Alert,
    AuthEvent,
    Context,
    Finding,
    JournalRecord,
    Observation,
    Outcome,
    Provenance,
    Severity,
    Unparsed,
)
from pamsignal.parse.provenance import Trust, trust
from pamsignal.parse.table import TEXT_LIMIT, bounded

# Members looked up once: before Python 3.12 an enum's class is searched for each of them.
_ACCEPT, _SUCCESS, _SUPPRESSED = Trust.ACCEPT, Outcome.SUCCESS, Action.JOURNAL_SUPPRESSED

# `logger`, systemd-cat and their like can be run in a loop; an example for each program is enough.
MOST_PROGRAMS = 64
MOST_ACCOUNTS = 1024

# What a person does under their own uid, by a program that lends them another one.
_OWN_DOING = frozenset(
    {
        Action.ELEVATION_SUCCESS,
        Action.ELEVATION_FAILURE,
        Action.ELEVATION_DENIED,
        Action.PASSWORD_CHANGED,
    }
)


class Settings(NamedTuple):
    """What the engine needs to know. `ignored_services` are PAM services nobody wants to hear of."""

    ignored_services: Collection[str] = ("cron", "systemd-user")
    detect: DetectSettings = DetectSettings()


DEFAULTS = Settings()


class Judged(NamedTuple):
    """An event with what was looked up about it."""

    event: AuthEvent
    context: Context


class Produced(NamedTuple):
    """What a step gave: events to write down, alerts to deliver, both oldest first."""

    events: Tuple[Judged, ...] = ()
    alerts: Tuple[Alert, ...] = ()


NOTHING = Produced()


class Counts:
    """What was read and how it was taken."""

    def __init__(self) -> None:
        self.records = 0
        self.understood = 0
        self.events: Counter[Action] = Counter()
        self.unparsed: Counter[str] = Counter()
        self.spoofed: Counter[str] = Counter()
        self.provenance: Counter[Provenance] = Counter()
        self.examples: Dict[str, str] = {}


def no_context(_event: AuthEvent) -> Context:
    """Look nothing up."""
    return NO_CONTEXT


def no_account(_uid: int) -> Optional[str]:
    """Know no account: a replay knows nothing of the host it runs on."""
    return None


class Engine:
    """The whole of what pamsignal thinks.

    `context_of` looks things up about an event, `account_of` names the account of a uid; neither may raise.
    """

    def __init__(
        self,
        settings: Settings = DEFAULTS,
        context_of: Callable[[AuthEvent], Context] = no_context,
        account_of: AccountOf = no_account,
    ) -> None:
        self.counts = Counts()
        self._account_of = account_of
        self._learned: Dict[int, str] = {}
        self._clock = Clock()
        self._correlator = Correlator(settings.ignored_services)
        self._detector = Detector(settings.detect)
        self._context_of = context_of

    def feed(self, record: JournalRecord) -> Produced:
        """Take in the next record."""
        counts = self.counts
        counts.records += 1
        seen = parse.observe(record)
        if seen is None:
            return NOTHING
        if isinstance(seen, Unparsed):
            self._count_unparsed(seen, record)
            return NOTHING
        if len(record.message) > TEXT_LIMIT:  # anybody can write 64 kB, and processes are remembered with their lines
            record, seen = record._replace(message=record.message[:TEXT_LIMIT]), bounded(seen)
        counts.understood += 1
        if seen.provenance is not None:
            counts.provenance[seen.provenance] += 1
        time_us = self._clock.at_record(record)
        if self._correlator.is_due(time_us) or self._detector.is_due(time_us):
            due, fresh = self.tick(time_us), self._respond(record, seen, time_us)
            return Produced(due.events + fresh.events, due.alerts + fresh.alerts)
        return self._respond(record, seen, time_us)

    def tick(self, time_us: int) -> Produced:
        """Let everything happen that was waiting for `time_us`, a time of a clock that is never set."""
        now_us = self._clock.at(time_us)
        events = self._correlator.tick(now_us)
        digests = self._detector.tick(now_us)
        return self._judge(events, now_us, digests) if events or digests else NOTHING

    def next_due_us(self) -> Optional[int]:
        """Return the nearest time at which `tick` has something to say."""
        moments = (self._correlator.next_due_us(), self._detector.next_due_us())
        return min((moment for moment in moments if moment is not None), default=None)

    def restore(self, sessions: List[OpenSession]) -> None:
        """Put back the sessions that were open when the daemon stopped."""
        for session in sessions:
            self._correlator.sessions.restore(session)

    def take_session_changes(self) -> Changes:
        """Return which sessions opened and closed since the last call."""
        return self._correlator.sessions.take_changes()

    def _name_of(self, uid: int) -> Optional[str]:
        return self._account_of(uid) or self._learned.get(uid)

    def _learn(self, record: JournalRecord, seen: Observation) -> None:
        """Remember whose uid it is: sudo, proven to be sudo, names its caller, and PAM names who logs in."""
        uid: Optional[int] = None
        if seen.pattern == "sudo.command" and seen.provenance is Provenance.VERIFIED:
            uid = record.uid
        elif seen.pattern == "pam.session_opened" and record.uid == 0 and seen.target_user is None:
            uid = seen.user_id
        if uid and seen.user and (uid in self._learned or len(self._learned) < MOST_ACCOUNTS):
            self._learned[uid] = seen.user

    def _respond(self, record: JournalRecord, seen: Observation, time_us: int) -> Produced:
        verdict = trust(seen, record)
        alerts: Tuple[Alert, ...] = ()
        if verdict is _ACCEPT:
            if seen.outcome is _SUCCESS:
                self._learn(record, seen)
            if seen.action is _SUPPRESSED:
                return Produced(alerts=(_suppression(record, seen),))
            if record.uid and self._names_another(record.uid, seen):
                seen = claim_of(seen, record, self._account_of)
        elif verdict is Trust.CLAIM or verdict is Trust.DOUBT:
            alerts = self._suspicion(record, seen, time_us) if verdict is Trust.DOUBT else ()
            seen = claim_of(seen, record, self._name_of)
        else:
            return Produced(alerts=self._suspicion(record, seen, time_us)) if verdict is Trust.SPOOF else NOTHING
        events = self._correlator.feed(record, seen, time_us)
        return self._judge(events, time_us, alerts) if events or alerts else NOTHING

    def _names_another(self, uid: int, seen: Observation) -> bool:
        """Tell whether a setuid program names another actor than the account that ran it.

        It can be made to: without its privilege (`setpriv --no-new-privs`) it obeys LD_PRELOAD like any program.
        """
        if seen.user is None or seen.action not in _OWN_DOING:
            return False
        return self._account_of(uid) not in (None, seen.user)

    def _suspicion(self, record: JournalRecord, seen: Observation, time_us: int) -> Tuple[Alert, ...]:
        self.counts.spoofed[seen.program] += 1
        finding = spoof_finding(record, seen, self._name_of)
        return tuple(self._detector.report_spoof(finding, time_us))

    def _judge(self, events: List[AuthEvent], time_us: int, alerts: Collection[Alert] = ()) -> Produced:
        judged: List[Judged] = []
        told = list(alerts)
        for event in events:
            context = self._context_of(event)
            judged.append(Judged(event, context))
            told += self._detector.judge(event, context, time_us)
            self.counts.events[event.action] += 1
        return Produced(tuple(judged), tuple(told))

    def _count_unparsed(self, seen: Unparsed, record: JournalRecord) -> None:
        self.counts.unparsed[seen.program] += 1
        if len(self.counts.examples) < MOST_PROGRAMS:
            self.counts.examples.setdefault(seen.program, record.message[:200])


def _suppression(record: JournalRecord, seen: Observation) -> Alert:
    unit = seen.service if seen.service != seen.program else "a unit"
    finding = Finding(
        rule="journal_suppressed",
        key=unit,
        time_us=record.time_us,
        hostname=record.hostname,
        attempts=seen.attempts,
        note=f"journald dropped {seen.attempts} messages of {unit}: logins may be among them",
    )
    identity = alert_id(finding, f"journal_suppressed/{record.cursor}")
    return Alert(identity, record.time_us, Severity.WARNING, "journal_suppressed", finding)
