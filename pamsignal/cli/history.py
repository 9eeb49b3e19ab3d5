"""`pamsignal history`: what happened on this host, from the trail."""

from __future__ import annotations

import argparse
import csv
import difflib
import sys
import time
from itertools import islice
from typing import IO, Dict, Iterable, Iterator, Optional, Sequence, Union

from pamsignal.audit.files import TrailFile
from pamsignal.audit.follow import Follower
from pamsignal.audit.record import Seen
from pamsignal.audit.search import Found, Query, search, search_backwards
from pamsignal.cli import output, pager, selection
from pamsignal.cli.trail_files import trail_files
from pamsignal.errors import UsageError
from pamsignal.model import Alert, AuthEvent, Context, Finding
from pamsignal.render import ecs, text, when
from pamsignal.render.document import Document, merged
from pamsignal.render.escape import for_terminal
from pamsignal.render.words import RULES
from pamsignal.stages import Judged, Produced
from pamsignal.terms import Action, Outcome, Severity

COLUMNS = (
    "time",
    "kind",
    "action",
    "outcome",
    "user",
    "target_user",
    "address",
    "port",
    "country",
    "method",
    "service",
    "host",
    "summary",
    "id",
    "record",
)
USUAL_LINES = 10  # before --follow, as tail and journalctl have it
FOLLOW_SECONDS = 0.5
_FORMULA = ("=", "+", "-", "@")
_CELL_LIMIT = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `history` takes."""
    selection.add_arguments(parser)
    parser.add_argument("--action", metavar="NAME", help="what happened, or the rule of an alert")
    parser.add_argument("--outcome", choices=[outcome.value for outcome in Outcome], help="how it ended")
    parser.add_argument("--only", choices=("events", "alerts"), help="print only one kind")
    parser.add_argument("-n", "--lines", type=_count, metavar="N", help="only the last N")
    parser.add_argument("-r", "--reverse", action="store_true", help="newest first")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what happens, until Ctrl-C")
    parser.add_argument("--csv", action="store_true", help="print a table for spreadsheets")
    pager.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each record, in the order in which they were written unless told otherwise; 0."""
    if arguments.csv and getattr(arguments, "json", False):
        raise UsageError("give either --json or --csv, not both")
    if arguments.follow and arguments.reverse:
        raise UsageError("give either --follow or --reverse, not both")
    query = _query(arguments)
    files = trail_files(arguments.directory, "history")
    lines = output.Documents("text", None, arguments)  # made before a pager takes the terminal's place
    if arguments.follow:
        _write(_followed(files, query, arguments), sys.stdout, arguments, lines)
    found = _not_silently(_told(files, query, arguments), arguments)
    with pager.paged(arguments) as stream:
        _write(found, stream, arguments, lines)
    return 0


def _told(files: Sequence[TrailFile], query: Query, arguments: argparse.Namespace) -> Iterator[Found]:
    """Yield what is to be shown, in the order that is asked for."""
    if arguments.lines is None and not arguments.reverse:
        return _chosen(search(files, query), arguments)
    newest = islice(_chosen(search_backwards(files, query), arguments), arguments.lines)
    return newest if arguments.reverse else reversed(list(newest))


def _followed(files: Sequence[TrailFile], query: Query, arguments: argparse.Namespace) -> Iterator[Found]:
    """Yield the last records, and what is written from now on."""
    follower, last = Follower(files), 0
    arguments.lines = USUAL_LINES if arguments.lines is None else arguments.lines
    for found in _told(files, query, arguments):
        last = found.head.seq
        yield found
    while True:
        sys.stdout.flush()
        time.sleep(FOLLOW_SECONDS)
        new = follower.read(trail_files(arguments.directory, "history"), query)
        yield from (found for found in _chosen(new, arguments) if found.head.seq > last)


def _count(words: str) -> int:
    if not words.isdecimal():
        raise argparse.ArgumentTypeError(f"{words!r} is no number of lines")
    return int(words)


def _not_silently(found: Iterable[Found], arguments: argparse.Namespace) -> Iterator[Found]:
    """Pass `found` on; where there is nothing, say so to whoever looks, and not into a pipe."""
    is_empty = True
    for one in found:
        is_empty = False
        yield one
    if is_empty:
        output.say_nothing_found(arguments)


def document_of(found: Found) -> Document:
    """Return the ECS document of a record, with its place in the chain."""
    subject, head = found
    document = (
        ecs.alert_document(subject)
        if isinstance(subject, Alert)
        else ecs.event_document(subject.event, subject.context)
    )
    return merged(document, {"event": {"hash": head.hash, "sequence": head.seq}})


def _query(arguments: argparse.Namespace) -> Query:
    shared = selection.query_of(arguments)
    return shared._replace(action=_action(arguments.action), outcome=arguments.outcome)


def _action(name: Optional[str]) -> Optional[str]:
    names = [*(action.value for action in Action), *RULES]
    if name is None or name in names:
        return name
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    raise UsageError(f"there is no action {for_terminal(name)}; {hint}")


def _chosen(found: Iterator[Found], arguments: argparse.Namespace) -> Iterator[Found]:
    """Pass on what is asked for; for people an alert about one event says no more than the event does."""
    if arguments.only is not None:
        kind = Seen if arguments.only == "events" else Alert
        return (one for one in found if isinstance(one.subject, kind))
    if arguments.csv or getattr(arguments, "json", False):
        return found
    return (one for one in found if isinstance(one.subject, Seen) or isinstance(one.subject.subject, Finding))


def _write(found: Iterator[Found], stream: IO[str], arguments: argparse.Namespace, lines: output.Documents) -> None:
    if arguments.csv:
        _write_table(found, stream)
    elif getattr(arguments, "json", False):
        stream.writelines(f"{ecs.to_json_line(document_of(one))}\n" for one in found)
    else:
        for subject, _ in found:
            if isinstance(subject, Seen):
                lines.write(Produced(events=(Judged(*subject),)), stream)
            else:
                lines.write(Produced(alerts=(subject,)), stream)


def _write_table(found: Iterator[Found], stream: IO[str]) -> None:
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(COLUMNS)
    for one in found:
        row = {**_row(one.subject), "record": one.head.seq}
        table.writerow([_cell(row.get(column)) for column in COLUMNS])


def _row(subject: Union[Seen, Alert]) -> Dict[str, object]:
    alert = _as_alert(*subject) if isinstance(subject, Seen) else subject
    event = alert.subject
    row: Dict[str, object] = {
        "time": when.timestamp(alert.time_us),
        "kind": "alert" if isinstance(subject, Alert) else "event",
        "action": alert.rule,
        "country": alert.context.country,
        "host": event.hostname,
        "summary": text.headline(alert, show=str),
        "id": alert.id,
    }
    return {**row, **(_event_row(event) if isinstance(event, AuthEvent) else _finding_row(event))}


def _as_alert(event: AuthEvent, context: Context) -> Alert:
    return Alert(event.id, event.time_us, Severity.INFO, event.action.value, event, context)


def _event_row(event: AuthEvent) -> Dict[str, object]:
    source = event.source
    return {
        "outcome": event.outcome.value if event.outcome else None,
        "user": event.user,
        "target_user": event.target_user,
        "address": (source.ip or source.host) if source else None,
        "port": source.port if source else None,
        "method": event.method.value if event.method else None,
        "service": event.service,
    }


def _finding_row(finding: Finding) -> Dict[str, object]:
    return {"user": " ".join(finding.users), "address": " ".join(finding.sources)}


def _cell(value: object) -> str:
    """Return a value in sight; one that a spreadsheet would take for a formula gets an apostrophe (OWASP)."""
    shown = "" if value is None else for_terminal(str(value), _CELL_LIMIT)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
