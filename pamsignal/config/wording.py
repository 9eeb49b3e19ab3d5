"""Words for what the schema refuses: what was expected, what was found, what to do. Pure.

Takes the errors of jsonschema as they are (`validator`, `absolute_path`, `instance`, `schema`: the same from 3.2 to 4).
What stands below `sinks` is not quoted unless it had to be one of a few words: it may be a secret in the wrong place.
Elsewhere what looks like one is not.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional

from pamsignal.config.document import Place
from pamsignal.config.problem import HIDDEN, Misfit, is_like_a_secret, shown_name
from pamsignal.config.schema import Path, Schema, key_names, resolved
from pamsignal.render.escape import for_terminal
from pamsignal.terms import Action

KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "object": "a mapping (keys indented below it)",
    "string": "text",
}
ADD_UP = "failures alert when they add up (brute_force and its kin)"
NEVER_ALONE: Mapping[str, str] = {
    Action.LOGIN_FAILURE.value: ADD_UP,
    Action.INVALID_USER.value: ADD_UP,
    Action.CONNECTION_CLOSED.value: ADD_UP,
    Action.CONNECTION_SCAN.value: ADD_UP,
    Action.CONNECTION_TIMEOUT.value: ADD_UP,
    Action.CONNECTION_DROPPED.value: ADD_UP,
    Action.LOGIN_PARTIAL.value: "the login that follows does (login_success)",
    Action.SESSION_OPENED.value: "the login does (login_success)",
    Action.TTY_INPUT.value: "it is written into the trail, and goes to sinks that collect events",
    Action.DETAIL.value: "it only completes another event",
}
MOST_NAMES = 8
MOST_QUOTED = 43


def misfits_of(root: Schema, schemas: Mapping[Path, Schema], places: Mapping[Path, Place], error: Any) -> List[Misfit]:
    """Return one complaint for each thing that `error`, a jsonschema.ValidationError, is about."""
    path: Path = tuple(error.absolute_path)
    schema = schemas.get(path, error.schema)
    if "propertyNames" in error.absolute_schema_path:
        name = str(error.instance)
        meant = nearest(name, _names_in(root, error.schema))
        todo = f"did you mean `{meant}`?" if meant else "rename it"
        message = f"expected {error.schema['expected']}, found `{shown_name(name)}`; {todo}"
        return [Misfit((*path, name), message, at_key=True)]
    if error.validator == "additionalProperties":
        return list(_unknown_keys(root, schema, path, error.instance))
    if error.validator == "required":
        return list(_missing_keys(root, schema, path, error.instance))
    wanted = expectation(schema, _by_kind(path, schemas))
    expected = COUNTS.get(error.validator, "{0}").format(wanted, error.validator_value)
    found = finding(error.instance, places.get(path), secret=_may_be_secret(path, schema, error.instance))
    return [Misfit(path, f"expected {expected}, found {found}; {_advice(schema, path, error.instance)}")]


COUNTS = {
    "uniqueItems": "each entry once",
    "maxItems": "at most {1} entries",
    "maxProperties": "at most {1} keys",
    "minProperties": "{0}",
    "minLength": "{0} that is not empty",
    "maxLength": "{0} of at most {1} characters",
}


def _by_kind(path: Path, schemas: Mapping[Path, Schema]) -> Path:
    """Return `path` with the type of a sink in the place of its name, as `--explain` knows it."""
    if path[:1] != ("sinks",) or len(path) < 3:
        return path
    kind = schemas.get(path[:2], {}).get("properties", {}).get("type", {}).get("const", "webhook")
    return ("sinks", kind, *path[2:])


def expectation(schema: Schema, path: Path = ()) -> str:
    """Return what `schema` wants, for people: `a whole number from 1 to 1000`."""
    if "expected" in schema:
        return str(schema["expected"])
    if len(schema.get("enum", ())) > MOST_NAMES:
        names = [part for part in path if isinstance(part, str)]
        place = ".".join(names)
        return f"a known name (all: pamsignal check-config --explain {place})" if place else "a known name"
    if "enum" in schema or "const" in schema:
        return "one of " + ", ".join(schema.get("enum", [schema.get("const")]))
    kinds = schema.get("type", [])
    words = " or ".join(KINDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    if "minimum" in schema and "maximum" in schema:
        words = words.replace(KINDS["integer"], f"{KINDS['integer']} from {schema['minimum']} to {schema['maximum']}")
    return words or "another value"


def finding(value: Any, place: Optional[Place], *, secret: bool) -> str:
    """Return what stands there, for people, and what YAML 1.1 made of it."""
    plain = place.plain if place else None
    if value is None:
        return "nothing" if not plain else "null"
    if isinstance(value, bool):
        trap = plain is not None and plain.lower() not in {"true", "false"}
        return f"{str(value).lower()} (YAML 1.1 reads an unquoted {plain} as that)" if trap else str(value).lower()
    if isinstance(value, (dict, list)):
        kind = "mapping" if isinstance(value, dict) else "list"
        return f"a {kind} of {len(value)}" if value else f"an empty {kind}"
    kind = "text" if isinstance(value, str) else "number"
    if secret or value == "" or is_like_a_secret(str(value)):
        return f"an empty {kind}" if value == "" else f"a {kind} {HIDDEN}"
    return f'"{quoted(value)}"' if isinstance(value, str) else f"{value}"


def quoted(text: str) -> str:
    """Return `text` cut and harmless."""
    return for_terminal(text, MOST_QUOTED)


def nearest(word: str, known: Iterable[str]) -> Optional[str]:
    """Return the known name that `word` was probably meant to be."""
    return next(iter(difflib.get_close_matches(word.lower().replace("-", "_"), list(known), 1)), None)


def _may_be_secret(path: Path, schema: Schema, value: Any) -> bool:
    if schema.get("secret") or path[:1] != ("sinks",):
        return bool(schema.get("secret"))
    return "enum" not in schema or shown_name(str(value)) == HIDDEN


def _unknown_keys(root: Schema, schema: Schema, path: Path, mapping: Mapping[str, Any]) -> Iterator[Misfit]:
    known = list(schema.get("properties", {}))
    for key in mapping:
        if key not in known:
            shown = HIDDEN if schema.get("secret") else shown_name(key)
            message = f"expected a known key, found `{shown}`; {_remedy(root, key, known)}"
            yield Misfit((*path, key), message, at_key=True)


def _remedy(root: Schema, key: str, known: List[str]) -> str:
    elsewhere = [name for name in key_names(root) if name.rpartition(".")[2] == key]
    if elsewhere:
        return f"it belongs to `{elsewhere[0]}`"
    meant = nearest(key, known)
    if meant:
        return f"did you mean `{meant}`?"
    return f"known here: {', '.join(known)}"


def _names_in(root: Schema, schema: Schema) -> List[str]:
    """Return the words that a schema of names lists; none where it is a pattern."""
    branches = [resolved(root, branch) for branch in schema.get("anyOf", ())]
    return [name for branch in branches for name in branch.get("enum", [branch.get("const")])]


def _missing_keys(root: Schema, schema: Schema, path: Path, mapping: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield the keys that are missing; one that is there misspelt is an unknown key, and told as that."""
    unknown = [key for key in mapping if key not in schema["properties"]]
    for key in (key for key in schema["required"] if key not in mapping):
        misspelt = nearest(key, unknown)
        if misspelt is None:
            example = _line(key, _example(resolved(root, schema["properties"][key])))
            yield Misfit(path, f"expected the key `{key}`, found none; add, for example, {example}", at_key=True)
        elif "additionalProperties" not in schema:  # a sink without a type: nobody else tells its unknown keys
            message = f"expected the key `{key}`, found `{shown_name(misspelt)}`; did you mean `{key}`?"
            yield Misfit((*path, misspelt), message, at_key=True)


def _advice(schema: Schema, path: Path, value: Any) -> str:
    names: Dict[str, str] = {name.lower(): name for name in schema.get("enum", ()) if isinstance(name, str)}
    if Action.LOGIN_SUCCESS.value in names and isinstance(value, str) and value in NEVER_ALONE:
        return f"{value} never alerts by itself: {NEVER_ALONE[value]}; remove it"
    meant = nearest(value, names) if isinstance(value, str) else None
    if meant:
        return f"did you mean `{names[meant]}`?"
    if isinstance(value, bool) and "string" in schema.get("type", ()) and "enum" not in schema:
        return "put it in quotes"
    if schema.get("properties") and not schema.get("secret"):
        return "indent its keys below it, or remove it" if path else "write keys such as `log_level: info`"
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if path and isinstance(path[-1], int):
        return "correct or remove this entry"
    return f"write, for example, {_line(key, _example(schema))}"


def _example(schema: Schema) -> Any:
    return next(iter(schema.get("examples", ())), schema.get("default", "…"))


def _line(key: str, example: Any) -> str:
    plain = isinstance(example, str) and re.fullmatch(r"[A-Za-z/@…][\w/@.…-]*", example)
    return f"`{shown_name(key)}: {example if plain else json.dumps(example)}`"
