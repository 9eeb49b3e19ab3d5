"""`pamsignal report`: who logged in, who attacked, what was new, from the trail; for people, as HTML or as JSON."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import stat
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Callable, Iterator, List, Sequence

from pamsignal.audit.search import search
from pamsignal.cli import geoip, output, own_file, pager, selection
from pamsignal.cli.trail_files import trail_files
from pamsignal.enrich.notice import notices_of
from pamsignal.errors import AccessError, UsageError
from pamsignal.render.escape import for_terminal
from pamsignal.summary import html, text
from pamsignal.summary.counting import MOST_NEWS, Summary
from pamsignal.summary.document import document_of
from pamsignal.summary.sections import Section, View, everything, headline, hosts, span

USUAL_COUNT = 10
MOST_COUNT = MOST_NEWS
_QUARTER_US = 900_000_000  # every time zone begins its days at one
_DAY_SECONDS = 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `report` takes."""
    selection.add_arguments(parser)
    parser.add_argument(
        "--top", type=count, default=USUAL_COUNT, metavar="N", help=f"lines of each list (default: {USUAL_COUNT})"
    )
    parser.add_argument("--html", metavar="FILE", help="write a page for a browser, mode 0600; - prints it")
    parser.add_argument("--force", action="store_true", help="with --html: replace a file that is there")
    pager.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Count, and show it; 0."""
    as_json = getattr(arguments, "json", False)
    if arguments.html is not None and as_json:
        raise UsageError("give either --json or --html, not both")
    if arguments.html not in {None, "-"}:
        _require_place(Path(arguments.html), force=arguments.force)
    local = output.is_local(arguments) and arguments.html is None and not as_json
    summary = counted(arguments, "report", local=local)
    view = View(arguments.top, lambda time_us: output.timestamp(time_us, local=local))
    if as_json:
        print(json.dumps(document_of(summary, arguments.top), separators=(",", ":")))
    elif arguments.html is not None:
        _write_page(arguments, _page(summary, view))
    elif not summary.records:
        output.say_nothing_found(arguments)
    else:
        lines = list(_lines(summary, view, arguments))
        with pager.paged(arguments) as stream:
            stream.writelines(lines)
    return 0


def count(words: str) -> int:
    """Return the number of lines that is asked for."""
    if not words.isdecimal() or not 0 < int(words) <= MOST_COUNT:
        raise argparse.ArgumentTypeError(f"{words!r} is no number from 1 to {MOST_COUNT}")
    return int(words)


def counted(arguments: argparse.Namespace, verb: str, *, local: bool) -> Summary:
    """Return what the trail has of what is asked for."""
    summary = Summary(_day_of(local=local))
    for found in search(trail_files(arguments.directory, verb), selection.query_of(arguments)):
        summary.add(found.subject)
    return summary


def style_of(arguments: argparse.Namespace) -> text.Style:
    """Return how lines are drawn on standard output."""
    colored = output.is_colored(arguments)
    return text.Style(
        shutil.get_terminal_size().columns if sys.stdout.isatty() else None,
        text.BLOCKS if _is_drawable(text.BLOCKS) else text.ASCII,
        lambda line: output.painted(line, output.BOLD, colored=colored),
        lambda line: output.painted(line, output.RED, colored=colored),
    )


def lines_of(sections: Sequence[Section], style: text.Style) -> Iterator[str]:
    """Yield the lines of `sections`, an empty one before each."""
    for section in sections:
        yield "\n"
        yield from (f"{line}\n" for line in text.lines_of(section, style))


def _is_drawable(characters: str) -> bool:
    try:
        characters.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _day_of(*, local: bool) -> Callable[[int], int]:
    """Return what tells the day of a time, in days since the epoch, in local time or UTC."""
    if not local:
        return lambda time_us: time_us // (_DAY_SECONDS * 1_000_000)

    @lru_cache(maxsize=1024)
    def day_of_quarter(quarter: int) -> int:
        seconds = quarter * _QUARTER_US // 1_000_000
        return (seconds + time.localtime(seconds).tm_gmtoff) // _DAY_SECONDS

    return lambda time_us: day_of_quarter(time_us // _QUARTER_US)


def _lines(summary: Summary, view: View, arguments: argparse.Namespace) -> Iterator[str]:
    style = style_of(arguments)
    yield f"{style.heading(for_terminal(hosts(summary)))}  {span(summary, view)}".rstrip() + "\n"
    yield f"{headline(summary)}\n"
    yield from lines_of(everything(summary, view), style)


def _page(summary: Summary, view: View) -> str:
    made = f"made {view.stamp(time.time_ns() // 1000)} by pamsignal"
    lines = [span(summary, view), headline(summary), made, *_notices(summary)]
    head = html.Head(f"pamsignal report: {hosts(summary)}", lines)
    return html.page(head, everything(summary, view))


def _notices(summary: Summary) -> List[str]:
    """Return what the licences of the databases in use want to be said, where something of them is shown."""
    if not summary.countries.keys and not summary.networks.keys:
        return []
    return notices_of(geoip.used_by_daemon() or {})


def _require_place(path: Path, *, force: bool) -> None:
    """Refuse a file that is there before anything is read for it."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except PermissionError:
        raise AccessError(f"no right to look at {path}; try: sudo pamsignal report --html {path}") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a file in a directory that is there") from None
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is no regular file; name another with --html")
    if not force:
        raise UsageError(f"{path} exists and is not touched; replace it with --force, or name another with --html")


def _write_page(arguments: argparse.Namespace, page: str) -> None:
    if arguments.html == "-":
        sys.stdout.write(page)
        return
    path = Path(arguments.html)
    mode = _mode_of(path) if arguments.force else own_file.OWN_MODE
    with own_file.explained(path, if_there="exists and is not touched; replace it with --force"):
        own_file.write(path, page, replace=arguments.force, mode=mode)
    if not getattr(arguments, "quiet", False):
        print(f"{path}: written", file=sys.stderr)


def _mode_of(path: Path) -> int:
    """Return the mode that the page gets in the place of `path`: what somebody else put there decides nothing."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return own_file.OWN_MODE
    return stat.S_IMODE(status.st_mode) & 0o666 if status.st_uid == os.geteuid() else own_file.OWN_MODE
