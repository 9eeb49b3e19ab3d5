"""The status file: how the monitor is doing, in numbers. Everybody may read it: no secret, no account, no address."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from pamsignal import __version__
from pamsignal.audit.trail import Trail
from pamsignal.config.settings import Settings
from pamsignal.counts import Counts
from pamsignal.deliver.counters import losses, name_of_loss
from pamsignal.deliver.store import Store
from pamsignal.deliver.turn import NEW_CHANNEL, Health
from pamsignal.detect import blindness
from pamsignal.detect.conditions import Name, Standing
from pamsignal.enrich import Enricher
from pamsignal.journal import JournalReader
from pamsignal.render import when
from pamsignal.runtime import status_file
from pamsignal.terms import Action


class Watched(NamedTuple):
    """The parts whose state everybody may know, and the conditions that stand."""

    reader: JournalReader
    store: Store
    trail: Trail
    enricher: Enricher
    settings: Settings
    standing: Sequence[Tuple[Name, Standing]] = ()


class Report:
    """Writes the status file at `path`.

    `faults` counts records that raised, `rejected` is a reload's first problem, `unpublished` what keeps metrics back.
    """

    def __init__(self, path: str, started_us: int) -> None:
        self.path = path
        self.faults = 0
        self.rejected: Optional[str] = None
        self.unpublished: Optional[str] = None
        self.started_us = started_us

    def one_line(self, reader: JournalReader, counts: Counts) -> str:
        """Return the line that `systemctl status` shows."""
        if reader.problem is not None:
            return f"cannot read the journal: {reader.problem}"
        if not reader.has_files():
            return "waiting for the journal: there is no journal file yet"
        logins = counts.events[Action.LOGIN_SUCCESS]
        failures = counts.events[Action.LOGIN_FAILURE]
        return f"watching: {counts.records} records, {logins} logins, {failures} failed attempts"

    def write(self, now_us: int, state: str, counts: Counts, watched: Watched) -> None:
        """Replace the file. A directory that cannot be written costs the file, not the watch."""
        reader, store, trail, enricher, settings, standing = watched
        health = health_of(store, settings)
        document: Dict[str, object] = {
            "version": __version__,
            "pid": os.getpid(),
            "state": state,
            "started": when.timestamp(self.started_us),
            "written": when.timestamp(now_us),
            "uptime_seconds": (now_us - self.started_us) // 1_000_000,
            "journal": _journal(reader, now_us),
            "records": counts.records,
            "understood": counts.understood,
            "events": _named(counts.events),
            "not_understood": dict(counts.unparsed.most_common(20)),
            "spoofed": dict(counts.spoofed.most_common(20)),
            "provenance": _named(counts.provenance),
            "sinks": {name: _sink(one, now_us) for name, one in health.items()},
            "store": {"trouble": store.trouble is not None, "lost": _losses(store.counters)},
            "trail": _trail(trail, settings),
            "context": enricher.state(),
            "config": {"fingerprint": settings.fingerprint or None, "reload_rejected": self.rejected is not None},
            "faults": self.faults,
            "conditions": [_condition(name, stands) for name, stands in standing],
        }
        document["problems"] = self._problems(watched, health)
        try:
            status_file.write(self.path, document)
        except OSError:
            return

    def _problems(self, watched: Watched, health: Dict[str, Health]) -> List[str]:
        reader, store = watched.reader, watched.store
        problems: List[str] = []
        if reader.problem is not None:
            problems.append("the journal cannot be read")
        elif not reader.has_files():
            problems.append("there is no journal yet")
        if store.trouble is not None:
            problems.append("the store is in trouble; alerts go on from memory")
        if watched.trail.trouble is not None:
            problems.append("the trail is in trouble; see: journalctl -u pamsignal")
        problems += watched.enricher.problems()
        problems += [f"sink {name} does not take alerts" for name, one in health.items() if one.channel.failures]
        problems += [f"sink {name}: {one.dead} alerts were given up" for name, one in health.items() if one.dead]
        problems += [
            f"{name.rule.replace('_', ' ')}: {name.key}" for name, _ in watched.standing if name.rule in blindness.RULES
        ]
        if self.rejected is not None:
            problems.append("the changed configuration was rejected; the old one is in use")
        if self.unpublished is not None:
            problems.append("metrics are not published; see: journalctl -u pamsignal")
        if self.faults:
            problems.append(f"{self.faults} records could not be handled: a bug, please report it")
        return problems


def health_of(store: Store, settings: Settings) -> Dict[str, Health]:
    """Return the state of every sink; one that has not been needed yet is as good as new.

    One that is not configured any more is among them as long as something of it waits, or was given up.
    """
    idle = {one.name: Health(0, None, 0, NEW_CHANNEL) for one in settings.sinks if one.route.enabled}
    known = store.health().items()
    kept = {name: one for name, one in known if name in idle or one.queued or one.dead}
    return dict(sorted({**idle, **kept}.items()))


def _journal(reader: JournalReader, now_us: int) -> Dict[str, object]:
    position = reader.position
    return {
        "last_record": when.timestamp(position.time_us) if position else None,
        "seconds_since": max(0, (now_us - position.time_us) // 1_000_000) if position else None,
        "skipped": reader.skipped,
        "reopened": reader.reopened,
    }


def _trail(trail: Trail, settings: Settings) -> Dict[str, object]:
    return {
        "enabled": settings.trail.enabled,
        "head": str(trail.head) if trail.head.seq else None,
        "trouble": trail.trouble is not None,
        "lost": trail.lost,
    }


def _sink(health: Health, now_us: int) -> Dict[str, object]:
    channel = health.channel
    return {
        "queued": health.queued,
        "oldest_seconds": max(0, (now_us - health.oldest_us) // 1_000_000) if health.oldest_us is not None else None,
        "sent": channel.sent,
        "given_up": health.dead,
        "failures_in_a_row": channel.failures,
        "last_sent": when.timestamp(channel.last_sent_us) if channel.last_sent_us is not None else None,
        # The detail may name hosts: the reason alone is for everybody.
        "last_error": channel.last_error.partition(":")[0] if channel.last_error else None,
        "held_until": when.timestamp(channel.held_until_us) if channel.held_until_us > now_us else None,
    }


def _condition(name: Name, standing: Standing) -> Dict[str, object]:
    return {"rule": name.rule, "about": name.key, "since": when.timestamp(standing.since_us), "times": standing.times}


def _named(counts: Mapping[Any, int]) -> Dict[str, int]:
    return dict(sorted((member.value, count) for member, count in counts.items()))


def _losses(counters: Dict[str, int]) -> Dict[str, int]:
    return {name_of_loss(*key): lost for key, lost in sorted(losses(counters).items())}
