"""How far a long reading has come, with its rate and the time left; on a terminal only, prettier with rich."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from typing import Callable, Iterable, Iterator, Sequence, TextIO

from pamsignal.errors import PamSignalError
from pamsignal.journal import is_journal_file
from pamsignal.model import JournalRecord
from pamsignal.render import when

_EVERY = 5000
_TAIL_TIME_OFFSET = 192  # tail_entry_realtime in the header of a journal file (systemd.io/JOURNAL_FILE_FORMAT)
_LAST_LINE_BYTES = 128 * 1024

Show = Callable[[str, float], None]


@contextmanager
def progress(
    records: Iterable[JournalRecord], files: Sequence[str], stream: TextIO, *, quiet: bool
) -> Iterator[Iterator[JournalRecord]]:
    """Pass the records of `files` through, and show on `stream` how many there were, how fast, and what is left."""
    if quiet or not stream.isatty():
        yield iter(records)
        return
    last_us = max(map(_last_us, files), default=0)
    try:
        from rich.console import Console  # noqa: PLC0415 - optional, and 10 MB
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - the same
    except ImportError:
        yield _watched(records, last_us, _line_on(stream))
        stream.write("\r\x1b[K")
        return
    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as shown:
        task = shown.add_task("reading", total=1.0)
        yield _watched(
            records, last_us, lambda words, done: shown.update(task, description=words, completed=done, refresh=True)
        )


def _line_on(stream: TextIO) -> Show:
    started = time.monotonic()

    def show(words: str, done: float) -> None:
        left = f", {done:.0%}, {(time.monotonic() - started) * (1 / done - 1):.0f} s left" if done else ""
        stream.write(f"\r\x1b[K{words}{left}")
        stream.flush()

    return show


def _watched(records: Iterable[JournalRecord], last_us: int, show: Show) -> Iterator[JournalRecord]:
    started, first_us = time.monotonic(), None
    for number, record in enumerate(records, 1):
        first_us = record.time_us if first_us is None else first_us
        if number % _EVERY == 0:
            rate = number / max(time.monotonic() - started, 1e-6)
            done = _part(first_us, record.time_us, last_us)
            show(f"{number:,} records, {rate:,.0f}/s, up to {when.for_people(record.time_us)}", done)
        yield record


def _part(first_us: int, now_us: int, last_us: int) -> float:
    """Return how much of the recorded time is done, 0 where its end is not known."""
    return min(max((now_us - first_us) / (last_us - first_us), 0.0), 1.0) if last_us > first_us else 0.0


def _last_us(path: str) -> int:
    """Return the time of the last record in a file, 0 if it cannot be told: a pipe must not be looked into."""
    if not os.path.isfile(path):
        return 0
    try:
        with open(path, "rb") as stream:
            if is_journal_file(path):
                stream.seek(_TAIL_TIME_OFFSET)
                return int.from_bytes(stream.read(8), "little")
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _LAST_LINE_BYTES))
            return _time_us(stream.read().splitlines()[-1:])
    except (OSError, PamSignalError):
        return 0


def _time_us(lines: Sequence[bytes]) -> int:
    for line in lines:
        try:
            return int(json.loads(line)["__REALTIME_TIMESTAMP"])
        except (LookupError, TypeError, ValueError, RecursionError):
            continue
    return 0
