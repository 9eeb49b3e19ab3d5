"""`pamsignal support-dump`: what a bug report needs, in one text, with stand-ins for private names. Sends nothing."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Dict, Iterator

from pamsignal import __version__
from pamsignal.cli import own_file
from pamsignal.errors import UsageError
from pamsignal.render import when
from pamsignal.render.escape import for_terminal
from pamsignal.runtime.directories import SYSTEM
from pamsignal.support import Question, collected, usual_places

USUAL_LINES, MOST_LINES = 200, 5000
_LIMIT = 4000
_HEAD = """\
support dump of pamsignal {version}, made {made}
Secrets are left out. Names have stand-ins, the same everywhere: user-1, host-2, address-3, sink-4. Words of the log
that pamsignal does not know are … . Read it before you give it to somebody: nothing was sent.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `support-dump` takes."""
    parser.add_argument("--output", metavar="FILE", help="write a new file, mode 0600, instead of standard output")
    parser.add_argument(
        "--lines", type=int, default=USUAL_LINES, metavar="N", help=f"last lines of the log (default: {USUAL_LINES})"
    )
    parser.add_argument("--file", metavar="FILE", help="status file, if status_file is set in the configuration")


def run(arguments: argparse.Namespace) -> int:
    """Print or write the dump; 0, whatever is wrong on the host."""
    if not 0 < arguments.lines <= MOST_LINES:
        raise UsageError(f"--lines wants a number from 1 to {MOST_LINES}")
    places = usual_places()
    config = getattr(arguments, "config", None)
    asked = arguments.file or _status_file(places.runtime)
    sections = collected(Question(config, places, asked, arguments.lines))
    made = when.timestamp(time.time_ns() // 1000)
    if getattr(arguments, "json", False):
        text = json.dumps({"version": __version__, "made": made, "sections": sections}) + "\n"
    else:
        text = _HEAD.format(version=__version__, made=made) + "".join(f"{line}\n" for line in as_lines(sections))
    if arguments.output is None:
        sys.stdout.write(text)
        return 0
    path = Path(arguments.output)
    with own_file.explained(path, if_there="is there already; name a new file"):
        own_file.write(path, text)
    if not getattr(arguments, "quiet", False):
        print(f"{arguments.output}: written; read it before you give it to somebody", file=sys.stderr)
    return 0


def as_lines(sections: Dict[str, Dict[str, Any]]) -> Iterator[str]:
    """Yield the sections for people."""
    for name, section in sections.items():
        yield ""
        yield f"== {name} =="
        if section["trouble"] is not None:
            yield f"({for_terminal(section['trouble'], _LIMIT)})"
        else:
            yield from _nested(section["found"], "")


def _nested(value: Any, indent: str) -> Iterator[str]:
    pairs = value.items() if isinstance(value, dict) else ((None, one) for one in value)
    for name, below in pairs:
        label = f"{indent}{for_terminal(str(name))}:" if name is not None else f"{indent}-"
        if isinstance(below, (dict, list)) and below:
            yield label
            yield from _nested(below, f"{indent}  ")
        else:
            yield f"{label} {_scalar(below)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return for_terminal(value, _LIMIT)
    return json.dumps(value)  # null means all, or no bound, where an empty list means nothing


def _status_file(runtime: str) -> str:
    own = f"{runtime}/status.json"
    return own if os.path.exists(own) else f"{SYSTEM.runtime}/status.json"
