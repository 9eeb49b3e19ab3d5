"""What is wrong with parts of pamsignal itself: told when it begins, not again after a restart, and when it is over."""

from __future__ import annotations

import os
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from pamsignal.daemon.parts import Parts
from pamsignal.daemon.report import Watched
from pamsignal.deliver.heartbeat import Heartbeat
from pamsignal.deliver.turn import NEW_CHANNEL, Channel
from pamsignal.detect.conditions import Change, Conditions, Name, beginning, ending
from pamsignal.model import Alert
from pamsignal.render import when
from pamsignal.runtime.log import Log
from pamsignal.runtime.loop import since_boot_us

JOURNAL_PATIENCE_US = 60_000_000  # it is not there yet while a host boots
SINK_PATIENCE_US = 900_000_000
# What is written to is well when it has been so for a while: a full disk takes a little now and then.
CALM_US = 30_000_000
_UNSTEADY = frozenset({"store_trouble", "trail_trouble"})
# Less is what a clock that is disciplined does; and while a host boots, its clock is set to what it should be.
CLOCK_STEP_US = 5_000_000
BOOT_US = 300_000_000

# Answers that will not change until somebody changes a setting: worth telling on the other channels at once.
_LASTING = frozenset({"authentication", "gone", "redirect", "tls"})

# Part of the rule's name → what is well again; the log says it, too.
_OVER: Mapping[str, str] = {
    "store_trouble": "the state database is written again",
    "trail_trouble": "the trail is written again",
    "journal_unreadable": "the journal is read again; what was written meanwhile is caught up with",
    "geoip_trouble": "the databases of places are in order again",
    "heartbeat_unheard": "the heartbeat is heard again",
    "sink_paused": "{key} takes alerts again; what waited is on its way",
    "config_rejected": "a changed configuration was taken",
}
RULES = tuple(_OVER)


class _Seen(NamedTuple):
    """Trouble that is not told yet: in which words, and since when."""

    note: str
    since_us: int


class OwnSight:
    """Compare what is the case with what was told: `note` each part as often as you like, and take the alarms."""

    def __init__(self, log: Log) -> None:
        self.conditions = Conditions()
        self._log = log
        self._waiting: Dict[Name, _Seen] = {}
        self._calm_since_us: Dict[Name, int] = {}
        self._alarms: List[Alert] = []
        self._booted_us: Optional[int] = None

    def restore(self, kept: Iterable[Change]) -> None:
        """Know what the last run had told."""
        self.conditions.restore(kept)

    def note(self, rule: str, key: str, trouble: Optional[str], now_us: int, patience_us: int = 0) -> None:
        """Say what is wrong with `key`, None for nothing; it is told when it has been the case for `patience_us`."""
        name = Name(rule, key)
        if trouble is None:
            self._waiting.pop(name, None)
            if rule not in _UNSTEADY or self._is_calm(name, now_us):
                self._end(name, now_us)
            return
        self._calm_since_us.pop(name, None)
        if self.conditions.get(name) is None:
            seen = self._waiting.setdefault(name, _Seen(trouble, now_us))
            if patience_us <= now_us - seen.since_us or now_us < seen.since_us:
                del self._waiting[name]
                self._begin(name, trouble, now_us)

    def note_places(self, now_us: int, parts: Parts) -> None:
        """Say what is wrong with what each turn reads from beside the journal, and writes to."""
        self.note("journal_unreadable", "audit log", parts.audited.problem, now_us, JOURNAL_PATIENCE_US)
        self.note("store_trouble", "store", parts.store.trouble, now_us)
        self.note("trail_trouble", "trail", parts.evidence.trail.trouble, now_us)

    def look(self, now_us: int, watched: Watched, heartbeat: Heartbeat) -> None:
        """Look at the parts that `note_places` has not. Beat if all is seen."""
        reader, sinks = watched.reader, [one.name for one in watched.settings.sinks if one.route.enabled]
        missing = None if reader.has_files() else "there is no journal file, so no login is seen; is journald running?"
        self.note("journal_unreadable", "journal", reader.problem or missing, now_us, JOURNAL_PATIENCE_US)
        heartbeat.tend(now_us, sees=reader.problem is None and missing is None and watched.store.trouble is None)
        unheard = f"the heartbeat is not heard ({heartbeat.trouble})" if heartbeat.trouble else None
        self.note("heartbeat_unheard", "heartbeat", unheard, now_us, SINK_PATIENCE_US)
        self.note("geoip_trouble", "geoip", "; ".join(watched.enricher.problems()) or None, now_us)
        for sink in sinks:
            trouble, patience_us = _refusal(sink, watched.store.channels.get(sink, NEW_CHANNEL))
            self.note("sink_paused", sink, trouble, now_us, patience_us)
        self.keep_only("sink_paused", sinks)
        self._look_at_clock(now_us)

    def keep_only(self, rule: str, keys: Iterable[str]) -> None:
        """Drop what stands of others, as of a sink that is not in the configuration any more."""
        known = frozenset(keys)
        for name, _ in self.conditions:
            if name.rule == rule and name.key not in known:
                self.conditions.end(name)

    def take_alarms(self) -> List[Alert]:
        """Return what is to be told since the last call."""
        alarms, self._alarms = self._alarms, []
        return alarms

    def _look_at_clock(self, now_us: int) -> None:
        """Tell when the clock was set: what counts on its times (journal, certificates, other hosts' logs) is torn."""
        before_us, up_us = self._booted_us, since_boot_us()
        self._booted_us = now_us - up_us
        step_us = 0 if before_us is None else self._booted_us - before_us
        if abs(step_us) < CLOCK_STEP_US:
            return
        note = f"the clock was set {'forward' if step_us > 0 else 'back'} by {when.span(abs(step_us))}"
        self._log.notice(note)
        if up_us > BOOT_US:
            self._alarms.append(beginning(Name("clock_set", "clock"), now_us, os.uname().nodename, note))

    def _is_calm(self, name: Name, now_us: int) -> bool:
        """Tell whether what stands of `name` has not been the case for long enough."""
        if self.conditions.get(name) is None:
            return False
        since_us = self._calm_since_us.setdefault(name, now_us)
        if now_us < since_us:  # the clock was set back
            self._calm_since_us[name] = now_us
        return now_us - since_us >= CALM_US

    def _begin(self, name: Name, trouble: str, now_us: int) -> None:
        if self.conditions.show(name, now_us):
            self._log.error(f"{name.rule.replace('_', ' ')}", about=name.key, trouble=trouble)
            self._alarms.append(beginning(name, now_us, os.uname().nodename, trouble))

    def _end(self, name: Name, now_us: int) -> None:
        stood = self.conditions.end(name)
        self._calm_since_us.pop(name, None)
        if stood is not None:
            note = _OVER[name.rule].format(key=name.key)
            self._log.notice(note, about=name.key)
            self._alarms.append(ending(name, stood._replace(last_us=now_us), now_us, os.uname().nodename, note))


def _refusal(sink: str, channel: Channel) -> Tuple[Optional[str], int]:
    """Return what is wrong with a sink, and how long that may be so before somebody should hear of it."""
    if not channel.failures:
        return None, 0
    reason = (channel.last_error or "").partition(":")[0]
    if reason in _LASTING:
        return f"{sink} refuses ({reason}); alerts for it wait. Mend its settings, then reload", 0
    return f"{sink} has taken no alert for {when.span(SINK_PATIENCE_US)} ({reason}); they wait", SINK_PATIENCE_US
