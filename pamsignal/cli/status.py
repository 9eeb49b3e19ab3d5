"""`pamsignal status`: how the running daemon is doing, from the file it keeps for everybody to read."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from pamsignal.errors import NotRunningError
from pamsignal.render.escape import for_terminal
from pamsignal.runtime import status_file
from pamsignal.runtime.directories import SYSTEM, directories

# The daemon writes every ten seconds.
STALE_SECONDS = 60
WATCH_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `status` takes."""
    parser.add_argument("--watch", action="store_true", help="show it again every two seconds")
    parser.add_argument("--file", metavar="FILE", help="status file, if status_file is set in the configuration")


def run(arguments: argparse.Namespace) -> int:
    """Print the status; 0 if all is well, 1 if something is not, 3 if the daemon does not run."""
    while True:
        status = read_status(arguments.file or _usual_file())
        if getattr(arguments, "json", False):
            print(json.dumps(status, separators=(",", ":")))
        else:
            sys.stdout.write(("\x1b[H\x1b[2J" if arguments.watch and sys.stdout.isatty() else "") + for_people(status))
        sys.stdout.flush()
        if not arguments.watch:
            return 1 if status.get("problems") else 0
        time.sleep(WATCH_SECONDS)


def read_status(path: str) -> Dict[str, Any]:
    """Return the status of a daemon that runs. NotRunningError if it does not."""
    status = status_file.read(path)
    if status.get("state") == "stopped":
        raise NotRunningError(f"pamsignal was stopped at {status.get('written')}; try: systemctl start pamsignal")
    age_seconds = time.time() - os.stat(path).st_mtime
    if age_seconds > STALE_SECONDS:
        raise NotRunningError(
            f"{path} is {age_seconds:.0f} s old: pamsignal was killed or hangs; try: systemctl restart pamsignal"
        )
    return status


def for_people(status: Mapping[str, Any]) -> str:
    """Return the status as lines."""
    return "".join(f"{label + ':':16} {for_terminal(value)}\n" for label, value in _rows(status))


def _rows(status: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
    journal: Mapping[str, Any] = status.get("journal", {})
    yield (
        "pamsignal",
        f"{status.get('version')}, pid {status.get('pid')}, {status.get('state')} since {status.get('started')}",
    )
    yield "last record", f"{journal.get('last_record') or 'none yet'}"
    yield "records", f"{status.get('records')} read, {status.get('understood')} understood"
    yield "events", _counted(status.get("events", {}))
    yield "not understood", _counted(status.get("not_understood", {}))
    yield "spoofed lines", _counted(status.get("spoofed", {}))
    for name, sink in sorted(status.get("sinks", {}).items()):
        yield f"sink {name}", _sink_words(sink)
    config: Mapping[str, Any] = status.get("config", {})
    yield "configuration", f"fingerprint {config['fingerprint'][:12]}" if config.get("fingerprint") else "defaults"
    problems: List[str] = status.get("problems", [])
    yield "problems", "none" if not problems else problems[0]
    for problem in problems[1:]:
        yield "", problem


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _sink_words(sink: Mapping[str, Any]) -> str:
    words = f"{sink.get('sent')} sent, {sink.get('queued')} waiting, {sink.get('given_up')} given up"
    if sink.get("failures_in_a_row"):
        words += f"; {sink['failures_in_a_row']} failures in a row ({sink.get('last_error')})"
    if sink.get("held_until"):
        words += f"; next try {sink['held_until']}"
    return words


def _usual_file() -> str:
    own = f"{directories(os.environ, os.geteuid()).runtime}/status.json"
    return own if os.path.exists(own) else f"{SYSTEM.runtime}/status.json"
