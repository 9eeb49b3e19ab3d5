"""The loop's body. One turn reads as prose: signals, answers, records, judgement, one commit, deliveries, watchdog.

An alert leaves the host only after it and the place in the journal were written down together, so ending this
process at any line loses nothing and repeats nothing: what was not committed is read again, under the same ids.
"""

from __future__ import annotations

from itertools import islice
from typing import List, Optional

from pamsignal.config import load
from pamsignal.config.settings import Settings, fixed_keys
from pamsignal.counts import Counts
from pamsignal.daemon import happenings, keepsakes
from pamsignal.daemon.outgoing import Outgoing
from pamsignal.daemon.own_sight import OwnSight
from pamsignal.daemon.pace import Pace
from pamsignal.daemon.parts import Parts
from pamsignal.daemon.place import go_on, known_place
from pamsignal.daemon.report import Report, Watched
from pamsignal.daemon.tally import Tally
from pamsignal.deliver.dispatch import Collected, Dispatcher
from pamsignal.deliver.turn import Turn
from pamsignal.enrich import accounts
from pamsignal.errors import PamSignalError
from pamsignal.model import Alert, JournalRecord, Position
from pamsignal.pipeline import Engine
from pamsignal.runtime.loop import NO_WAKE, Wake, monotonic_us, realtime_us
from pamsignal.runtime.zone import wall_clock
from pamsignal.stages import Produced
from pamsignal.terms import Action

BATCH = 500
# Records reach the journal a moment after their time; waiting lines are settled only when none can be on its way.
GRACE_US = 1_000_000
STATUS_EVERY_US = 10_000_000
STATUS_SOON_US = 1_000_000  # after news of a sink
STOP_SECONDS = 3.0

# After these a uid can belong to another name.
_NEW_NAMES = frozenset({Action.ACCOUNT_CREATED, Action.ACCOUNT_DELETED})


class Monitor:
    """Watches one journal and keeps the promise. `run` returns when it is told to stop."""

    def __init__(self, parts: Parts, settings: Settings, path: Optional[str]) -> None:
        self._parts = parts
        self._path = path
        self._started_us = realtime_us()
        self._steady_us = self._started_us - monotonic_us()
        self._pace = Pace()
        self._report_due_us = 0
        self._alarms: List[Alert] = []
        self._own_sight = OwnSight(parts.log)
        keepsakes.recall_own(self._own_sight, parts.store)
        self._committed: Optional[Position] = None
        self.report = Report(parts.status_path, self._started_us)
        self._tally = Tally()
        self._enricher = parts.enricher_of(settings)
        self._use(settings, parts.dispatcher_of(settings))

    def run(self) -> None:
        """Say that it is ready, rebuild what the detection knew, and then turn until it is told to stop."""
        log, notifier = self._parts.log, self._parts.notifier
        reader, store, evidence = self._parts.reader, self._parts.store, self._parts.evidence
        known = known_place(store, evidence.trail, reader)
        oldest_us = self._started_us - self._settings.journal.catch_up_seconds * 1_000_000
        gap = go_on(store, reader, known, oldest_us)
        self._parts.audited.begin(store, oldest_us)
        evidence.open(store, self._started_us, known.position.time_us if known is not None else self._started_us)
        notifier.ready(self._one_line())
        log.notice("watching", sinks=len(self._settings.sinks), config=self._path or "defaults")
        if known is not None:  # what was before the very first start is nobody's news, and neither are its digests
            self._rebuild(is_written=not known.by_trail)
        if gap is not None:
            self._alarms.append(happenings.journal_gap(gap, realtime_us()))
        while self.turn():
            pass
        self._stop()

    def turn(self) -> bool:
        """Do one round; return False when it is time to stop."""
        parts = self._parts
        parts.loop.watch(parts.reader.fileno())
        wake = parts.loop.wait(self._pace.patience_seconds(monotonic_us()))
        if not self._obey(wake):
            return False
        records = self._read()
        if records or wake != NO_WAKE or self._alarms or not self._pace.is_resting(monotonic_us()):
            self._work(records)
        parts.notifier.feed_watchdog(monotonic_us())
        return True

    def _work(self, records: List[JournalRecord]) -> None:
        began_us, now_us = monotonic_us(), realtime_us()
        for problem in self._enricher.look(now_us):
            self._parts.log.warning("context", problem=problem)
        collected = self._dispatcher.collect(now_us)
        produced = self._think(records)
        gap = self._parts.reader.take_gap()
        if gap is not None:
            self._alarms.append(happenings.journal_gap(gap, now_us))
        self._commit(now_us, collected, produced)
        self._dispatcher.hand_out(now_us)
        self._outgoing.anchor(self._parts.evidence.tend(now_us), now_us)
        self._tell(now_us, collected, produced)
        self._rest(now_us)
        if records:
            self._tally.lag.add(now_us - records[0].time_us)
        self._tally.turns.add(monotonic_us() - began_us)

    def _rest(self, now_us: int) -> None:
        """Work out how long nothing is to be done unless something comes."""
        due_us = self._engine.next_due_us()
        waits_us = [due_us - self._engine_now_us()] if due_us is not None else []
        later = (
            self._outgoing.next_deadline_us(now_us),
            self._dispatcher.next_deadline_us(now_us),
            self._parts.evidence.trail.next_deadline_us(),
        )
        self._pace.rest(monotonic_us(), waits_us + [due_us - now_us for due_us in later if due_us is not None])

    def _engine_now_us(self) -> int:
        return self._steady_us + monotonic_us() - GRACE_US

    def _use(self, settings: Settings, dispatcher: Dispatcher) -> None:
        self._settings = settings
        self._parts.log.level = self._parts.level_of(settings)
        accounts.forget()
        self._dispatcher = dispatcher
        self._heartbeat = self._parts.heartbeat_of(settings)
        self._parts.exporter.use(settings.metrics)
        clock = wall_clock(settings.timezone)
        self._engine = Engine(settings.engine, self._enricher.context_of, accounts.account_of, clock)
        keepsakes.put_back(self._engine, self._parts.store)
        self._outgoing = Outgoing(settings, console=self._parts.observer is None)

    def _rebuild(self, *, is_written: bool = True) -> None:
        """Read again what was read already, with the answers thrown away: windows and cool-downs are as they were.

        What the store keeps goes before what is read again, unless it is lost: then that is what is kept.
        """
        journal = self._settings.journal
        oldest_us = self._started_us - journal.rewind_seconds * 1_000_000
        history = self._parts.audited.with_history(self._parts.reader.history(journal.rewind_entries, oldest_us))
        while records := list(islice(history, BATCH)):
            for alert in self._feed(records).alerts:
                self._outgoing.remember(alert)
            self._parts.notifier.feed_watchdog(monotonic_us())
        if is_written:
            keepsakes.recall(self._engine, self._outgoing, self._parts.store)
        self._engine.counts = Counts()

    def _obey(self, wake: Wake) -> bool:
        if wake.stop:
            return False
        if wake.reload:
            self._reload()
        if wake.report:
            self._report_due_us = 0
        return True

    def _read(self) -> List[JournalRecord]:
        """Read on. Only a reading that gets no further proves that nothing more is there: records can be left out."""
        reader, now_us = self._parts.reader, monotonic_us()
        before = reader.position
        # The look at the directories costs a sixth of an idle turn, and is in time with what else is due each second.
        records = reader.read(BATCH, look_around=not self._pace.is_resting(now_us))
        self._pace.looked(now_us, got_further=reader.position != before, is_held=reader.problem is not None)
        return self._parts.audited.beside(records, is_behind=self._pace.is_behind)

    def _think(self, records: List[JournalRecord]) -> Produced:
        produced = self._feed(records)
        if not self._pace.is_behind:
            due = self._engine.tick(self._engine_now_us())
            produced = Produced(produced.events + due.events, produced.alerts + due.alerts)
        if any(judged.event.action in _NEW_NAMES for judged in produced.events):
            accounts.forget()
        return produced

    def _feed(self, records: List[JournalRecord]) -> Produced:
        produced = self._engine.feed_all(records, self._engine_now_us())
        self.report.faults += len(produced.faults)
        for record, error in produced.faults:
            cursor = record.cursor if record is not None else None
            self._parts.log.error("a record could not be handled", error=type(error).__name__, cursor=cursor)
        return produced

    def _commit(self, now_us: int, collected: Collected, produced: Produced) -> None:
        alarms, self._alarms = self._alarms, []
        alarms += self._outgoing.alarms_about(collected, now_us)
        head = self._parts.evidence.write(now_us, produced.events, [*produced.alerts, *alarms])
        deliveries = self._outgoing.admit(produced, alarms, now_us)
        self._tally.told((*produced.alerts, *alarms), deliveries)
        changes = keepsakes.take(self._engine, self._own_sight, self._outgoing)
        turn = Turn(
            now_us=now_us,
            position=self._new_position(),
            alerts=deliveries,
            sessions_opened=changes.opened,
            sessions_closed=changes.closed,
            settled=collected.settled,
            channels=collected.channels,
            expired=collected.expired,
            released=collected.released,
            remembered=[*head, *changes.remembered, *self._parts.audited.take_place()],
            counted=collected.counted,
        )
        before = self._parts.store.begun_anew
        self._parts.store.commit(turn)
        self._committed = self._parts.reader.position
        if self._parts.store.begun_anew != before:
            self._keep_all()
        self._own_sight.note_places(now_us, self._parts)
        self._alarms += self._own_sight.take_alarms()

    def _keep_all(self) -> None:
        """See to it that the next turn writes all that the file which is lost knew."""
        self._committed = None
        self._parts.evidence.keep_all()
        self._parts.audited.keep_all()
        keepsakes.keep_all(self._engine, self._own_sight, self._outgoing)

    def _new_position(self) -> Optional[Position]:
        """Return the place to write down, None if it is written already: a quiet host should not wake its disk."""
        position = self._parts.reader.position
        return None if position == self._committed else position

    def _tell(self, now_us: int, collected: Collected, produced: Produced) -> None:
        for happening in collected.happenings:
            happenings.log_delivery(self._parts.log, happening)
            self._report_due_us = min(self._report_due_us, now_us + STATUS_SOON_US)
        if self._parts.observer is not None and (produced.events or produced.alerts):
            self._parts.observer(produced)
        if now_us >= self._report_due_us or now_us < self._report_due_us - 2 * STATUS_EVERY_US:
            self._report_due_us = now_us + STATUS_EVERY_US
            self._write_report(now_us, "running")

    def _write_report(self, now_us: int, state: str) -> None:
        parts = self._parts
        standing = (*self._engine.sight.conditions, *self._own_sight.conditions)
        watched = Watched(parts.reader, parts.store, parts.evidence.trail, self._enricher, self._settings, standing)
        self._own_sight.look(now_us, watched, self._heartbeat)
        self._alarms += self._own_sight.take_alarms()
        counts = self._engine.counts
        parts.exporter.publish(now_us, counts, self._tally, self.report, watched)
        self.report.unpublished = parts.exporter.trouble
        self.report.write(now_us, state, counts, watched)
        parts.notifier.status(self._one_line())

    def _one_line(self) -> str:
        return self.report.one_line(self._parts.reader, self._engine.counts)

    def _reload(self) -> None:
        """Take the changed configuration, or keep the old one and say why."""
        parts = self._parts
        parts.notifier.reloading(monotonic_us())
        try:
            self._change_to(load.load(self._path) if self._path else load.defaults())
        except PamSignalError as error:
            parts.log.error("the changed configuration is not used; the old one stays", problems=str(error))
            why = happenings.config_rejected(str(error))
            self._own_sight.note("config_rejected", "configuration", why, realtime_us())
            self.report.rejected = str(error).partition("\n")[0]
            self._tally.reloads["refused"] += 1
        else:
            parts.log.notice("configuration reloaded", fingerprint=self._settings.fingerprint[:12])
            self._own_sight.note("config_rejected", "configuration", None, realtime_us())
            self.report.rejected = None
            self._tally.reloads["ok"] += 1
        parts.notifier.ready(self._one_line())

    def _change_to(self, settings: Settings) -> None:
        former, outgoing, counts = self._dispatcher, self._outgoing, self._engine.counts
        built = self._parts.dispatcher_of(settings)  # may fail: before anything is given up
        self._enricher.close()
        self._enricher = self._parts.enricher_of(settings)
        self._parts.evidence.use(settings)
        former.stop(STOP_SECONDS)
        now_us = realtime_us()
        self._commit(now_us, former.collect(now_us), Produced())
        for key in fixed_keys(self._settings, settings):
            self._parts.log.warning("a changed key needs a restart: systemctl restart pamsignal", key=key)
        self._use(settings, built)
        self._outgoing.take_over(outgoing)
        built.release()
        self._rebuild()
        self._engine.counts = counts

    def _stop(self) -> None:
        """Let what is under way arrive, write everything down, and say goodbye."""
        self._parts.notifier.stopping("stopping")
        self._dispatcher.stop(STOP_SECONDS)
        now_us = realtime_us()
        self._commit(now_us, self._dispatcher.collect(now_us), Produced())
        self._write_report(now_us, "stopped")
        self._parts.exporter.close()
        self._parts.log.notice("stopped", records=self._engine.counts.records)
