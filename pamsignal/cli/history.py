"""`pamsignal history`: what happened on this host, from the trail."""

from __future__ import annotations

import argparse
import csv
import difflib
import sys
import time
from typing import Dict, Iterable, Iterator, Optional, Union

from pamsignal.audit.record import Seen
from pamsignal.audit.search import Found, Network, Query, network_of, search
from pamsignal.cli import output
from pamsignal.cli.moments import moment_us
from pamsignal.cli.trail_files import trail_files
from pamsignal.errors import UsageError
from pamsignal.model import Action, Alert, AuthEvent, Context, Finding, Outcome, Severity
from pamsignal.pipeline import Judged, Produced
from pamsignal.render import ecs, text, when
from pamsignal.render.document import Document, merged
from pamsignal.render.escape import for_terminal
from pamsignal.render.words import RULES

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
_FORMULA = ("=", "+", "-", "@")
_CELL_LIMIT = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `history` takes."""
    parser.add_argument("--since", metavar="TIME", help="skip what is older: '2026-11-23 12:00', '2 hours ago', today")
    parser.add_argument("--until", metavar="TIME", help="skip what is newer")
    parser.add_argument("--user", metavar="NAME", help="the account, also one that was taken over")
    parser.add_argument("--address", type=_network, metavar="ADDRESS", help="where it came from; a network, too")
    parser.add_argument("--country", metavar="CODE", help="two letters, where addresses are looked up")
    parser.add_argument("--action", metavar="NAME", help="what happened, or the rule of an alert")
    parser.add_argument("--host", metavar="NAME", help="the host it happened on")
    parser.add_argument("--outcome", choices=[outcome.value for outcome in Outcome], help="how it ended")
    parser.add_argument("--only", choices=("events", "alerts"), help="print only one kind")
    parser.add_argument("--csv", action="store_true", help="print a table for spreadsheets")
    parser.add_argument("--directory", metavar="DIR", help="where the trail is, if not in /var/log/pamsignal")


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each record, in the order in which they were written."""
    if arguments.csv and getattr(arguments, "json", False):
        raise UsageError("give either --json or --csv, not both")
    query = _query(arguments)
    found = _chosen(search(trail_files(arguments.directory, "history"), query), arguments.only)
    if arguments.csv:
        _write_table(found)
    elif getattr(arguments, "json", False):
        sys.stdout.writelines(f"{ecs.to_json_line(document_of(one))}\n" for one in found)
    else:
        _write_sentences(_not_silently(found, arguments), arguments)
    return 0


def _not_silently(found: Iterable[Found], arguments: argparse.Namespace) -> Iterator[Found]:
    """Pass `found` on; where there is nothing, say so to whoever looks, and not into a pipe."""
    is_empty = True
    for one in found:
        is_empty = False
        yield one
    if is_empty and not getattr(arguments, "quiet", False):
        print("pamsignal: nothing found", file=sys.stderr)


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
    return Query(
        since_us=_moment(arguments.since),
        until_us=_moment(arguments.until),
        user=arguments.user,
        network=arguments.address,
        country=arguments.country.upper() if arguments.country else None,
        action=_action(arguments.action),
        host=arguments.host,
        outcome=arguments.outcome,
    )


def _moment(words: Optional[str]) -> Optional[int]:
    return None if words is None else moment_us(words, time.time())


def _network(words: str) -> Network:
    try:
        return network_of(words)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} is no address and no network") from None


def _action(name: Optional[str]) -> Optional[str]:
    names = [*(action.value for action in Action), *RULES]
    if name is None or name in names:
        return name
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    raise UsageError(f"there is no action {for_terminal(name)}; {hint}")


def _chosen(found: Iterator[Found], only: Optional[str]) -> Iterator[Found]:
    if only is None:
        return found
    kind = Seen if only == "events" else Alert
    return (one for one in found if isinstance(one.subject, kind))


def _write_sentences(found: Iterator[Found], arguments: argparse.Namespace) -> None:
    """Write lines for people; an alert about one event says no more than the event does."""
    lines = output.Documents("text", None, arguments)
    for subject, _ in found:
        if isinstance(subject, Seen):
            lines.write(Produced(events=(Judged(*subject),)), sys.stdout)
        elif arguments.only == "alerts" or isinstance(subject.subject, Finding):
            lines.write(Produced(alerts=(subject,)), sys.stdout)


def _write_table(found: Iterator[Found]) -> None:
    table = csv.writer(sys.stdout, lineterminator="\n")
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
