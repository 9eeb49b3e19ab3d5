"""`pamsignal explain`: what one line means, and why it would or would not be heard of. Needs no configuration."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Dict, Iterator, NamedTuple, Optional, Union

from pamsignal import parse
from pamsignal.cli import reasons
from pamsignal.errors import UsageError
from pamsignal.journal import record_from_json, records_from
from pamsignal.model import JournalRecord, Observation, Unparsed

Meaning = Union[Observation, Unparsed, None]

# `Mon dd hh:mm:ss host ident[pid]: MESSAGE`, or with the RFC 3339 time that rsyslog writes by default since Debian 12.
_SYSLOG = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.:+Z-]{0,20}) "
    r"\S{1,255} (?P<identifier>[^\s:\[\]]{1,64})(?:\[(?P<pid>\d{1,10})\])?: (?P<message>.*)",
    re.DOTALL,
)


class Explained(NamedTuple):
    """One input line, the record it was read as where it has trusted fields, and what it means."""

    line: str
    pid: Optional[int]
    meaning: Meaning
    record: Optional[JournalRecord]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `explain` takes."""
    parser.add_argument("line", nargs="?", metavar="LINE", help="a log line; - reads lines from standard input")
    parser.add_argument("--file", metavar="JOURNAL", help="explain every record of a journal file, or of JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """Print one answer for each line, in order."""
    as_json = getattr(arguments, "json", False)
    for explained in _inputs(arguments):
        sys.stdout.write(to_json(explained) + "\n" if as_json else reasons.for_people(explained))
    return 0


def explain(line: str) -> Explained:
    """Explain a bare message, a syslog line, or a JSON record of `journalctl -o json`."""
    if line.startswith("{"):
        try:
            return explain_record(record_from_json(line.encode("utf-8", "backslashreplace")), line)
        except (ValueError, RecursionError):
            pass  # a message may begin with a brace, too
    match = _SYSLOG.fullmatch(line)
    if match is None:
        return Explained(line, None, parse.observe_line(line), None)
    pid = int(match["pid"]) if match["pid"] else None
    return Explained(line, pid, parse.observe_line(match["message"], match["identifier"]), None)


def explain_record(record: JournalRecord, line: str) -> Explained:
    """Explain a record, shown as `line`."""
    return Explained(line, record.pid if record.pid is not None else record.syslog_pid, parse.observe(record), record)


def to_json(explained: Explained) -> str:
    """Return the fixed contract: exactly these keys, null for what is unknown."""
    seen = explained.meaning if isinstance(explained.meaning, Observation) else None
    answer: Dict[str, object] = {"line": explained.line, "pid": explained.pid, "matched": seen is not None}
    source = seen.source if seen is not None else None
    answer["pattern"] = seen.pattern if seen else None
    answer["action"] = seen.action.value if seen else None
    answer["outcome"] = seen.outcome.value if seen and seen.outcome else None
    answer["user"] = (seen.user or None) if seen else None
    answer["target_user"] = (seen.target_user or None) if seen else None
    answer["source_ip"] = str(source.ip) if source and source.ip else None
    answer["source_port"] = source.port if source else None
    answer["method"] = seen.method.value if seen and seen.method else None
    answer["service"] = seen.service if seen else None
    answer["provenance"] = seen.provenance.value if seen and seen.provenance else None
    return json.dumps(answer, separators=(",", ":"))


def _inputs(arguments: argparse.Namespace) -> Iterator[Explained]:
    if arguments.file is not None:
        for record in records_from([arguments.file]):
            yield explain_record(record, record.message)
    elif arguments.line is not None and arguments.line != "-":
        yield explain(arguments.line)
    elif arguments.line == "-" or not sys.stdin.isatty():
        for raw in sys.stdin.buffer:
            yield explain(raw.rstrip(b"\n").decode("utf-8", "backslashreplace"))
    else:
        raise UsageError("nothing to explain. Try: pamsignal explain 'Failed password for root from …', or - for stdin")
