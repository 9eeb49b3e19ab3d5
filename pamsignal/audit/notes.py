"""What the trail says about itself: where a chain begins, goes on, was broken, or has to leave something out."""

from __future__ import annotations

import os
from typing import Optional

from pamsignal import __version__
from pamsignal.audit.past import Extent
from pamsignal.audit.record import body
from pamsignal.digest import identity

FORMAT = 1
MACHINE_ID = "/etc/machine-id"


def genesis(now_us: int) -> str:
    """Return the body of the first record of a chain."""
    document = {
        "chain_uid": os.urandom(16).hex(),
        "format": FORMAT,
        "machine": _machine(),
        "time_us": now_us,
        "version": __version__,
    }
    return body("genesis", document)


def checkpoint(now_us: int, closed: Optional[str], extent: Extent) -> str:
    """Return the body of the first record of a later file: which was `closed`, and what times that speaks of."""
    document = {
        "closed": closed,
        "format": FORMAT,
        "from_us": extent.from_us,
        "time_us": now_us,
        "until_us": extent.until_us,
        "version": __version__,
    }
    return body("checkpoint", {name: value for name, value in document.items() if value is not None})


def crash(now_us: int, file: str, size: int) -> str:
    """Return the body that tells of an unfinished end that was taken away."""
    return body("crash", {"bytes": size, "file": file, "time_us": now_us})


def damage(now_us: int, found: str) -> str:
    """Return the body that tells what somebody did to the files."""
    return body("damage", {"found": found, "time_us": now_us})


def dropped(now_us: int, records: int) -> str:
    """Return the body that tells how much had to be forgotten."""
    return body("dropped", {"records": records, "time_us": now_us})


def _machine() -> str:
    """Return what tells this machine from others, and not its id: machine-id(5) asks to keep that to oneself."""
    try:
        with open(MACHINE_ID, encoding="ascii") as file:
            return identity("pamsignal trail", file.read().strip())
    except (OSError, ValueError):
        return "unknown"
