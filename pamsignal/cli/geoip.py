"""`pamsignal geoip status`: which databases of places are there, which is used, and what is wrong. Asks nobody."""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

from pamsignal.cli import check_config, output, status
from pamsignal.config.load import DEFAULT_PATH
from pamsignal.enrich import geo
from pamsignal.enrich.notice import notice_of
from pamsignal.enrich.place import Atlas
from pamsignal.errors import AccessError, ConfigError, NotRunningError
from pamsignal.render.escape import for_terminal

_LIMIT = 1000
_FREE = {
    "city": "GeoLite2-City.mmdb or dbip-city-lite.mmdb",
    "asn": "GeoLite2-ASN.mmdb or dbip-asn-lite.mmdb",
}
_WIDTH = 10
_USED = {
    True: "yes",
    False: "no, not yet: it looks once a minute; what it says: journalctl -u pamsignal",
    None: "unknown: no daemon is running",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `geoip` takes."""
    parser.add_argument("what", metavar="WHAT", choices=("status",), help="what to show: status")
    parser.add_argument("--file", metavar="FILE", help="status file, if status_file is set in the configuration")


def run(arguments: argparse.Namespace) -> int:
    """Print what there is; 0 if nothing is wrong with it, 1 if something is."""
    settings = _settings(arguments)
    used = used_by_daemon(arguments.file)
    document = document_of(settings, used, time.time_ns() // 1000)
    if getattr(arguments, "json", False):
        print(json.dumps(document, separators=(",", ":")))
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(document, arguments))
    return 1 if document["problems"] else 0


def document_of(settings: geo.Settings, used: Optional[Dict[str, Any]], time_us: int, root: str = "") -> Dict[str, Any]:
    """Return what --json prints. `used` is the part of the status file about databases, None without a daemon."""
    atlas = Atlas(settings, root)
    atlas.refresh()
    found, problems = atlas.state(time_us), list(atlas.problems(time_us))
    atlas.close()
    document: Dict[str, Any] = {}
    for kind, setting in settings._asdict().items():
        database = found[kind]
        if database is not None:
            database = {**database, "notice": notice_of(database["edition"]), "used_by_daemon": None}
            if used is not None:
                database["used_by_daemon"] = _is_same(database, used.get(kind))
            problems += _not_for_everybody(kind, database["path"])
        others = geo.present(kind, [root + folder for folder in geo.FOLDERS])
        unused = [path for path in others if database is None or path != database["path"]]
        document[kind] = {"setting": setting, "database": database, "unused": unused}
    return {**document, "problems": problems}


def _settings(arguments: argparse.Namespace) -> geo.Settings:
    """Return what the configuration says; the defaults, and a word about it, where this user may not read it."""
    named = getattr(arguments, "config", None)
    path = named or DEFAULT_PATH
    if named is None and not os.path.lexists(path):
        return geo.Settings()
    try:
        check_config.require_right(path, "geoip status")
    except AccessError as error:
        if named is not None:
            raise
        print(f"pamsignal: looking in the usual places alone: {error}", file=sys.stderr)
        return geo.Settings()
    from pamsignal.config.check import check_file  # noqa: PLC0415 - it costs 14 MB, and --help needs none

    report = check_file(path)
    if report.document is None:
        raise ConfigError("\n".join(report.lines))
    return geo.Settings(**report.document["geoip"])


def used_by_daemon(path: Optional[str] = None) -> Optional[Dict[str, Any]]:
    """Return what the status file says of databases; None if no daemon runs."""
    try:
        used: Dict[str, Any] = status.read_status(path or status.usual_file())["context"]["geoip"]
    except (NotRunningError, AccessError):
        return None
    return used


def _is_same(database: Dict[str, Any], used: Optional[Dict[str, Any]]) -> bool:
    return used is not None and all(used.get(key) == database[key] for key in ("path", "built"))


def _not_for_everybody(kind: str, path: str) -> Iterator[str]:
    """Yield what keeps the service, a user of its own, from reading a file that root can read."""
    if not os.stat(path).st_mode & stat.S_IROTH:
        yield f"geoip.{kind}: {path} cannot be read by the service; let everybody read it: chmod 0644 {path}"


def _lines(document: Dict[str, Any], arguments: argparse.Namespace) -> Iterator[str]:
    colored = output.is_colored(arguments)
    for kind in geo.KINDS:
        yield output.painted(f"geoip.{kind}", output.BOLD, colored=colored)
        yield from (
            f"  {label:{_WIDTH}}  {for_terminal(words, _LIMIT)}" for label, words in _rows(kind, document[kind])
        )
    problems: List[str] = document["problems"]
    for problem in problems:
        yield output.painted(f"problem: {for_terminal(problem, _LIMIT)}", output.RED, colored=colored)


def _rows(kind: str, purpose: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    database = purpose["database"]
    if purpose["setting"] is None:
        yield "database", "switched off in the configuration"
    elif database is None:
        yield "database", f"none in use; put {_FREE[kind]} into {geo.FOLDERS[0]}"
    else:
        yield "database", database["path"]
        yield "edition", database["edition"]
        yield "built", f"{database['built'][:10]}, {database['age_days']} days ago"
        yield "in use", _USED[database["used_by_daemon"]]
        if database["notice"] is not None:
            yield "licence", f"to be said wherever it is shown to others: {database['notice']}"
    for path in purpose["unused"]:
        yield "not used", path
