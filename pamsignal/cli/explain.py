"""`pamsignal explain`: what one line means, and why it would or would not be heard of. Needs no configuration."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import Dict, Iterable, Iterator, NamedTuple, Optional, Union

from pamsignal import parse
from pamsignal.cli import reasons
from pamsignal.errors import UsageError
from pamsignal.journal import JournalReader, Source, is_journal_file, record_from_json, records_of
from pamsignal.journal.source import explained
from pamsignal.model import JournalRecord, Observation, Unparsed
from pamsignal.parse import audit
from pamsignal.parse.programs import BY_IDENTIFIER

Meaning = Union[Observation, Unparsed, None]

# `Mon dd hh:mm:ss host ident[pid]: MESSAGE` (RFC 3164, 4.1), as files and `journalctl` have it: with a priority before
# it or none, with fractions of a second, or with the RFC 3339 time that rsyslog writes by default since Debian 12.
# The identifier may hold a bracket: gdm's is `gdm-password]`.
_STAMP_3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.,:+Z-]{0,20}"
_STAMP = rf"(?:[A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} \d\d:\d\d:\d\d(?:\.\d{{1,9}})?|{_STAMP_3339})"
_RFC_3164 = re.compile(
    rf"(?:<\d{{1,3}}>)?{_STAMP} \S{{1,255}} "
    r"(?P<identifier>[^\s:\[]{1,64})(?:\[(?P<pid>\d{1,10})\])?: (?P<message>.*)",
    re.DOTALL | re.ASCII,
)
# `<PRI>1 TIME HOST APP PROCID MSGID`, one element of structured data or none, perhaps a byte order mark.
_RFC_5424 = re.compile(
    rf"<\d{{1,3}}>1 (?:-|{_STAMP_3339}) \S{{1,255}} "
    r"(?P<identifier>\S{1,48}) (?:-|(?P<pid>\d{1,10})) \S{1,32} (?:-|\[[^\]]{1,500}\]) \ufeff?(?P<message>.*)",
    re.DOTALL | re.ASCII,
)
# What is left of a syslog line where its date and host were not copied.
_PASTED = re.compile(r"(?P<identifier>[^\s:\[]{1,64})(?:\[(?P<pid>\d{1,10})\])?: (?P<message>.*)", re.DOTALL | re.ASCII)

# What the contract tells of a line, in this order; line, pid and matched stand before it.
_FACTS = (
    *("pattern", "action", "outcome", "user", "target_user"),
    *("source_ip", "source_port", "method", "service", "provenance"),
)
_LINE_HELP = (
    "a message, a line of syslog (`Nov 23 12:00:00 host sshd[1]: MESSAGE`), or a record of `journalctl -o json`, "
    "in quotes; - reads lines from standard input"
)


class Explained(NamedTuple):
    """One input line, the record it was read as where it is one of the journal, and what it means."""

    line: str
    pid: Optional[int]
    meaning: Meaning
    record: Optional[JournalRecord]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `explain` takes."""
    parser.add_argument("line", nargs="?", metavar="LINE", help=_LINE_HELP)
    parser.add_argument("--file", metavar="FILE", help="explain all of a journal file, or every line of another file")


def run(arguments: argparse.Namespace) -> int:
    """Print one answer for each line, in order; each at once, because `tail -f FILE | pamsignal explain -` waits."""
    as_json = getattr(arguments, "json", False)
    for answer in _inputs(arguments):
        sys.stdout.write(to_json(answer) + "\n" if as_json else reasons.for_people(answer, arguments))
        if arguments.file is None:
            sys.stdout.flush()
    return 0


def explain(line: str) -> Explained:
    """Explain a bare message, a syslog line or its end, or a JSON record of `journalctl -o json`."""
    record = _record_of(line) if line.startswith("{") else None
    if record is not None:
        return explain_record(record, line)
    match = _RFC_3164.fullmatch(line) or _RFC_5424.fullmatch(line)
    if match is None:
        bare = parse.observe_line(line)
        match = None if isinstance(bare, Observation) else _PASTED.fullmatch(line)
        if match is None or match["identifier"] not in BY_IDENTIFIER:
            return Explained(line, None, bare, None)
    pid = int(match["pid"]) if match["pid"] else None
    return Explained(line, pid, parse.observe_line(match["message"], match["identifier"]), None)


def explain_record(record: JournalRecord, line: str) -> Explained:
    """Explain a record, shown as `line`."""
    seen = parse.observe(record) or audit.observe(record)
    if isinstance(seen, Observation) and not _names_its_sender(record):
        seen = seen._replace(provenance=None)
    return Explained(line, record.pid if record.pid is not None else record.syslog_pid, seen, record)


def to_json(explained: Explained) -> str:
    """Return the fixed contract: exactly these keys, null for what is unknown."""
    seen = explained.meaning if isinstance(explained.meaning, Observation) else None
    answer: Dict[str, object] = {"line": explained.line, "pid": explained.pid, "matched": seen is not None}
    answer.update(_facts(seen))
    return json.dumps(answer, separators=(",", ":"))


def _facts(seen: Optional[Observation]) -> Dict[str, object]:
    if seen is None:
        return dict.fromkeys(_FACTS)
    ip, port = seen.source[:2] if seen.source else (None, None)
    values = (
        seen.pattern,
        seen.action.value,
        seen.outcome.value if seen.outcome else None,
        seen.user,
        seen.target_user,
        str(ip) if ip else None,
        port,
        seen.method.value if seen.method else None,
        seen.service,
        seen.provenance.value if seen.provenance else None,
    )
    return {name: value or None for name, value in zip(_FACTS, values)}


def _record_of(line: str) -> Optional[JournalRecord]:
    """Return the record in a JSON object, None if it is none: a message may begin with a brace, too."""
    try:
        members = json.loads(line)
        # What stands in a bug report may have lost its time, which means nothing here.
        return record_from_json(json.dumps({"__REALTIME_TIMESTAMP": 0, **members}).encode())
    except (TypeError, ValueError, RecursionError):
        return None


def _names_its_sender(record: JournalRecord) -> bool:
    """Tell whether any field is there by which journald vouches for who wrote the message."""
    fields = (record.exe, record.uid, record.pid, record.comm, record.unit, record.transport)
    return any(field is not None for field in fields)


def _inputs(arguments: argparse.Namespace) -> Iterator[Explained]:
    if arguments.file is not None:
        if arguments.line is not None:
            raise UsageError("give either a line or --file, not both")
        return _of_file(arguments.file)
    if arguments.line is not None and arguments.line != "-":
        return iter((explain(_text(os.fsencode(arguments.line))),))
    if arguments.line is None and sys.stdin.isatty():
        raise UsageError("nothing to explain. Try: pamsignal explain 'Failed password for root from …', or - for stdin")
    return _of_lines(sys.stdin.buffer)


def _of_file(path: str) -> Iterator[Explained]:
    if is_journal_file(path):
        for record in records_of(JournalReader(Source(files=(path,)))):
            yield explain_record(record, audit.without_input(record).message if _is_audit(record) else record.message)
        return
    try:
        stream = open(path, "rb")  # noqa: SIM115 - closed below; what goes wrong in there is no matter of opening
    except OSError as error:
        raise explained(error, path) from error
    with stream:
        yield from _of_lines(stream)


def _is_audit(record: JournalRecord) -> bool:
    return record.transport == audit.AUDIT


def _of_lines(lines: Iterable[bytes]) -> Iterator[Explained]:
    for line in lines:
        yield explain(_text(line[:-1] if line.endswith(b"\n") else line).rstrip("\r"))


def _text(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")
