"""How far a long reading has come, with its rate; on a terminal only, and prettier where rich is installed."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Callable, Iterable, Iterator, TextIO

from pamsignal.model import JournalRecord
from pamsignal.render import when

_EVERY = 5000


@contextmanager
def progress(records: Iterable[JournalRecord], stream: TextIO, *, quiet: bool) -> Iterator[Iterator[JournalRecord]]:
    """Pass `records` through, and show on `stream` how many there were, how fast, and up to which time."""
    if quiet or not stream.isatty():
        yield iter(records)
        return
    try:
        from rich.console import Console  # noqa: PLC0415 - optional, and 10 MB
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    except ImportError:
        yield _plain(records, stream)
        stream.write("\r\x1b[K")
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as shown:
        task = shown.add_task("reading", total=None)
        yield _watched(records, lambda words: shown.update(task, description=words))


def _plain(records: Iterable[JournalRecord], stream: TextIO) -> Iterator[JournalRecord]:
    def show(words: str) -> None:
        stream.write(f"\r\x1b[K{words}")
        stream.flush()

    return _watched(records, show)


def _watched(records: Iterable[JournalRecord], show: Callable[[str], None]) -> Iterator[JournalRecord]:
    started = time.monotonic()
    for number, record in enumerate(records, 1):
        if number % _EVERY == 0:
            rate = number / max(time.monotonic() - started, 1e-6)
            show(f"{number:,} records, {rate:,.0f}/s, up to {when.timestamp(record.time_us)}")
        yield record
