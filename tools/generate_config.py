"""Writes examples/pamsignal.yaml and docs/reference/configuration.md from the schema; --check only compares."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any, Iterator, List, Set

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pamsignal.config.schema import Schema, filled, load_schema, resolved  # noqa: E402 - found through the line above
from pamsignal.config.wording import MOST_NAMES, expectation  # noqa: E402 - likewise

SAMPLE = ROOT / "examples" / "pamsignal.yaml"
REFERENCE = ROOT / "docs" / "reference" / "configuration.md"
WIDTH = 100

SAMPLE_HEADER = """\
# Sample configuration of pamsignal: every key, with its default. Generated from the schema by tools/generate_config.py.
# No key is needed: an empty file means exactly this. Copy what you change to /etc/pamsignal/pamsignal.yaml (of root,
# mode 0600), check it with `pamsignal check-config`, then `systemctl reload pamsignal`.
"""

REFERENCE_HEADER = """\
# Configuration reference

Generated from `pamsignal/config/schema.json` by `tools/generate_config.py`; do not edit.

The file is `/etc/pamsignal/pamsignal.yaml`, owned by root, mode 0600. Every key has a default, so an empty file is a
working configuration. `pamsignal check-config` names every problem with line and column, `pamsignal check-config
--explain KEY` says what stands here, and so does `man pamsignal.conf`. The daemon reads the file at start and at
`systemctl reload pamsignal`; a file it cannot use is refused as a whole: at start with exit code 78, at reload by
keeping what was in force.

## Secrets

A secret can stand in four places ([which one](../how-to/secrets.md)):

- in the file itself: `token: "123456789:AA..."`. Then nobody but the owner may read the file; anything else is refused;
- in a file below `/etc/pamsignal/credentials`, of root, mode 0600: `token: {credential: telegram-token}` is the file of
  that name. A reload takes a changed one;
- in a systemd credential, by the same words, with `LoadCredential=telegram-token:/path/of/the/file` in a drop-in of the
  unit. A changed credential needs a restart of the service;
- in a file of its own: `token: {file: /path/of/the/file}`, owned by root or by the daemon's user, which has to be able
  to read it, and readable by nobody else. One line end at its end is ignored.

No output of pamsignal shows a secret.
"""


def main() -> int:
    root = load_schema()
    texts = {SAMPLE: sample(root), REFERENCE: reference(root)}
    if "--check" not in sys.argv[1:]:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    drifted = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in drifted:
        print(f"{path.relative_to(ROOT)} is not what the schema says; run: python3 tools/generate_config.py")
    return 1 if drifted else 0


def sample(root: Schema) -> str:
    """Return the sample: the document of an empty file, with comments, and a sink of every type as a comment."""
    lines = [SAMPLE_HEADER.rstrip("\n")]
    told: Set[str] = set()
    for key, value in filled(root, root, {}).items():
        lines += ["", *section(root, resolved(root, root["properties"][key]), key, value, told)]
        if key == "sinks":
            lines += [line for kind in kinds(root) if kind != "journald" for line in sample_sink(root, kind)]
    return "\n".join(lines) + "\n"


def section(root: Schema, schema: Schema, key: str, value: Any, told: Set[str], indent: str = "") -> Iterator[str]:
    """Yield a key with its comment and all below it; `told` are the comments that stand further up already."""
    words = schema["description"] + meaning(schema)
    if words not in told:
        yield from comment(words, indent)
    told.add(words)
    if not isinstance(value, dict) or not value:
        yield from entry(indent, key, value)
        return
    yield f"{indent}{key}:"
    for name, below in value.items():
        reference = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        yield from section(root, resolved(root, reference, below), name, below, told, indent + "  ")


def entry(indent: str, key: str, value: Any) -> Iterator[str]:
    """Yield `key: value`, a long list with one item a line."""
    line = f"{indent}{key}: {flow(value)}"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{indent}{key}:"
    yield from (f"{indent}  - {flow(item)}" for item in value)


def sample_sink(root: Schema, kind: str) -> Iterator[str]:
    """Yield an example of a sink as comments: what it must have, then what it may have."""
    schema = root["definitions"][f"sink_{kind}"]
    yield ""
    yield from comment(schema["description"], "  ")
    yield f"  # my-{kind}:"
    for key, below in own_keys(root, schema):
        example = kind if key == "type" else below["default"] if "default" in below else below["examples"][0]
        example = below["examples"][0] if key == "secrets" else example
        yield from comment(below["description"] + meaning(below), "  #   ")
        yield f"  #   {key}: {flow(example)}"


def own_keys(root: Schema, schema: Schema) -> List[Any]:
    common = root["definitions"]["sink_journald"]["properties"]
    pairs = schema["properties"].items()
    return [(key, resolved(root, below)) for key, below in pairs if key == "type" or common.get(key) != below]


def kinds(root: Schema) -> List[str]:
    return list(root["definitions"]["sink"]["properties"]["type"]["enum"])


def meaning(schema: Schema) -> str:
    """Return the closed list or the range of a key, in brackets."""
    if schema.get("type") == "integer":
        return f" ({schema['minimum']} to {schema['maximum']})"
    return f" ({', '.join(schema['enum'])})" if "enum" in schema and schema["type"] == "string" else ""


def comment(text: str, indent: str) -> List[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def flow(value: Any) -> str:
    """Return `value` as YAML on one line; JSON is YAML, and plain words need no quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    is_word = isinstance(value, str) and value.replace("-", "").replace("_", "").isalpha()
    return value if is_word and value not in {"null", "true", "false", "none"} else json.dumps(value)


def reference(root: Schema) -> str:
    """Return the reference: a table for every section and every type of sink."""
    lines = [REFERENCE_HEADER, "## The file", "", *table(root, root, "")]
    for key, below in root["properties"].items():
        if below.get("properties"):
            lines += [f"## {key}", "", below["description"], "", *table(root, below, f"{key}.")]
    lines += ["## sinks", "", root["properties"]["sinks"]["description"], ""]
    lines += [
        "Every sink has these keys; where a type of sink has other defaults, its own table says so:",
        "",
        *table(root, common_sink(root), "sinks.NAME."),
    ]
    for kind in kinds(root):
        schema = root["definitions"][f"sink_{kind}"]
        lines += [f"### {kind}", "", schema["description"], ""]
        own = {"properties": {key: below for key, below in own_keys(root, schema) if key != "type"}}
        lines += table(root, {**own, "required": schema["required"]}, "sinks.NAME.") if own["properties"] else []
    lines += ["## Names of events and findings", "", "`alerts.actions` takes the first list, a sink's `actions` and"]
    lines += ["`exclude` take both.", "", f"Events: {names(root, 'action')}.", ""]
    findings = set(root["definitions"]["action_or_rule"]["enum"]) - set(root["definitions"]["action"]["enum"])
    events = root["definitions"]["sink_syslog"]["properties"]["events"]["items"]["enum"]
    lines += [f"`events` of `syslog` takes: {', '.join(f'`{name}`' for name in events)}.", ""]
    lines += [f"Findings: {', '.join(f'`{name}`' for name in sorted(findings))}.", ""]
    return "\n".join(lines)


def common_sink(root: Schema) -> Schema:
    properties = root["definitions"]["sink_journald"]["properties"]
    kind = root["definitions"]["sink"]["properties"]["type"]
    return {"properties": {**properties, "type": kind}, "required": ["type"]}


def names(root: Schema, definition: str) -> str:
    return ", ".join(f"`{name}`" for name in root["definitions"][definition]["enum"])


def table(root: Schema, schema: Schema, prefix: str) -> List[str]:
    lines = ["| key | meaning | expected | default | example |", "|---|---|---|---|---|"]
    return [*lines, *rows(root, schema, prefix), ""]


def rows(root: Schema, schema: Schema, prefix: str) -> Iterator[str]:
    for key, reference in schema["properties"].items():
        below = resolved(root, reference)
        if below.get("properties") and not below.get("secret"):
            if prefix:
                yield f"| `{prefix}{key}` | {below['description']} | | | |"
                yield from rows(root, below, f"{prefix}{key}.")
        elif not (key == "sinks" and not prefix):
            yield row(prefix + key, below, is_needed=key in schema.get("required", ()))


def row(name: str, schema: Schema, *, is_needed: bool) -> str:
    optional = f"`{flow(schema['default'])}`" if "default" in schema else "none"
    default = "needed" if is_needed else optional
    example = f"`{flow(schema['examples'][0])}`" if schema.get("examples") else ""
    is_short = "expected" in schema or len(schema.get("enum", ())) <= MOST_NAMES
    expected = expectation(schema) if is_short else "a known name"
    cells = (f"`{name}`", schema["description"], expected, default, example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    raise SystemExit(main())
