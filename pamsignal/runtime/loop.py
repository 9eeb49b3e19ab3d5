"""Waiting: for the journal, a signal, a courier, or the time. The only place that knows clocks and signals.

One pipe wakes the loop for signals and for couriers; Python's signal handler only notes the number, so a full pipe
can delay nothing and lose nothing.
"""

from __future__ import annotations

import os
import select
import signal
import time
from types import FrameType
from typing import FrozenSet, NamedTuple, Optional, Set

STOP = frozenset((signal.SIGTERM, signal.SIGINT))
RELOAD = frozenset((signal.SIGHUP,))
REPORT = frozenset((signal.SIGUSR1,))


class Wake(NamedTuple):
    """Why `wait` returned: signals that came, the journal changed, a courier called `wake`; nothing on a time-out."""

    signals: FrozenSet[int] = frozenset()
    journal_ready: bool = False
    woken: bool = False

    @property
    def stop(self) -> bool:
        """Asked to end: SIGTERM, SIGINT."""
        return bool(self.signals & STOP)

    @property
    def reload(self) -> bool:
        """Asked to read the configuration again: SIGHUP."""
        return bool(self.signals & RELOAD)

    @property
    def report(self) -> bool:
        """Asked to write down the state: SIGUSR1."""
        return bool(self.signals & REPORT)


NO_WAKE = Wake()


class Loop:
    """Catches the signals from the moment it is made until `close`; make it in the main thread."""

    def __init__(self) -> None:
        self._signals: Set[int] = set()
        self._watched = -1
        self._read_end, self._write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # poll and not epoll: it keeps no memory of a descriptor that the journal has closed and opened again.
        self._poll = select.poll()
        self._poll.register(self._read_end, select.POLLIN)
        self._former_fd = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        self._former = {number: signal.signal(number, self._note) for number in STOP | RELOAD | REPORT}

    def watch(self, fileno: int) -> None:
        """Wait for this journal descriptor from now on instead of the one before; -1 for none. Cheap if unchanged."""
        if fileno == self._watched:
            return
        if self._watched >= 0:
            self._poll.unregister(self._watched)
        if fileno >= 0:
            self._poll.register(fileno, select.POLLIN)
        self._watched = fileno

    def wait(self, timeout_s: Optional[float]) -> Wake:
        """Return when something has happened or `timeout_s` is over; None waits without end, 0 only looks."""
        timeout_ms = None if timeout_s is None else max(0, round(timeout_s * 1000 + 0.499))
        ready = self._poll.poll(timeout_ms)
        if not ready:  # a signal or a courier would have left a byte
            return NO_WAKE
        woken = self._drain()
        # Only now: a signal between the drain and here leaves a byte, and is seen at the next wait at the latest.
        signals = frozenset(self._signals)
        self._signals -= signals
        return Wake(signals, any(fileno == self._watched for fileno, _ in ready), woken)

    def wake(self) -> None:
        """Make `wait` return. Any thread may call it."""
        try:
            os.write(self._write_end, b"\0")
        except BlockingIOError:
            return  # full: the loop is about to wake anyway

    def close(self) -> None:
        """Give the signals back to whom they belonged before."""
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._former_fd)
        os.close(self._read_end)
        os.close(self._write_end)

    def _note(self, number: int, _frame: Optional[FrameType]) -> None:
        self._signals.add(number)

    def _drain(self) -> bool:
        """Empty the pipe; tell whether a courier's byte was in it (signals write their number)."""
        woken = False
        while True:
            try:
                chunk = os.read(self._read_end, 4096)
            except BlockingIOError:
                return woken
            woken = woken or b"\0" in chunk


def realtime_us() -> int:
    """Return the time of day, in µs since the epoch."""
    return time.time_ns() // 1000


def monotonic_us() -> int:
    """Return CLOCK_MONOTONIC in µs: for deadlines, the watchdog, and sd_notify's MONOTONIC_USEC."""
    return time.monotonic_ns() // 1000


def since_boot_us() -> int:
    """Return CLOCK_BOOTTIME in µs: it runs on while the machine sleeps, and nobody sets it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def utc_text(time_us: int) -> str:
    """Return a time as `2026-11-23T12:00:00Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_us // 1_000_000))
