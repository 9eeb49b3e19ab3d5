"""`pamsignal top`: who attacks now, from the newest records of the trail; again and again on a terminal."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from typing import Iterator

from pamsignal.cli import output, report, selection
from pamsignal.render.escape import for_terminal
from pamsignal.summary.document import document_of
from pamsignal.summary.sections import View, attackers, headline, hosts

USUAL_SINCE = "1h ago"
LEAST_ROWS = 3
_HEAD_LINES = 2
_LINES_AROUND = 4  # of a table: the empty one before it, its title, its heads, its note
# A long trail takes longer to read than the pause: at most a tenth of a processor's time goes into it.
_PAUSES_PER_READING = 9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `top` takes."""
    selection.add_arguments(parser, since=USUAL_SINCE)
    parser.add_argument("--top", type=report.count, metavar="N", help="lines of each list (default: what fits)")
    parser.add_argument("--once", action="store_true", help="show it once")


def run(arguments: argparse.Namespace) -> int:
    """Show it again and again until Ctrl-C on a terminal, else once; 0."""
    as_json = getattr(arguments, "json", False)
    if arguments.once or as_json or not sys.stdout.isatty():
        sys.stdout.write(_as_json(arguments) if as_json else "".join(_lines(arguments)))
        return 0
    while True:
        started = time.monotonic()
        shown = "".join(_lines(arguments))
        sys.stdout.write(output.CLEAR_SCREEN + shown)
        sys.stdout.flush()
        time.sleep(max(output.WATCH_SECONDS, _PAUSES_PER_READING * (time.monotonic() - started)))


def _as_json(arguments: argparse.Namespace) -> str:
    summary = report.counted(arguments, "top", local=False)
    return json.dumps(document_of(summary, arguments.top or report.USUAL_COUNT), separators=(",", ":")) + "\n"


def _lines(arguments: argparse.Namespace) -> Iterator[str]:
    local = output.is_local(arguments)
    summary = report.counted(arguments, "top", local=local)
    view = View(arguments.top or 1, lambda time_us: output.timestamp(time_us, local=local))
    if arguments.top is None:
        view = view._replace(most=_most_rows(len(attackers(summary, view))))
    style = report.style_of(arguments)
    yield style.heading(f"{for_terminal(hosts(summary))}  since {for_terminal(arguments.since)}") + "\n"
    yield headline(summary) + "\n"
    yield from report.lines_of(attackers(summary, view), style)


def _most_rows(sections: int) -> int:
    """Return how many rows of each table fit on the terminal together."""
    if not sys.stdout.isatty():
        return report.USUAL_COUNT
    free = shutil.get_terminal_size().lines - _HEAD_LINES - 1 - _LINES_AROUND * sections
    return max(LEAST_ROWS, free // max(1, sections))
