"""Parse, correlate, detect: one engine, pure. The same records and settings give the same events and alerts, always.

feed a record, tick a time, ask for the next deadline. It does no I/O and never asks what time it is.
"""

from __future__ import annotations

from operator import attrgetter
from typing import (
    Callable,
    Collection,
    Dict,
    List,
    NamedTuple,
    Optional,
    Sequence,
)

from pamsignal import parse
from pamsignal.clock import Clock
from pamsignal.correlate import Correlator, OpenSession
from pamsignal.correlate.sessions import Changes
from pamsignal.counts import Counts
from pamsignal.detect import Detector
from pamsignal.detect import Settings as DetectSettings
from pamsignal.detect.blindness import Sight
from pamsignal.detect.familiar import Familiar
from pamsignal.detect.spoof import AccountOf, claim_of, spoof_finding
from pamsignal.hours import LocalOf, utc
from pamsignal.model import (
    NO_CONTEXT,
    Alert,
    AuditedLogin,
    AuthEvent,
    Context,
    Finding,
    JournalRecord,
    Observation,
    Unparsed,
)
from pamsignal.parse import audit
from pamsignal.parse.audit_auth import failure_of
from pamsignal.parse.audit_login import login_of
from pamsignal.parse.provenance import Trust, trust
from pamsignal.parse.table import TEXT_LIMIT, bounded
from pamsignal.stages import NOTHING, Fault, Heard, Judged, Odd, Produced, Step, each
from pamsignal.terms import Action, Outcome, Provenance

# Members looked up once: before Python 3.12 an enum's class is searched for each of them.
_ACCEPT, _SUCCESS, _SUPPRESSED = Trust.ACCEPT, Outcome.SUCCESS, Action.JOURNAL_SUPPRESSED
_LOGIN = Action.LOGIN_SUCCESS
_new = tuple.__new__  # half the time of Heard(…), for every line
_PROVENANCE: Callable[[Heard], Optional[Provenance]] = attrgetter("seen.provenance")
_FORGERIES, _CLAIMS = frozenset({Trust.SPOOF, Trust.DOUBT}), frozenset({Trust.CLAIM, Trust.DOUBT})

MOST_ACCOUNTS = 1024

# What a person does under their own uid, by a program that lends them another one.
_OWN_DOING = frozenset(
    {Action.ELEVATION_SUCCESS, Action.ELEVATION_FAILURE, Action.ELEVATION_DENIED, Action.PASSWORD_CHANGED}
)


class Settings(NamedTuple):
    """What the engine needs to know. `ignored_services` are PAM services nobody wants to hear of."""

    ignored_services: Collection[str] = ("cron", "systemd-user")
    detect: DetectSettings = DetectSettings()
    audit: audit.Settings = audit.Settings()


DEFAULTS = Settings()


def no_context(_event: AuthEvent) -> Context:
    """Look nothing up."""
    return NO_CONTEXT


def no_account(_uid: int) -> Optional[str]:
    """Know no account: a replay knows nothing of the host it runs on."""
    return None


class Engine:
    """The whole of what pamsignal thinks.

    `context_of` looks things up about an event, `account_of` names the account of a uid, `local_of` tells what the
    clock on the wall shows at a time; none may raise.
    """

    def __init__(
        self,
        settings: Settings = DEFAULTS,
        context_of: Callable[[AuthEvent], Context] = no_context,
        account_of: AccountOf = no_account,
        local_of: LocalOf = utc,
    ) -> None:
        self.counts = Counts()
        self._account_of = account_of
        self._learned: Dict[int, str] = {}
        self._odd: List[Odd] = []
        self._clock = Clock()
        self._audit = settings.audit
        self._reads_sshd = "sshd" not in settings.ignored_services
        self._correlator = Correlator(settings.ignored_services)
        self._detector = Detector(settings.detect, local_of)
        self._context_of = context_of

    def feed(self, record: JournalRecord) -> Produced:
        """Take in the next record; what it raises is raised."""
        produced = self.feed_all((record,))
        for fault in produced.faults:
            raise fault.error
        return produced

    def feed_all(self, records: Sequence[JournalRecord], present_us: int = 0) -> Produced:
        """Take in the next records. One that raises is left out, and handed back.

        `present_us` is the time of a clock that is never set: a record of audit.log cannot lead beyond it.

        All of them stage by stage, and not one by one through all stages: what the processor has just done it does
        faster, which saves a tenth.
        """
        self._clock.present_us = present_us
        faults: List[Fault] = []
        heard: List[Heard] = each(self._hear, records, faults)
        self.counts.add_heard(len(records), len(heard), map(_PROVENANCE, heard))
        steps: List[Step] = each(self._follow, heard, faults)
        steps.append(Step(self._clock.now_us))  # a quiet time can end with a line that makes no event
        events: List[Judged] = []
        alerts: List[Alert] = []
        each(lambda step: self._judge(step, events, alerts), steps, faults)
        odd, self._odd = self._odd, []
        each(lambda one: self._wonder(one, alerts), odd, faults)
        if heard:
            alerts += self.sight.graded(self.counts, heard[-1].record, self._clock.now_us)
        return Produced(tuple(events), tuple(alerts), tuple(faults)) if events or alerts or faults else NOTHING

    def tick(self, time_us: int) -> Produced:
        """Let everything happen that was waiting for `time_us`, a time of a clock that is never set."""
        now_us = self._clock.at(time_us)
        events: List[Judged] = []
        alerts: List[Alert] = []
        self._judge(Step(now_us, due=self._correlator.tick(now_us)), events, alerts)
        return Produced(tuple(events), tuple(alerts)) if events or alerts else NOTHING

    def next_due_us(self) -> Optional[int]:
        """Return the nearest time at which `tick` has something to say."""
        moments = (self._correlator.next_due_us(), self._detector.next_due_us())
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def familiar(self) -> Familiar:
        """What accounts were seen with before: the caller keeps its changes, and puts them back."""
        return self._detector.familiar

    @property
    def sight(self) -> Sight:
        """What it cannot see, or not see well: the caller keeps the changes of its conditions, and puts them back."""
        return self._detector.sight

    def restore(self, sessions: List[OpenSession]) -> None:
        """Put back the sessions that were open when the daemon stopped."""
        for session in sessions:
            self._correlator.sessions.restore(session)

    def keep_all(self) -> None:
        """Give all that is to be kept with the next changes: what was written down of it is lost."""
        self._correlator.sessions.keep_all()
        self.familiar.keep_all()
        self.sight.conditions.keep_all()

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

    def _hear(self, record: JournalRecord) -> Optional[Heard]:
        """Understand `record`, and count how that went."""
        seen = parse.observe(record)
        if seen is None:
            if record.transport == audit.AUDIT:
                return self._hear_kernel(record) if self._audit.enabled else None
            if record.identifier and "ssh" in record.identifier:
                self._odd.append(Odd(record, None))
            return None
        if isinstance(seen, Unparsed):
            self.counts.add_unparsed(seen.program, record.message)
            self._odd.append(Odd(record, seen))
            return None
        if len(record.message) > TEXT_LIMIT:  # anybody can write 64 kB, and processes are remembered with their lines
            record, seen = record._replace(message=record.message[:TEXT_LIMIT]), bounded(seen)
        return _new(Heard, (record, seen))

    def _hear_kernel(self, record: JournalRecord) -> Optional[Heard]:
        """Understand what the kernel audits: typing, wrong passwords, and logins, which should have a line."""
        seen = audit.observe(record, keystrokes=self._audit.keystrokes)
        if seen is not None:
            return Heard(audit.without_input(record), audit.named(seen, record, self._name_of))
        failure = failure_of(record, self._name_of)
        if failure is not None:
            return Heard(record, failure)
        login = login_of(record, self._name_of) if self._reads_sshd else None
        if login is not None:
            self._odd.append(Odd(record, login))
        return None

    def _follow(self, heard: Heard) -> Optional[Step]:
        """Put a line together with what its process said before, as far as its sender is to be believed."""
        record, seen = heard
        time_us = self._clock.at_record(record)
        due = self._correlator.tick(time_us) if self._correlator.is_due(time_us) else ()
        verdict, forgery = trust(seen, record), None
        if verdict is _ACCEPT:
            if seen.outcome is _SUCCESS:
                self._learn(record, seen)
            if seen.action is _SUPPRESSED:
                self.counts.suppressed += seen.attempts
                return Step(time_us, record, due, dropped=seen)
            if record.uid and self._names_another(record.uid, seen):
                seen = claim_of(seen, record, self._account_of)
        else:
            forgery = self._forgery(record, seen) if verdict in _FORGERIES else None
            if verdict not in _CLAIMS:
                return Step(time_us, record, due, forgery) if due or forgery else None
            seen = claim_of(seen, record, self._name_of)
        events = self._correlator.feed(record, seen, time_us)
        return _new(Step, (time_us, record, due, forgery, events, None)) if events or due or forgery else None

    def _judge(self, step: Step, judged: List[Judged], alerts: List[Alert]) -> None:
        """Add what `step` gives to `judged` and to `alerts`."""
        time_us, record, due, forgery, events, dropped = step
        if self._detector.is_due(time_us):
            alerts += self._detector.tick(time_us)
        for event in due:
            self._judge_event(event, time_us, judged, alerts)
        if forgery is not None:
            alerts += self._detector.report_spoof(forgery, time_us)
        if dropped is not None and record is not None:
            alerts += self.sight.suppressed(record, dropped, time_us)
        for event in events:
            self._judge_event(event, time_us, judged, alerts)

    def _wonder(self, odd: Odd, alerts: List[Alert]) -> None:
        """Look at a line that is nobody's or that nobody understands, or at a login that may have none."""
        record, seen = odd
        time_us = self._clock.now_us or record.time_us
        if seen is None:
            alerts += self.sight.stranger(record, time_us)
        elif isinstance(seen, AuditedLogin):
            if not self._correlator.sessions.is_open(record.boot_id, seen.pid):
                self.sight.audited_login(record, seen, time_us)
        else:
            alerts += self.sight.unparsed(record, seen, time_us)

    def _judge_event(self, event: AuthEvent, time_us: int, judged: List[Judged], alerts: List[Alert]) -> None:
        context = self._context_of(event)
        alerts += self._detector.judge(event, context, time_us)
        if event.action is _LOGIN:
            alerts += self.sight.login(event, time_us)
        judged.append(_new(Judged, (event, context)))
        self.counts.events[event.action] += 1

    def _names_another(self, uid: int, seen: Observation) -> bool:
        """Tell whether a setuid program names another actor than the account that ran it.

        It can be made to: without its privilege (`setpriv --no-new-privs`) it obeys LD_PRELOAD like any program.
        """
        if seen.user is None or seen.action not in _OWN_DOING:
            return False
        return self._account_of(uid) not in (None, seen.user)

    def _forgery(self, record: JournalRecord, seen: Observation) -> Finding:
        self.counts.spoofed[seen.program] += 1
        return spoof_finding(record, seen, self._name_of)
