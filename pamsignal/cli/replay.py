"""`pamsignal replay`: recorded journals through the same engine as the daemon's. Sends nothing, writes nothing."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Iterable, Iterator, List, Optional, TextIO

from pamsignal.cli.moments import moment_us
from pamsignal.cli.output import Documents
from pamsignal.cli.progress import progress
from pamsignal.config import load
from pamsignal.errors import UsageError
from pamsignal.journal import JournalReader, Source, records_from, records_of
from pamsignal.model import JournalRecord
from pamsignal.pipeline import Engine, Produced


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `replay` takes."""
    parser.add_argument("--file", action="append", default=[], metavar="JOURNAL", help="a journal file, or JSON lines")
    parser.add_argument("--directory", metavar="DIR", help="a directory of journal files")
    parser.add_argument(
        "--since", metavar="TIME", help="skip what is older, as in journalctl: '2026-11-23 12:00', '1h ago'"
    )
    parser.add_argument("--until", metavar="TIME", help="skip what is newer")
    parser.add_argument("--format", choices=("ecs", "text"), help="default: text on a terminal, else ecs")
    parser.add_argument("--only", choices=("events", "alerts"), help="print only one kind")


def run(arguments: argparse.Namespace) -> int:
    """Print one document for each event and alert, in order, and the rate at the end on stderr."""
    if arguments.file and arguments.directory:
        raise UsageError("give either --file or --directory, not both")
    settings = load.load(arguments.config) if getattr(arguments, "config", None) else load.defaults()
    style = arguments.format or ("text" if sys.stdout.isatty() and not getattr(arguments, "json", False) else "ecs")
    documents = Documents(style, arguments.only, arguments)
    records = _within(_records(arguments), _moment(arguments.since), _moment(arguments.until))
    engine = Engine(settings.engine)
    started = time.process_time()
    with progress(records, sys.stderr, quiet=getattr(arguments, "quiet", False)) as watched:
        for produced in steps(engine, watched):
            documents.write(produced, sys.stdout)
    sys.stdout.flush()
    if not getattr(arguments, "quiet", False):
        _report(engine, time.process_time() - started, sys.stderr)
    return 0


def steps(engine: Engine, records: Iterable[JournalRecord]) -> Iterator[Produced]:
    """Feed `records` and then let everything that still waits come to its end."""
    for record in records:
        produced = engine.feed(record)
        if produced.events or produced.alerts:
            yield produced
    while True:
        due_us = engine.next_due_us()
        if due_us is None:
            return
        yield engine.tick(due_us)


def _records(arguments: argparse.Namespace) -> Iterator[JournalRecord]:
    if arguments.file:
        return records_from(arguments.file)
    reader = JournalReader(Source(directory=arguments.directory))
    if not reader.has_files():
        where = arguments.directory or "/var/log/journal or /run/log/journal"
        raise UsageError(f"no journal in {where}. Give one with --file or --directory")
    since_us = _moment(arguments.since)
    if since_us is not None:
        reader.seek_time(since_us)
    return records_of(reader)


def _within(
    records: Iterable[JournalRecord], since_us: Optional[int], until_us: Optional[int]
) -> Iterator[JournalRecord]:
    for record in records:
        if (since_us is None or record.time_us >= since_us) and (until_us is None or record.time_us <= until_us):
            yield record


def _moment(text: Optional[str]) -> Optional[int]:
    return None if text is None else moment_us(text, time.time())


def _report(engine: Engine, cpu_seconds: float, stream: TextIO) -> None:
    counts = engine.counts
    rate = f", {counts.records / cpu_seconds:,.0f} records per CPU second" if cpu_seconds > 0 else ""
    parts: List[str] = [
        f"{counts.records:,} records",
        f"{sum(counts.events.values()):,} events",
        f"{sum(counts.unparsed.values()):,} lines not understood",
        f"{sum(counts.spoofed.values()):,} spoofed",
    ]
    print(f"pamsignal: {', '.join(parts)}{rate}", file=stream)
