"""The composition root: from a configuration file to a running monitor, and back down in order."""

from __future__ import annotations

import gc
import os
from typing import Callable, List, NamedTuple, Optional

from pamsignal.audit.trail import Trail
from pamsignal.config import load
from pamsignal.config.settings import Settings
from pamsignal.daemon.audited import Audited
from pamsignal.daemon.evidence import Evidence
from pamsignal.daemon.exporter import Exporter
from pamsignal.daemon.monitor import Monitor
from pamsignal.daemon.parts import Parts
from pamsignal.deliver import heartbeat
from pamsignal.deliver.courier import Courier
from pamsignal.deliver.dispatch import Dispatcher
from pamsignal.deliver.sinks import SINKS
from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.store import open_store
from pamsignal.deliver.wording import in_own_words
from pamsignal.enrich import Enricher
from pamsignal.errors import ConfigError
from pamsignal.journal import LIVE, JournalReader, Source
from pamsignal.journal.audit_log import AuditLog
from pamsignal.runtime import lock
from pamsignal.runtime.directories import Directories, directories, ensure
from pamsignal.runtime.log import Level, Log, form_of
from pamsignal.runtime.loop import Loop, realtime_us
from pamsignal.runtime.sd_notify import Notifier
from pamsignal.stages import Produced

__all__ = ["Options", "serve", "sinks_of"]

STDERR = 2
PUBLIC = 0o755  # as systemd makes a RuntimeDirectory: status.json is for everybody


class Options(NamedTuple):
    """How the daemon is started. `path` None means all defaults; `observer` sees all that the engine produces.

    With an observer, sinks of type console are left out: it shows the same.
    """

    path: Optional[str]
    observer: Optional[Callable[[Produced], None]] = None
    quiet: bool = False


def serve(options: Options) -> int:
    """Run until SIGTERM or SIGINT and return the exit code. PamSignalError says why it could not start."""
    notifier = Notifier.from_environment(os.environ)
    checking = load.begin(options.path) if options.path else None
    log = Log(form_of(STDERR, os.environ), Level.WARNING if options.quiet else Level.INFO)
    loop = Loop()  # signals are caught from here on, so that none that comes early is lost
    try:
        settings = load.finish(checking) if checking is not None else load.defaults()
        paths = directories(os.environ, os.geteuid())
        locked = lock.take(f"{ensure(paths.state)}/lock")
        try:
            return _watch(options, settings, _Started(loop, log, notifier, paths))
        finally:
            os.close(locked)
    finally:
        loop.close()


class _Started(NamedTuple):
    loop: Loop
    log: Log
    notifier: Notifier
    paths: Directories


def _watch(options: Options, settings: Settings, started: _Started) -> int:
    parts = _parts(options, settings, started)
    parts.log.level = parts.level_of(settings)
    for warning in settings.warnings:
        parts.log.warning("configuration", problem=warning)
    monitor = Monitor(parts, settings, options.path)
    # What start-up made stays for good: the collector need not look at it again, and can look more rarely.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        monitor.run()
    finally:
        parts.reader.close()
        parts.audited.close()
        parts.evidence.trail.end(realtime_us())
        parts.store.close()
    return 0


def _parts(options: Options, settings: Settings, started: _Started) -> Parts:
    """Open what stays open as long as the daemon runs, and say how to make what a reload makes anew."""
    loop, log, notifier, paths = started
    store = open_store(f"{paths.state}/state.db", settings.delivery)
    trail = Trail(ensure(paths.logs), settings.trail, settings.retention)
    audited = Audited(AuditLog(settings.audit.log) if settings.audit.enabled and settings.audit.log else None)

    def dispatcher_of(chosen: Settings) -> Dispatcher:
        couriers = [Courier(sink, loop.wake) for sink in sinks_of(chosen, console=options.observer is None)]
        return Dispatcher(store, couriers, chosen.delivery.max_age_seconds, jitter)

    return Parts(
        loop=loop,
        log=log,
        notifier=notifier,
        reader=JournalReader(Source(directory=settings.journal.directory) if settings.journal.directory else LIVE),
        audited=audited,
        store=store,
        evidence=Evidence(trail, log),
        status_path=settings.status_file or f"{ensure(paths.runtime, PUBLIC)}/status.json",
        exporter=Exporter(paths.runtime, log),
        dispatcher_of=dispatcher_of,
        enricher_of=lambda chosen: Enricher(chosen.enrich, state=paths.state),
        heartbeat_of=lambda chosen: heartbeat.build(chosen.heartbeat, loop.wake),
        level_of=lambda chosen: Level.WARNING if options.quiet else Level[chosen.log_level.upper()],
        observer=options.observer,
    )


def sinks_of(settings: Settings, *, console: bool = True) -> List[Sink]:
    """Build the sinks that are switched on. ConfigError names the one that cannot be built and why."""
    sinks: List[Sink] = []
    for one in settings.sinks:
        if not one.route.enabled or (one.kind == "console" and not console):
            continue
        try:
            sinks.append(in_own_words(SINKS[one.kind].build(one.name, one.settings), one.templates))
        except ImportError as error:
            raise ConfigError(
                f"sinks.{one.name}: type {one.kind} needs the Python module {error.name}; install python3-{error.name}"
            ) from error
    return sinks


def jitter() -> float:
    """Return a number in [0, 1). The module random would cost 0.5 MB."""
    return int.from_bytes(os.urandom(4), "big") / 2**32
