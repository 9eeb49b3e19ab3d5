"""What the loop's body works with: made in one place, replaced by a reload where it has a maker."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from pamsignal.config.settings import Settings
from pamsignal.daemon.audited import Audited
from pamsignal.daemon.evidence import Evidence
from pamsignal.daemon.exporter import Exporter
from pamsignal.deliver.dispatch import Dispatcher
from pamsignal.deliver.heartbeat import Heartbeat
from pamsignal.deliver.store import Store
from pamsignal.enrich import Enricher
from pamsignal.journal import JournalReader
from pamsignal.runtime.log import Level, Log
from pamsignal.runtime.loop import Loop
from pamsignal.runtime.sd_notify import Notifier
from pamsignal.stages import Produced


class Parts(NamedTuple):
    """What the monitor works with."""

    loop: Loop
    log: Log
    notifier: Notifier
    reader: JournalReader
    audited: Audited
    store: Store
    evidence: Evidence
    status_path: str
    exporter: Exporter
    dispatcher_of: Callable[[Settings], Dispatcher]
    enricher_of: Callable[[Settings], Enricher]
    heartbeat_of: Callable[[Settings], Heartbeat]
    level_of: Callable[[Settings], Level]
    observer: Optional[Callable[[Produced], None]] = None
