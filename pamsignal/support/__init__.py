"""What a bug report needs to know of this host, in sections, fit to be shown to strangers; nothing is sent.

A section that cannot be had says why, and never ends the others: this is wanted exactly when something is broken.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence

from pamsignal.errors import AccessError, PamSignalError
from pamsignal.runtime.directories import SYSTEM, Directories, directories
from pamsignal.support import configuration, files, host, service
from pamsignal.support.redact import Redactor
from pamsignal.support.stand_ins import StandIns
from pamsignal.support.vocabulary import vocabulary

NOT_READABLE = "not readable: run as root"


class Question(NamedTuple):
    """Where to look; `journal` are options of journalctl that lead to another journal than this host's."""

    config: Optional[str]
    places: Directories
    status_file: str
    lines: int
    journal: Sequence[str] = ()


def collected(question: Question) -> Dict[str, Dict[str, Any]]:
    """Return each section as `found`, and `trouble` where there is some. Private names are the same in all of them."""
    redactor = Redactor(StandIns(), vocabulary())
    for kind, name in host.private_names():
        redactor.stand_ins.expect(kind, name)
    sections: Dict[str, Callable[[], Any]] = {
        "versions": host.versions,
        "installation": lambda: host.installation(redactor),
        "configuration": lambda: configuration.described(question.config, redactor),
        "unit": lambda: service.unit(redactor),
        "status": lambda: service.status(question.status_file, redactor),
        "store": lambda: files.store(question.places.state, redactor),
        "trail": lambda: files.trail(question.places.logs, redactor),
        "journal": lambda: host.journal(redactor),
        "clock": lambda: host.clock(redactor),
        "log": lambda: service.log(question.lines, question.journal, redactor),
    }
    return {name: _section(make, redactor) for name, make in sections.items()}


def usual_places() -> Directories:
    """Return where the daemon keeps things: of this user where there is one of theirs, else of the system."""
    own = directories(os.environ, os.geteuid())
    return own if os.path.isdir(own.state) else SYSTEM


def _section(make: Callable[[], Any], redactor: Redactor) -> Dict[str, Any]:
    try:
        return {"found": make(), "trouble": None}
    except (PermissionError, AccessError):
        return {"found": None, "trouble": NOT_READABLE}
    except OSError as error:
        place = f"{redactor.path(str(error.filename))}: " if error.filename else ""
        return {"found": None, "trouble": f"{place}{os.strerror(error.errno or 0)}"}
    except PamSignalError as error:
        return {"found": None, "trouble": redactor.text(str(error))}
    except Exception as error:  # noqa: BLE001 - whatever is broken here, the other sections are wanted all the more
        return {"found": None, "trouble": f"broke off ({type(error).__name__})"}
