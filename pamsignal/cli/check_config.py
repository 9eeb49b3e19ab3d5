"""`pamsignal check-config`: every problem of a configuration file at once; the daemon validates by exactly this."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any, Dict, List

from pamsignal.config.load import DEFAULT_PATH
from pamsignal.errors import ConfigError, UsageError

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
    path = arguments.file or getattr(arguments, "config", None) or DEFAULT_PATH
    return _check(path, arguments, as_json=as_json)


def _check(path: str, arguments: argparse.Namespace, *, as_json: bool) -> int:
    from pamsignal.config.check import check_file  # noqa: PLC0415 - it costs 14 MB and 0.2 s, and --help needs none of it
    from pamsignal.config.schema import load_schema, masked  # noqa: PLC0415 - beside it

    report = check_file(path, strict=arguments.strict)
    is_good = report.document is not None
    root = load_schema()
    effective = masked(root, root, report.document) if is_good and arguments.show_effective else None
    if as_json:
        answer: Dict[str, Any] = {
            "file": path,
            "ok": is_good,
            "problems": [problem._asdict() for problem in report.problems],
            "sha256": report.sha256,
        }
        print(json.dumps({**answer, "effective": effective} if effective else answer))
        return 0 if is_good else EXIT_CONFIG
    for line in report.lines:
        print(line, file=sys.stderr)
    if effective is not None:
        print(as_yaml(effective), end="")
    elif is_good and not getattr(arguments, "quiet", False):
        print(f"{path}: good")
    return 0 if is_good else EXIT_CONFIG


def as_yaml(document: Dict[str, Any]) -> str:
    """Return `document` as YAML, keys in the order of the schema."""
    import yaml  # noqa: PLC0415 - the process has it by now

    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=False))


def _explained(key: str, *, as_json: bool) -> str:
    from pamsignal.config.schema import find, key_names, load_schema  # noqa: PLC0415 - only --explain needs them
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
