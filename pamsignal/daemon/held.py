"""What is held back from the sinks, as rows of the store: it can be older than any rewind of the journal."""

from __future__ import annotations

import json
from typing import Dict, List, Mapping, Optional

from pamsignal.deliver.budget import Owed
from pamsignal.deliver.limits import Class
from pamsignal.deliver.turn import Memory
from pamsignal.terms import Severity

AREA = "held back"


def rows(changes: Mapping[Class, Optional[Owed]]) -> List[Memory]:
    """Return `changes` as rows; None deletes one."""
    return [Memory(AREA, " ".join(key), None if owed is None else _text(owed)) for key, owed in changes.items()]


def restored(stored: Mapping[str, str]) -> Dict[Class, Owed]:
    """Return what `rows` made rows of; what cannot be read is left out."""
    owed: Dict[Class, Owed] = {}
    for key, text in stored.items():
        sink, _, name = key.partition(" ")
        try:
            document = json.loads(text)
            owed[sink, name] = Owed(**{**document, "severity": Severity(document["severity"])})
        except (ValueError, TypeError, KeyError):  # of another version
            continue
    return owed


def _text(owed: Owed) -> str:
    return json.dumps({**owed._asdict(), "severity": int(owed.severity), "rules": dict(owed.rules)})
