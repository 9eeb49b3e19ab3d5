"""`pamsignal replay`: recorded journals through the same engine as the daemon's. Sends nothing, writes nothing."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from typing import Iterable, Iterator, List, Optional, Sequence, TextIO, Tuple

from pamsignal.cli.check_config import require_right
from pamsignal.cli.moments import moment_us
from pamsignal.cli.output import SIEM_FORMATS, Documents
from pamsignal.cli.progress import progress
from pamsignal.config import load
from pamsignal.errors import JournalError, UsageError
from pamsignal.journal import LIVE, JournalReader, Source, damaged_files, read_json_lines, records_from, records_of
from pamsignal.journal.source import journal_files
from pamsignal.model import JournalRecord
from pamsignal.pipeline import Engine
from pamsignal.render.escape import for_terminal
from pamsignal.runtime.zone import wall_clock
from pamsignal.stages import Produced

FORMATS = ("ecs", "text", *SIEM_FORMATS)
_PROBLEM_LIMIT = 1000

Records = Iterator[JournalRecord]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `replay` takes."""
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="FILE",
        help="a journal file, or JSON lines; can be given again; - reads JSON lines from standard input",
    )
    parser.add_argument("--directory", metavar="DIR", help="a directory of journal files")
    parser.add_argument(
        "--since", metavar="TIME", help="skip what is older, as in journalctl: '2026-11-23 12:00', '1h ago'"
    )
    parser.add_argument("--until", metavar="TIME", help="skip what is newer")
    parser.add_argument(
        "--format", type=_format, metavar="|".join(FORMATS), help="default: text on a terminal, else ecs"
    )
    parser.add_argument("--only", choices=("events", "alerts"), help="print only one kind")


def run(arguments: argparse.Namespace) -> int:
    """Print one document for each event and alert, in order, and the rate at the end on stderr."""
    config = getattr(arguments, "config", None)
    if config:
        require_right(config, f"replay --config {config}")
    settings = load.load(config) if config else load.defaults()
    is_quiet = getattr(arguments, "quiet", False)
    since_us, until_us = _moment(arguments.since), _moment(arguments.until)
    documents = Documents(_style(arguments), arguments.only, arguments)
    records, files = _records(arguments, since_us)
    engine = Engine(settings.engine, local_of=wall_clock(settings.timezone))
    # As the daemon does: what is there by now stays, and the collector need not look at it again and again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    started = time.process_time()
    with progress(_within(records, since_us, until_us), files, sys.stderr, quiet=is_quiet) as watched:
        for produced in steps(engine, watched):
            documents.write(produced, sys.stdout)
    sys.stdout.flush()
    if not is_quiet:
        _report(engine, time.process_time() - started, sys.stderr, verbose=getattr(arguments, "verbose", False))
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


def _format(word: str) -> str:
    if word not in FORMATS:
        raise argparse.ArgumentTypeError(f"there is no format {word!r}; there are {', '.join(FORMATS)}")
    return word


def _style(arguments: argparse.Namespace) -> str:
    if arguments.format not in (None, "ecs") and getattr(arguments, "json", False):
        raise UsageError(f"give either --json or --format {arguments.format}, not both")
    is_for_people = sys.stdout.isatty() and not getattr(arguments, "json", False)
    return arguments.format or ("text" if is_for_people else "ecs")


def _records(arguments: argparse.Namespace, since_us: Optional[int]) -> Tuple[Records, Sequence[str]]:
    """Return what to read, and the files it comes from."""
    if arguments.file:
        if arguments.directory:
            raise UsageError("give either --file or --directory, not both")
        if arguments.file == ["-"]:
            return read_json_lines(sys.stdin.buffer, "standard input"), ()
        return records_from(arguments.file), arguments.file
    source = Source(directory=arguments.directory) if arguments.directory else LIVE
    reader = JournalReader(source)
    if not reader.has_files():
        where = arguments.directory or "/var/log/journal or /run/log/journal"
        raise JournalError(f"no journal in {where}; give one with --file or --directory")
    for problem in damaged_files(source) if arguments.directory else ():
        print(f"pamsignal: passed over: {for_terminal(problem, _PROBLEM_LIMIT)}", file=sys.stderr)
    if since_us is not None:
        reader.seek_time(since_us)
    return records_of(reader), tuple(journal_files(source))


def _within(records: Records, since_us: Optional[int], until_us: Optional[int]) -> Records:
    for record in records:
        if (since_us is None or record.time_us >= since_us) and (until_us is None or record.time_us <= until_us):
            yield record


def _moment(text: Optional[str]) -> Optional[int]:
    return None if text is None else moment_us(text, time.time())


def _report(engine: Engine, cpu_seconds: float, stream: TextIO, *, verbose: bool) -> None:
    counts = engine.counts
    rate = f", {counts.records / cpu_seconds:,.0f} records per CPU second" if cpu_seconds > 0 else ""
    parts: List[str] = [
        f"{counts.records:,} records",
        f"{sum(counts.events.values()):,} events",
        f"{sum(counts.unparsed.values()):,} lines not understood",
        f"{sum(counts.spoofed.values()):,} spoofed",
    ]
    print(f"pamsignal: {', '.join(parts)}{rate}", file=stream)
    if verbose:
        for program, example in sorted(counts.examples.items()):
            print(f"not understood, of {for_terminal(program)}: {for_terminal(example)}", file=stream)
