"""The only threads: one per sink, so that a dead receiver never delays another, and nothing ever blocks the loop.

A courier holds no state worth saving: what it carries is in the store until the store hears that it arrived.
Its threads are daemon threads, because a receiver that hangs must not hold up the end of the process.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import Callable, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from pamsignal.deliver.sinks.base import Sink
from pamsignal.model import Alert, Result, TryLater

MAX_ABANDONED = 3

_Load = Tuple[Alert, ...]


class Delivered(NamedTuple):
    """How it went with what was offered last; `alert_ids` in the order offered."""

    sink: str
    alert_ids: Tuple[str, ...]
    result: Result


class Courier:
    """Carries one load at a time to `sink`, and calls `wake` (from its thread) when `collect` has something."""

    def __init__(self, sink: Sink, wake: Callable[[], None]) -> None:
        self.name = sink.name
        self.batch = max(1, sink.batch)
        self._sink = sink
        self._wake = wake
        self._carried: Optional[_Load] = None
        self._abandoned: List[threading.Thread] = []
        self._thread: Optional[threading.Thread] = None
        self._begin()

    @property
    def is_busy(self) -> bool:
        """Whether something is under way or not yet collected."""
        return self._carried is not None

    def offer(self, alerts: Sequence[Alert]) -> bool:
        """Hand over `alerts`; False if there is a load under way. Never blocks."""
        if self._carried is not None:
            return False
        self._carried = tuple(alerts)
        try:
            self._start()
        except RuntimeError as error:  # no thread to be had: the limit of the system or of the unit
            self._outbox.put(TryLater("bug", f"{type(error).__name__} at the start of a thread"))
            self._wake()
        else:
            self._inbox.put(self._carried)
        return True

    def collect(self) -> Optional[Delivered]:
        """Return how the load went, once; None while it is under way. Never blocks."""
        load = self._carried
        if load is None:
            return None
        is_alive = self._thread is not None and self._thread.is_alive()  # asked first: it answers before it ends
        try:
            result: Result = self._outbox.get_nowait()
        except queue.Empty:
            if is_alive:
                return None
            result = TryLater("bug", "the courier ended")
        self._carried = None
        return Delivered(self.name, tuple(alert.id for alert in load), result)

    def abandon(self) -> bool:
        """Leave a thread that hangs to itself, and be ready again; False if too many hang already."""
        self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
        if len(self._abandoned) >= MAX_ABANDONED:
            return False
        if self._thread is not None:
            self._inbox.put(None)
            self._abandoned.append(self._thread)
        self._begin()
        self._thread = None
        self._carried = None
        return True

    def stop(self, timeout_seconds: float) -> bool:
        """Let the load under way end, at most so long; True if it did."""
        if self._thread is None:
            return True
        self._inbox.put(None)
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _begin(self) -> None:
        self._inbox: queue.SimpleQueue[Optional[_Load]] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[Result] = queue.SimpleQueue()

    def _start(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._begin()
        arguments = (self._sink, self._inbox, self._outbox, self._wake)
        thread = threading.Thread(target=_work, args=arguments, name=f"courier-{self.name}", daemon=True)
        thread.start()
        self._thread = thread


def stop_all(couriers: Iterable[Courier], timeout_seconds: float) -> bool:
    """Stop them side by side, within `timeout_seconds` in all; True if every load ended."""
    busy = [courier for courier in couriers if not courier.stop(0)]
    ended = [courier.stop(timeout_seconds / len(busy)) for courier in busy]  # all of them, whatever the first says
    return all(ended)


def _work(
    sink: Sink,
    inbox: queue.SimpleQueue[Optional[_Load]],
    outbox: queue.SimpleQueue[Result],
    wake: Callable[[], None],
) -> None:
    try:
        for load in iter(inbox.get, None):
            outbox.put(_deliver(sink, load))
            wake()
    finally:
        with suppress(OSError, ValueError):  # the loop may be gone
            wake()


def _deliver(sink: Sink, load: _Load) -> Result:
    try:
        return sink.deliver(load)
    except Exception as error:  # noqa: BLE001 - a bug in a sink must neither end its courier nor be silent
        return TryLater("bug", type(error).__name__)  # the type alone: a message may hold an address or a secret
