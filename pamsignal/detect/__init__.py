"""Events into alerts: counting, thresholds, cool-down. It reads no files and never asks for the time."""

from __future__ import annotations

from typing import List, Mapping, NamedTuple, Optional, Tuple

from pamsignal.detect import blindness, brute_force, evidence, familiar, logins, notable, reasons, success, trust
from pamsignal.detect.blindness import Sight
from pamsignal.detect.brute_force import Group
from pamsignal.detect.evidence import Evidence
from pamsignal.detect.familiar import Familiar
from pamsignal.detect.identity import alert_id
from pamsignal.detect.throttle import NEVER, Digest, Throttle
from pamsignal.hours import LocalOf, utc
from pamsignal.model import NO_CONTEXT, Alert, AuthEvent, Context, Finding, Subject
from pamsignal.terms import Action, Outcome, Severity

SECOND_US = 1_000_000

_SEVERITY: Mapping[str, Severity] = {
    "slow_brute_force": Severity.NOTICE,
}


class Settings(NamedTuple):
    """Thresholds by rule name; `max_tracked` bounds every table, `cooldown_seconds` is the quiet after a report."""

    cooldown_seconds: int = 600
    max_tracked: int = 4096
    rules: Mapping[str, brute_force.Settings] = {}
    success_after_failures: success.Settings = success.Settings()
    spoofed_line: bool = True
    trusted: trust.Settings = trust.Settings()
    notable: notable.Settings = notable.Settings()
    familiar: familiar.Settings = familiar.Settings()
    logins: logins.Settings = logins.Settings()
    reasons: Mapping[str, Optional[Severity]] = reasons.DEFAULTS
    blindness: blindness.Settings = blindness.Settings()


class Detector:
    """Feed it events in order; it answers with alerts. `local_of` tells what the clock on the wall shows."""

    def __init__(self, settings: Settings, local_of: LocalOf = utc) -> None:
        self._settings = settings
        self._local_of = local_of
        self.familiar = Familiar(settings.familiar, settings.logins.hosting_asns)
        self.sight = Sight(settings.blindness)
        self._trusted = trust.Trusted(settings.trusted)
        self._culprits = brute_force.culprits(settings.rules, settings.max_tracked)
        self._success = success.SuccessAfterFailures(settings.success_after_failures, settings.max_tracked)
        self._throttle = Throttle(settings.cooldown_seconds * SECOND_US, settings.max_tracked)

    def judge(self, event: AuthEvent, context: Context, time_us: int) -> List[Alert]:
        """Return the alerts that `event` gives rise to. A success is judged on its own, whatever else goes on."""
        remarks = self._remarks(event, context) if event.action in familiar.NOTED else ()
        if self._trusted.covers(event):
            return []
        seen = evidence.of(event)
        finding = self._success.add(event, seen, time_us)
        if finding is not None:
            if event.source is not None:
                return [alert_about(finding, Severity.CRITICAL, context, remarks)]
            # Whoever mistypes here is on the host already, or at its console, and mostly is who they say.
            loudness = max(Severity.WARNING, reasons.severity_of(remarks, self._settings.reasons))
            alert = alert_about(finding, loudness, context, remarks)
            if event.action is Action.LOGIN_SUCCESS:
                return [alert]
            told = self._report("success", finding, alert, time_us)  # at sudo, anybody can do it at will
            if told:
                return told
        alerts = self._count(event, seen, context, time_us) if event.action in evidence.RELEVANT else []
        return alerts + [
            self._with_past(one, seen, time_us) for one in self._by_itself(event, context, time_us, remarks)
        ]

    def _with_past(self, alert: Alert, seen: Evidence, time_us: int) -> Alert:
        """Add to an alert about a success what failed before it."""
        if not isinstance(alert.subject, AuthEvent):
            return alert
        failures = self._success.failures_before(alert.subject, seen, time_us)
        return alert._replace(failures_before=failures, before_us=self._success.span_us) if failures else alert

    def report_spoof(self, finding: Finding, time_us: int) -> List[Alert]:
        """Return an alert about a line that somebody made up, unless the same account did so just now."""
        if not self._settings.spoofed_line:
            return []
        return self._report("spoof", finding, alert_about(finding, Severity.WARNING), time_us)

    def tick(self, time_us: int) -> List[Alert]:
        """Return the digests of the quiet times that ended by `time_us`, and the ends of what nobody could see."""
        return [*map(_digest_alert, self._throttle.take_due(time_us)), *self.sight.tick(time_us)]

    def is_due(self, time_us: int) -> bool:
        """Tell whether `tick` may have something to say at `time_us`."""
        return time_us >= self._throttle.nearest_us or time_us >= self.sight.nearest_us

    def next_due_us(self) -> Optional[int]:
        """Return when `tick` has something to say next."""
        moments = (self._throttle.next_due_us(), self.sight.nearest_us)
        nearest_us = min(moment for moment in moments if moment is not None)
        return None if nearest_us == NEVER else nearest_us

    def _count(self, event: AuthEvent, seen: Evidence, context: Context, time_us: int) -> List[Alert]:
        alerts: List[Alert] = []
        for key_of, groups in self._culprits:
            key = key_of(seen)
            finding = self._conclude(event, seen, key, groups, time_us) if key is not None else None
            if finding is not None:
                alerts.append(alert_about(finding, _severity_of(finding), context))
        return alerts

    def _conclude(
        self, event: AuthEvent, seen: Evidence, key: str, groups: List[Group], time_us: int
    ) -> Optional[Finding]:
        """Count `event` against the culprit `key`; return the first finding if none of `groups` spoke of it already.

        A group that is quiet counts nothing: a quiet time is never shorter than its windows, and ends only when nothing
        happened in it. What an earlier group speaks of is not told twice.
        """
        told: Optional[Finding] = None
        is_known = False
        for group in groups:
            if self._throttle.absorb((group.name, key), 0 if is_known else event.attempts, event.time_us):
                is_known = True
                continue
            for rule in group.rules:
                tally = rule.count(seen, key, time_us)
                if is_known or tally is None:
                    continue
                told = rule.conclude(event, key, tally, time_us)
                if told is not None:
                    is_known = True
                    self._throttle.begin((group.name, key), told, _severity_of(told), time_us, group.longest_us)
        return told

    def _remarks(self, event: AuthEvent, context: Context) -> Tuple[str, ...]:
        """Learn from `event`, and return what is worth a remark about it."""
        found = self.familiar.note(event, context)
        if event.action is Action.LOGIN_SUCCESS:
            found.update(logins.remarks(event, self._local_of(event.time_us), self._settings.logins))
        return reasons.told(found, self._settings.reasons)

    def _by_itself(self, event: AuthEvent, context: Context, time_us: int, remarks: Tuple[str, ...]) -> List[Alert]:
        severity = notable.severity_of(event)
        is_wanted = event.action.value in self._settings.notable.actions or "first_elevation" in remarks
        if severity is None or not is_wanted:
            return []
        if event.outcome is Outcome.FAILURE and event.action is not Action.ACCOUNT_LOCKED:
            return self._refusal(event, severity, context, time_us)
        severity = max(severity, reasons.severity_of(remarks, self._settings.reasons))
        return [alert_about(event, severity, context, remarks)]

    def _refusal(self, event: AuthEvent, severity: Severity, context: Context, time_us: int) -> List[Alert]:
        """Refusals can be repeated at will: each account speaks once at each loudness, and then there is a digest."""
        group = (f"{event.action.value} {severity.word}", _account_of(event))
        if self._throttle.absorb(group, event.attempts, event.time_us):
            return []
        self._throttle.begin(group, _finding_of(event), severity, time_us)
        return [alert_about(event, severity, context)]

    def _report(self, group: str, finding: Finding, alert: Alert, time_us: int) -> List[Alert]:
        """Return `alert`, which speaks of `finding`, unless one of `group` about the same key did so just now."""
        if self._throttle.absorb((group, finding.key), 1, finding.time_us):
            return []
        self._throttle.begin((group, finding.key), finding, alert.severity, time_us)
        return [alert]


def alert_about(
    subject: Subject, severity: Severity, context: Context = NO_CONTEXT, remarks: Tuple[str, ...] = ()
) -> Alert:
    """Make the alert that speaks of `subject`, and of what is new about it; its id follows from the subject's."""
    rule = subject.action.value if isinstance(subject, AuthEvent) else subject.rule
    return Alert(alert_id(subject, rule), subject.time_us, severity, rule, subject, context, reasons=remarks)


def _severity_of(finding: Finding) -> Severity:
    return _SEVERITY.get(finding.rule, Severity.WARNING)


def _digest_alert(digest: Digest) -> Alert:
    """Make the alert about a quiet time. The first report's names and last try are not those of what came after it."""
    identity = alert_id(digest.finding, f"{digest.finding.rule}/digest/{digest.since_us}")
    finding = digest.finding._replace(
        time_us=digest.last_us,
        attempts=digest.suppressed,
        weak=0,
        window_us=digest.length_us,
        first_us=None,
        last_us=digest.last_us,
        users=(),
        user_total=0,
        sources=(),
        source_total=0,
        event=None,
    )
    severity = min(digest.severity, Severity.WARNING)
    return Alert(identity, digest.last_us, severity, finding.rule, finding, suppressed=digest.suppressed, digest=True)


def _finding_of(event: AuthEvent) -> Finding:
    """Return what the digest after `event` begins with."""
    return Finding(event.action.value, _account_of(event), event.time_us, event.hostname, event=event)


def _account_of(event: AuthEvent) -> str:
    return event.user or (f"uid {event.user_id}" if event.user_id is not None else "an unknown account")
