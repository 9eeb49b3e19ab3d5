"""`pamsignal status`: how the running daemon is doing, from the file it keeps for everybody to read."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from pamsignal.cli import output
from pamsignal.cli.moments import moment_us
from pamsignal.errors import NotRunningError, UsageError
from pamsignal.render import when
from pamsignal.render.escape import for_terminal
from pamsignal.runtime import status_file
from pamsignal.runtime.directories import SYSTEM, directories

# The daemon writes every ten seconds.
STALE_SECONDS = 60
_VALUE_LIMIT = 2000
_OBJECTS = ("journal", "events", "not_understood", "spoofed", "sinks", "trail", "context", "config")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `status` takes."""
    parser.add_argument("--watch", action="store_true", help="show it again every two seconds, until Ctrl-C")
    parser.add_argument("--file", metavar="FILE", help="status file, if status_file is set in the configuration")


def run(arguments: argparse.Namespace) -> int:
    """Print the status; 0 if all is well, 1 if something is not, 3 if the daemon does not run."""
    while arguments.watch:
        try:
            _show(arguments, before=output.CLEAR_SCREEN if sys.stdout.isatty() else "")
        except NotRunningError as error:
            print(f"pamsignal: {error}", file=sys.stderr)
        time.sleep(output.WATCH_SECONDS)
    return _show(arguments)


def _show(arguments: argparse.Namespace, before: str = "") -> int:
    status = read_status(arguments.file or usual_file())
    if getattr(arguments, "json", False):
        print(json.dumps(status, separators=(",", ":")), flush=True)
    else:
        sys.stdout.write(before + for_people(status, arguments))
        sys.stdout.flush()
    return 1 if status.get("problems") else 0


def read_status(path: str) -> Dict[str, Any]:
    """Return the status of a daemon that runs. NotRunningError if it does not."""
    status = status_file.read(path)
    if not all(isinstance(status.get(name), dict) for name in _OBJECTS):
        raise NotRunningError(f"{path} is of another version of pamsignal; try: systemctl restart pamsignal")
    if status.get("state") == "stopped":
        raise NotRunningError(f"pamsignal was stopped at {status.get('written')}; try: systemctl start pamsignal")
    age_seconds = int(time.time() - os.stat(path).st_mtime)
    age = when.span(age_seconds * 1_000_000)
    if _is_gone(status.get("pid")):
        what = f"pamsignal was killed: process {status['pid']}, which wrote {path} {age} ago, is gone"
        raise NotRunningError(f"{what}; try: systemctl restart pamsignal")
    if age_seconds > STALE_SECONDS:
        raise NotRunningError(f"pamsignal hangs: it last wrote {path} {age} ago; try: systemctl restart pamsignal")
    return status


def for_people(status: Mapping[str, Any], arguments: argparse.Namespace) -> str:
    """Return the status as lines, safe for a terminal."""
    shown = dict(_rows(status, local=output.is_local(arguments)))
    if getattr(arguments, "verbose", False):
        shown.update(_more_rows(status))
    problems: List[str] = status.get("problems", [])
    shown["problems"] = "; ".join(problems) or "none"
    width = max(map(len, shown)) + 1
    lines = {
        label: f"{for_terminal(label) + ':':{width}} {for_terminal(value, _VALUE_LIMIT)}"
        for label, value in shown.items()
    }
    lines["problems"] = output.painted(
        lines["problems"], output.RED if problems else output.GREEN, colored=output.is_colored(arguments)
    )
    return "".join(f"{line}\n" for line in lines.values())


def _rows(status: Mapping[str, Any], *, local: bool) -> Iterator[Tuple[str, str]]:
    since = f"{_moment(status.get('started'), local=local)} ({_span(status.get('uptime_seconds'))} ago)"
    yield "pamsignal", f"{status.get('version')}, pid {status.get('pid')}, {status.get('state')} since {since}"
    yield "last record", _last_record(status["journal"])
    yield "records", f"{status.get('records')} read, {status.get('understood')} understood"
    yield "events", _counted(status["events"])
    yield "not understood", _counted(status["not_understood"])
    yield "spoofed lines", _counted(status["spoofed"])
    for name, sink in sorted(status["sinks"].items()):
        yield f"sink {name}", _sink_words(sink)
    yield "trail", _trail_words(status["trail"])
    yield "places", _places(status["context"])
    fingerprint = status["config"].get("fingerprint")
    yield "configuration", f"fingerprint {fingerprint[:12]}" if fingerprint else "defaults"


def _more_rows(status: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
    journal = status["journal"]
    yield "journal", f"{journal.get('skipped')} entries unreadable, reopened {journal.get('reopened')} times"
    yield "provenance", _counted(status.get("provenance", {}))
    yield "cloud", " ".join(str(part) for part in status["context"]["cloud"].values() if part) or "none known"
    yield "dropped", _counted(status.get("store", {}).get("lost", {}))
    yield "faults", str(status.get("faults"))


def _last_record(journal: Mapping[str, Any]) -> str:
    return f"{_span(journal.get('seconds_since'))} ago" if journal.get("last_record") else "none yet"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _sink_words(sink: Mapping[str, Any]) -> str:
    words = f"{sink.get('sent')} sent, {sink.get('queued')} waiting, {sink.get('given_up')} given up"
    if sink.get("failures_in_a_row"):
        words += f"; {sink['failures_in_a_row']} failures in a row ({sink.get('last_error')})"
    if sink.get("held_until"):
        words += f"; next try {_until(sink['held_until'])}"
    return words


def _trail_words(trail: Mapping[str, Any]) -> str:
    if not trail.get("enabled"):
        return "switched off"
    seq, _, digest = str(trail.get("head") or "").partition(":")
    words = f"{seq} records, the last one's hash {digest[:12]}" if seq else "no record yet"
    return f"{words}; {trail['lost']} lost" if trail.get("lost") else words


def _places(context: Mapping[str, Any]) -> str:
    databases = [one for one in context["geoip"].values() if one]
    return ", ".join(f"{one['edition']}, {one['age_days']} days old" for one in databases) or "no database"


def _moment(stamp: object, *, local: bool) -> str:
    """Return a time of the file as people want it; what is no time stands as it is."""
    try:
        return output.timestamp(moment_us(str(stamp), time.time()), local=local)
    except UsageError:
        return str(stamp)


def _until(stamp: object) -> str:
    """Return how far off a time of the file is, as people want it."""
    now = time.time()
    try:
        return f"in {when.span(max(0, moment_us(str(stamp), now) - int(now * 1_000_000)))}"
    except UsageError:
        return f"at {stamp}"


def _span(seconds: object) -> str:
    return when.span(seconds * 1_000_000) if isinstance(seconds, int) else "unknown"


def _is_gone(pid: object) -> bool:
    """Tell whether no process has this id: the daemon was killed and had no time to say so."""
    try:
        os.kill(pid if isinstance(pid, int) and pid > 0 else os.getpid(), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False  # another user's process is there all the same
    return False


def usual_file() -> str:
    """Return where the daemon of this user writes its status, else that of the host."""
    own = f"{directories(os.environ, os.geteuid()).runtime}/status.json"
    return own if os.path.exists(own) else f"{SYSTEM.runtime}/status.json"
