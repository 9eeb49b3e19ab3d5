"""The words that the JSON Schemas of what `--json` prints are made of: values, and ways to put them together."""

from __future__ import annotations

import enum
from typing import Any, Dict, Sequence, Type

Schema = Dict[str, Any]

HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
NAMES: Schema = {"type": "array", "items": TEXT, "minItems": 1}


def one_of(members: Type[enum.Enum], *more: str) -> Schema:
    """Return the schema of one member of a closed set."""
    return {"type": "string", "enum": [str(member.value) for member in members] + list(more)}


def or_null(schema: Schema) -> Schema:
    """Return `schema` with null for what is unknown."""
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def closed(properties: Dict[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return an object of exactly these keys, those in `optional` being there or not."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def known(properties: Dict[str, Schema], required: Sequence[str] = ()) -> Schema:
    """Return an object that has at least one of these keys and no other: what is unknown is left out."""
    shape = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": properties}
    return {**shape, "required": list(required)} if required else shape


def counts(of: str) -> Schema:
    """Return an object of numbers by name."""
    return {"type": "object", "description": f"How many, by {of}.", "additionalProperties": COUNT}
