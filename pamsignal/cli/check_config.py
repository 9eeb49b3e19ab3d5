"""`pamsignal check-config`: every problem of a configuration file at once; the daemon validates by exactly this."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from pamsignal.config.load import DEFAULT_PATH
from pamsignal.config.schema import find, key_names, load_schema, masked
from pamsignal.errors import AccessError, ConfigError, UsageError

if TYPE_CHECKING:
    from pamsignal.config.check import Report

EXIT_CONFIG = ConfigError.exit_code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `check-config` takes."""
    parser.add_argument("file", nargs="?", metavar="FILE", help=f"file to check (default: --config, or {DEFAULT_PATH})")
    parser.add_argument("--strict", action="store_true", help="take warnings for errors")
    parser.add_argument(
        "--show-effective", action="store_true", help="print what is in force, defaults included, secrets masked"
    )
    parser.add_argument("--explain", metavar="KEY", help="say what a key means, such as detect.brute_force.attempts")


def run(arguments: argparse.Namespace) -> int:
    """Check or explain. 0 if the daemon would take the file, 78 if not."""
    as_json = getattr(arguments, "json", False)
    if arguments.explain is not None:
        print(_explained(arguments.explain, as_json=as_json))
        return 0
    return _check(arguments, as_json=as_json)


def _check(arguments: argparse.Namespace, *, as_json: bool) -> int:
    report = _report(arguments.file or getattr(arguments, "config", None), strict=arguments.strict)
    is_good = report.document is not None
    root = load_schema()
    effective = masked(root, root, report.document) if is_good and arguments.show_effective else None
    if as_json:
        answer: Dict[str, Any] = {
            "file": report.name,
            "ok": is_good,
            "problems": [problem._asdict() for problem in report.problems],
            "fingerprint": report.fingerprint,
        }
        print(json.dumps({**answer, "effective": effective} if effective else answer))
        return 0 if is_good else EXIT_CONFIG
    for line in report.lines:
        print(line, file=sys.stderr)
    if effective is not None:
        from pamsignal.config.document import written  # noqa: PLC0415 - loaded by now

        print(written(effective), end="")
    elif is_good and not getattr(arguments, "quiet", False):
        print(f"{report.name}: good")
    return 0 if is_good else EXIT_CONFIG


def _report(path: Optional[str], *, strict: bool) -> Report:
    """Check the file that was named, else the usual one; without any, the defaults are in force, and good."""
    from pamsignal.config.check import check_file, check_text  # noqa: PLC0415 - it costs 14 MB, and --help needs none

    if path is None and _is_missing(DEFAULT_PATH):
        print(f"{DEFAULT_PATH}: not there, so the defaults are in force; write one: pamsignal init", file=sys.stderr)
        return check_text("", DEFAULT_PATH)
    require_right(path or DEFAULT_PATH, f"check-config {path or DEFAULT_PATH}")
    return check_file(path or DEFAULT_PATH, strict=strict)


def _is_missing(path: str) -> bool:
    try:
        Path(path).lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False  # no right to look is not nothing there
    return False


def require_right(path: str, call: str) -> None:
    """Raise AccessError if the file at `path` is out of reach for this user; `call` is what root would type."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except PermissionError:
        raise AccessError(f"no right to read {path}; try: sudo pamsignal {call}") from None
    except OSError:
        pass  # the check has better words for it


def _explained(key: str, *, as_json: bool) -> str:
    from pamsignal.config.wording import expectation, nearest  # noqa: PLC0415 - this one knows PyYAML

    root = load_schema()
    try:
        schema = find(root, key)
    except KeyError:
        meant = nearest(key, key_names(root))
        hint = f"did you mean {meant}?" if meant else "see the keys with: pamsignal check-config --show-effective"
        raise UsageError(f"there is no key {key!r}; {hint}") from None
    about = {"key": key, "description": schema["description"], "expected": expectation(schema)}
    about.update({word: schema[word] for word in ("default", "examples", "enum") if word in schema})
    return json.dumps(about) if as_json else "\n".join(_lines(key, about, schema))


def _lines(key: str, about: Dict[str, Any], schema: Dict[str, Any]) -> List[str]:
    words = schema.get("enum") or schema.get("items", {}).get("enum")
    lines = [key, f"  {about['description']}", f"  expected: {about['expected']}"]
    if words:
        lines.append(f"  names: {', '.join(words)}")
    if "default" in about and about["default"] != {}:
        lines.append(f"  default: {json.dumps(about['default'])}")
    lines += [f"  example: {json.dumps(example)}" for example in about.get("examples", ())]
    lines += [f"  {key}.{name}" for name in schema.get("properties", {})]
    return lines
