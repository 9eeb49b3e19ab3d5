"""`pamsignal memory`: what accounts were seen with before, and forgetting it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Dict, List

from pamsignal.cli import output
from pamsignal.daemon import familiarity
from pamsignal.deliver.store.recall import forget, remembered
from pamsignal.detect.familiar import KINDS, LEARNING, Change
from pamsignal.errors import UsageError
from pamsignal.render import when
from pamsignal.render.escape import for_terminal
from pamsignal.runtime.directories import SYSTEM, directories

_LEARNING_WORDS = "(learning began)"
_VALUE_LIMIT = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `memory` takes."""
    parser.add_argument("--user", metavar="NAME", help="only of this account")
    parser.add_argument("--kind", choices=KINDS, help="only what is of this kind")
    parser.add_argument("--value", metavar="TEXT", help="only this address, network, country or key")
    parser.add_argument("--forget", action="store_true", help="delete what is shown without this option")
    parser.add_argument("--everything", action="store_true", help="with --forget: all of it; learning begins anew")
    parser.add_argument("--file", metavar="FILE", help="the state database, if not in /var/lib/pamsignal")


def run(arguments: argparse.Namespace) -> int:
    """Print one line for each thing that is remembered, or delete these; 0."""
    path = arguments.file or _usual()
    known = _known(path, arguments)
    if arguments.forget:
        _forget(path, known, arguments)
    elif getattr(arguments, "json", False):
        sys.stdout.writelines(f"{json.dumps(_document(change), separators=(',', ':'))}\n" for change in known.values())
    else:
        sys.stdout.writelines(_lines(list(known.values()), arguments))
    return 0


def _known(path: str, arguments: argparse.Namespace) -> Dict[str, Change]:
    """Return what is asked for, by the row that keeps it, in order of account, kind and time."""
    found = {}
    for key, value in remembered(path, familiarity.AREA).items():
        for change in familiarity.restored({key: value}):
            if _is_asked_for(change, arguments):
                found[key] = change
    return dict(sorted(found.items(), key=lambda item: (item[1].fact[:2][::-1], item[1].seen_us)))


def _is_asked_for(change: Change, arguments: argparse.Namespace) -> bool:
    kind, user, value = change.fact
    wanted = ((arguments.user, user), (arguments.kind, kind), (arguments.value, value))
    return all(asked is None or asked == found for asked, found in wanted)


def _forget(path: str, known: Dict[str, Change], arguments: argparse.Namespace) -> None:
    is_narrowed = any(one is not None for one in (arguments.user, arguments.kind, arguments.value))
    if is_narrowed == arguments.everything:
        raise UsageError("say what to forget: --user, --kind or --value; or --everything alone")
    forgotten = forget(path, familiarity.AREA, list(known))
    print(f"forgotten: {forgotten}")
    if forgotten and not getattr(arguments, "quiet", False):
        print("a running daemon still knows it until: systemctl reload pamsignal", file=sys.stderr)


def _document(change: Change) -> Dict[str, object]:
    kind, user, value = change.fact
    return {"user": user, "kind": kind, "value": value, "last_seen": when.timestamp(change.seen_us or 0)}


def _lines(known: List[Change], arguments: argparse.Namespace) -> List[str]:
    """Return a table: who, what kind of thing, which, when it was last seen."""
    local = output.is_local(arguments)
    rows = [
        (
            _LEARNING_WORDS if change.fact == LEARNING else for_terminal(change.fact.user, _VALUE_LIMIT),
            change.fact.kind,
            for_terminal(change.fact.value, _VALUE_LIMIT) or "-",
            output.timestamp(change.seen_us or 0, local=local),
        )
        for change in known
    ]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)).rstrip() + "\n" for row in rows]


def _usual() -> str:
    own = f"{directories(os.environ, os.geteuid()).state}/state.db"
    return own if os.path.lexists(own) else f"{SYSTEM.state}/state.db"
