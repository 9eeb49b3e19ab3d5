"""Walks schema.json beside a document: defaults, secrets, the meaning of a key. Pure, and free of yaml and jsonschema.

Knows as much of JSON Schema (Draft-07) as schema.json uses. `$ref` may have neighbours here: they describe the place,
the target validates it (a validator of Draft-07 ignores them).
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, NamedTuple, Tuple, Union

from pamsignal.digest import identity

Path = Tuple[Union[str, int], ...]
Document = Dict[str, Any]
Schema = Dict[str, Any]

MASK = "***"


class Part(NamedTuple):
    """One value of a document: where it is, what it is, and the schema that speaks of it."""

    path: Path
    value: Any
    schema: Schema


def load_schema() -> Schema:
    """Read schema.json. It is not kept: the daemon needs it for a moment at start and at reload."""
    path = __file__.rpartition("/")[0] + "/schema.json"
    with open(path, encoding="utf-8") as file:
        schema: Schema = json.load(file)
    return schema


def resolved(root: Schema, schema: Schema, value: Any = None) -> Schema:
    """Follow `$ref`, and for a sink the branch of its `type`."""
    while "$ref" in schema:
        target = root["definitions"][schema["$ref"].rpartition("/")[2]]
        schema = {**target, **{word: meaning for word, meaning in schema.items() if word != "$ref"}}
    kind = value.get("type") if isinstance(value, dict) else None
    for branch in schema.get("allOf", ()):
        if branch["if"]["properties"]["type"]["const"] == kind:
            return resolved(root, branch["then"])
    return schema


def visit(root: Schema, schema: Schema, value: Any, path: Path = ()) -> Iterator[Part]:
    """Yield `value` and everything below it that the schema knows; a secret, also a reference to one, is one part."""
    schema = resolved(root, schema, value)
    yield Part(path, value, schema)
    if schema.get("secret"):
        return
    for key, below in _below(schema, value):
        yield from visit(root, below, value[key], (*path, key))


def _below(schema: Schema, value: Any) -> Iterator[Tuple[Any, Schema]]:
    if isinstance(value, list):
        for index in range(len(value)):
            yield index, schema.get("items", {})
    elif isinstance(value, dict):
        for key in value:
            below = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if isinstance(below, dict):
                yield key, below


def filled(root: Schema, schema: Schema, value: Any) -> Any:
    """Return a valid `value` with every default in its place, keys in the order of the schema."""
    schema = resolved(root, schema, value)
    if schema.get("secret") or not isinstance(value, dict):
        return value
    properties = {key: resolved(root, below) for key, below in schema.get("properties", {}).items()}
    defaults = {key: below["default"] for key, below in properties.items() if "default" in below}
    complete = {key: value.get(key, defaults.get(key)) for key in properties if key in value or key in defaults}
    complete.update(value)
    below_of = dict(_below(schema, complete))
    return {key: filled(root, below_of.get(key, {}), part) for key, part in complete.items()}


def masked(root: Schema, schema: Schema, value: Any) -> Any:
    """Return `value` with every written-out secret replaced; a reference says nothing and stays."""
    schema = resolved(root, schema, value)
    if schema.get("secret"):
        return MASK if isinstance(value, str) else value
    if isinstance(value, list):
        return [masked(root, schema.get("items", {}), item) for item in value]
    if isinstance(value, dict):
        below_of = dict(_below(schema, value))
        return {key: masked(root, below_of.get(key, {}), part) for key, part in value.items()}
    return value


def fingerprint_of(root: Schema, document: Document) -> str:
    """Return what tells two effective configurations apart, hexadecimal; written-out secrets do not go into it."""
    canonical = json.dumps(masked(root, root, document), sort_keys=True, separators=(",", ":"))
    return identity(canonical)


def find(root: Schema, dotted: str) -> Schema:
    """Return what the schema says of `detect.brute_force.attempts` or `sinks.telegram.token`; KeyError if nothing.

    Below `sinks` stands the type of a sink instead of its name.
    """
    schema = root
    for name in dotted.split("."):
        properties = schema.get("properties", {})
        schema = resolved(root, properties[name] if name in properties else root["definitions"][f"sink_{name}"])
    return schema


def key_names(root: Schema) -> Iterator[str]:
    """Yield the dotted name of every key, as `find` takes it."""
    yield from _names(root, root, "")
    for kind in root["definitions"]["sink"]["properties"]["type"]["enum"]:
        yield from _names(root, root["definitions"][f"sink_{kind}"], f"sinks.{kind}.")


def _names(root: Schema, schema: Schema, prefix: str) -> Iterator[str]:
    for key, reference in schema.get("properties", {}).items():
        yield prefix + key
        below = resolved(root, reference)
        if not below.get("secret"):
            yield from _names(root, below, f"{prefix}{key}.")
