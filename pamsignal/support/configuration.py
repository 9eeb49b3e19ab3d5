"""The configuration that is in force, or what is wrong with it, as it can be shown to strangers."""

from __future__ import annotations

import os
import stat
from typing import Any, Dict, Optional

from pamsignal.config.load import DEFAULT_PATH
from pamsignal.config.schema import MASK, Document, Schema, load_schema, resolved
from pamsignal.support.redact import Redactor

_AUTO = "auto"


def described(path: Optional[str], redactor: Redactor) -> Dict[str, object]:
    """Return where it is, whose, what is wrong with it, and what is in force."""
    from pamsignal.config.check import check_file, check_text  # noqa: PLC0415 - it may be just what is broken here

    place = path or DEFAULT_PATH
    found: Dict[str, object] = {"file": redactor.path(place)}
    if os.path.lexists(place):
        os.close(os.open(place, os.O_RDONLY | os.O_NONBLOCK))  # PermissionError: the caller knows what to say
        status = os.lstat(place)
        found.update({"uid": status.st_uid, "mode": f"{stat.S_IMODE(status.st_mode):04o}", "bytes": status.st_size})
        report = check_file(place)
    else:
        found["there"] = False
        report = check_text("", place)
    root = load_schema()
    found["usable"] = report.document is not None
    if report.document is not None:
        found["fingerprint"] = str(report.fingerprint)[:12]
        found["effective"] = disguised(root, root, report.document, redactor)
    found["problems"] = [
        f"{problem.line}:{problem.column}: {problem.level}: {redactor.text(f'{problem.key}: {problem.message}')}"
        for problem in report.problems
    ]
    return found


def disguised(root: Schema, schema: Schema, value: Any, redactor: Redactor) -> Any:
    """Return `value` with secrets masked and private values replaced; a text that the schema does not close is free."""
    schema = resolved(root, schema, value)
    if schema.get("secret"):
        return _secret(root, schema, value, redactor)
    if value is None or isinstance(value, (bool, float)):
        return value
    if "private" in schema:
        return redactor.name(schema["private"], str(value), public=(_AUTO,))
    if isinstance(value, (list, dict)):
        return _below(root, schema, value, redactor)
    is_closed = isinstance(value, int) or value in (*schema.get("enum", ()), schema.get("const"))
    return value if is_closed else redactor.text(str(value))


def _below(root: Schema, schema: Schema, value: Any, redactor: Redactor) -> Any:
    if isinstance(value, list):
        return [disguised(root, schema.get("items", {}), item, redactor) for item in value]
    keys = schema.get("propertyNames", {})
    shown: Document = {}
    for key, part in value.items():
        below = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        name = redactor.name(keys["private"], key) if "private" in keys else key
        shown[name] = disguised(root, below if isinstance(below, dict) else {}, part, redactor)
    return shown


def _secret(root: Schema, schema: Schema, value: Any, redactor: Redactor) -> Any:
    """Return the form of a secret: where it is kept, or which service its URL leads to."""
    if isinstance(value, dict):
        return {key: disguised(root, schema["properties"][key], part, redactor) for key, part in value.items()}
    if not isinstance(value, str):
        return value
    redactor.stand_ins.expect("secret", value)
    if schema.get("rule") != "url":
        return MASK
    return redactor.url(value)
