"""Writes roles/pamsignal/vars/main/keys.yml, by which the role finds a misspelt key before it touches a host.

The schema's keys, types and closed lists as an argument specification of Ansible, which every controller can check
without pamsignal or jsonschema. Patterns and ranges are left to `pamsignal check-config` on the host. --check compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Dict

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pamsignal.config.schema import Schema, load_schema, resolved  # noqa: E402 - found through the line above

KEYS = ROOT / "roles/pamsignal/vars/main/keys.yml"
HEADER = """\
---
# What may stand in pamsignal_config: generated from pamsignal/config/schema.json by tools/generate_role_keys.py.
# yamllint disable rule:indentation
"""
TYPES = {"string": "str", "integer": "int", "boolean": "bool", "array": "list", "object": "dict"}


def main() -> int:
    """Write the file, or say that it is not what the schema says."""
    text = HEADER + yaml.safe_dump(variables(load_schema()), width=120, default_flow_style=None)
    if "--check" not in sys.argv[1:]:
        KEYS.write_text(text, encoding="utf-8")
        return 0
    if KEYS.exists() and KEYS.read_text(encoding="utf-8") == text:
        return 0
    print(f"{KEYS.relative_to(ROOT)} is not what the schema says; run: python3 tools/generate_role_keys.py")
    return 1


def variables(root: Schema) -> Dict[str, Any]:
    """Return the role's variables: the keys of the file, those of each kind of sink, and where secrets are."""
    kinds = root["definitions"]["sink"]["properties"]["type"]["enum"]
    sinks = {kind: root["definitions"][f"sink_{kind}"] for kind in kinds}
    return {
        "__pamsignal_keys": options(root, root),
        "__pamsignal_sink_keys": {kind: options(root, sink) for kind, sink in sinks.items()},
        "__pamsignal_secrets": secrets(root, root),
        "__pamsignal_sink_secrets": {kind: secrets(root, sink) for kind, sink in sinks.items()},
    }


def options(root: Schema, schema: Schema) -> Dict[str, Any]:
    """Return the `options` of an argument specification for the keys of an object."""
    required = schema.get("required", ())
    return {
        key: {**option(root, resolved(root, below)), **({"required": True} if key in required else {})}
        for key, below in schema["properties"].items()
    }


def option(root: Schema, schema: Schema) -> Dict[str, Any]:
    """Return type, closed list and keys of one value; what may be of several types is left to check-config."""
    if schema.get("secret"):
        return {"type": "raw"}
    names = [name for name in [schema.get("type", "string")] if isinstance(name, str)] or schema["type"]
    known = [name for name in names if name != "null"]
    found: Dict[str, Any] = {"type": TYPES[known[0]] if len(known) == 1 else "raw"}
    if "enum" in schema:
        found["choices"] = schema["enum"]
    if found["type"] == "list" and "enum" in resolved(root, schema["items"]):
        found.update(elements="str", choices=resolved(root, schema["items"])["enum"])
    if found["type"] == "dict" and "properties" in schema:
        found["options"] = options(root, schema)
    return found


def secrets(root: Schema, schema: Schema) -> Any:
    """Return where secrets are: keys above keys down to `true`, `*` for any key or item; addresses may be none."""
    schema = resolved(root, schema)
    if schema.get("secret"):
        return True if not schema.get("may_be_plain") else {}
    below = {**schema.get("properties", {}), "*": schema.get("items", schema.get("additionalProperties"))}
    found = {key: secrets(root, inner) for key, inner in below.items() if isinstance(inner, dict)}
    return {key: inner for key, inner in found.items() if inner}


if __name__ == "__main__":
    raise SystemExit(main())
