"""`pamsignal verify`: whether the trail is what was written. Offline, and without changing anything."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import List, NamedTuple, Optional, Sequence

from pamsignal.audit.chain import Head, Seal, heads_in
from pamsignal.audit.files import TrailFile
from pamsignal.audit.verification import KINDS, MOST_DAMAGE, Damage, Verdict, verify
from pamsignal.cli import output
from pamsignal.cli.trail_files import trail_files
from pamsignal.config.secrets import NO_VAULTS, secret_of
from pamsignal.errors import UsageError
from pamsignal.render.escape import for_terminal

EXIT_DAMAGED = 4
EXIT_UNSURE = 1
_PATIENCE_SECONDS = 1.0
_LIMIT = 1000


class Question(NamedTuple):
    """What is to be verified, against what."""

    files: Sequence[TrailFile]
    anchors: Sequence[Head]
    seals: Sequence[Seal]
    is_whole: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `verify` takes."""
    parser.add_argument("--directory", metavar="DIR", help="where the trail is, if not in /var/log/pamsignal")
    parser.add_argument("--from", dest="first", type=int, metavar="N", help="begin with the file that holds record N")
    parser.add_argument("--to", dest="last", type=int, metavar="N", help="end with the file that holds record N")
    parser.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="N:HASH",
        help="a head that was told outside this host; can be given again",
    )
    parser.add_argument("--anchors", metavar="FILE", help="every anchor in a text; - reads standard input")
    parser.add_argument(
        "--key-file", action="append", default=[], metavar="FILE", help="check the macs, too; can be given again"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what is damaged, and where; 0 if nothing is, 4 if something, 1 if an anchor could not be looked up."""
    question = _question(arguments)
    verdict = verify(*question[:3], whole=question.is_whole)
    if [damage.kind for damage in verdict.damage] == ["torn"]:  # the daemon may be writing right now
        time.sleep(_PATIENCE_SECONDS)
        verdict = verify(*question[:3], whole=question.is_whole)
    if getattr(arguments, "json", False):
        print(json.dumps(document_of(verdict), separators=(",", ":")))
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(verdict, arguments))
    if verdict.damage:
        return EXIT_DAMAGED
    return EXIT_UNSURE if verdict.lost_anchors else 0


def document_of(verdict: Verdict) -> object:
    """Return what --json prints."""
    return {
        "ok": not verdict.damage and not verdict.lost_anchors,
        "files": verdict.files,
        "records": verdict.records,
        "first_seq": verdict.first_seq,
        "head": str(verdict.head),
        "sealed_from": verdict.sealed_from,
        "anchors": {"checked": verdict.anchors, "not_found": [str(anchor) for anchor in verdict.lost_anchors]},
        "damage": [damage._asdict() for damage in verdict.damage],
    }


def _question(arguments: argparse.Namespace) -> Question:
    files = trail_files(arguments.directory, "verify")
    chosen = _within(files, arguments.first, arguments.last)
    seals = [Seal(secret_of({"file": path}, NO_VAULTS).reveal().encode()) for path in arguments.key_file]
    return Question(chosen, _anchors(arguments), seals, len(chosen) == len(files))


def _within(files: Sequence[TrailFile], first: Optional[int], last: Optional[int]) -> Sequence[TrailFile]:
    ends = [file.first_seq - 1 for file in files[1:]]
    chosen = [
        file
        for file, end in zip(files, [*ends, None])
        if (first is None or end is None or end >= first) and (last is None or file.first_seq <= last)
    ]
    if not chosen:
        raise UsageError(f"there is no record up to {last}: the trail begins with {files[0].first_seq}")
    return chosen


def _anchors(arguments: argparse.Namespace) -> Sequence[Head]:
    anchors: List[Head] = []
    for text in arguments.anchor:
        found = heads_in(text)
        if not found:
            raise UsageError(f"{for_terminal(text)} is no anchor; one is the number of a record, a colon, and its hash")
        anchors += found
    if arguments.anchors:
        anchors += heads_in(_text(arguments.anchors))
    return anchors


def _text(path: str) -> str:
    if path == "-":
        return sys.stdin.read()
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _lines(verdict: Verdict, arguments: argparse.Namespace) -> List[str]:
    colored = output.is_colored(arguments)
    lines = [output.painted(_words(damage), output.RED, colored=colored) for damage in verdict.damage]
    if len(verdict.damage) >= MOST_DAMAGE:
        lines.append(f"and more: no more than {MOST_DAMAGE} are told")
    lines += [f"anchor {anchor.seq}: its record is not among those that were read" for anchor in verdict.lost_anchors]
    result = f"{len(verdict.damage)} damaged" if verdict.damage else "well"
    read = f"{verdict.records:,} records in {verdict.files} files, {verdict.first_seq} to {verdict.head.seq}"
    lines.append(f"{read}: {result}; {verdict.anchors} anchors checked; {_seals(verdict, arguments)}")
    return [*lines, f"head {verdict.head}"]


def _words(damage: Damage) -> str:
    message = for_terminal(damage.message, _LIMIT)
    return f"{for_terminal(damage.file, _LIMIT)}:{damage.line}: {damage.kind}: {message}; {KINDS[damage.kind]}"


def _seals(verdict: Verdict, arguments: argparse.Namespace) -> str:
    if not arguments.key_file:
        return "macs not checked (--key-file)"
    return f"macs checked from record {verdict.sealed_from}" if verdict.sealed_from else "no mac was right"
