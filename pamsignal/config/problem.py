"""What is wrong with a configuration, and where: the one shape of every complaint about it."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple

from pamsignal.config.schema import Path
from pamsignal.render.escape import for_terminal

ERROR = "error"
WARNING = "warning"
MAX_PATH = 4096
HIDDEN = "(not shown)"
REFERENCES = ("credential", "file")  # the two ways to keep a secret out of the file

_NAME = re.compile("[A-Za-z0-9_.-]{1,32}")
_RUN = re.compile("[A-Za-z0-9]{15,}")


class Problem(NamedTuple):
    """One complaint. `line` and `column` count from 1; `key` is dotted (`sinks.team.url`) or empty for the file."""

    line: int
    column: int
    key: str
    message: str
    level: str = ERROR

    def text(self, name: str) -> str:
        """Return the line that a person reads; `name` is the file's."""
        words = [f"{for_terminal(name, MAX_PATH)}:{self.line}:{self.column}"]
        if self.key:
            words.append(self.key)
        if self.level == WARNING:
            words.append(WARNING)
        return ": ".join([*words, self.message])


class Misfit(NamedTuple):
    """A complaint whose place in the file is not looked up yet. `at_key` points at the key instead of its value."""

    path: Path
    message: str
    level: str = ERROR
    at_key: bool = False


# Keys of a sink with names below them that hold no secret, and how many levels of names.
_DEEPER: Dict[Path, int] = {("headers",): 1, ("templates",): 2}


def key_text(path: Path) -> str:
    """Return `sinks.team.secrets[1]` for ("sinks", "team", "secrets", 1), safe to print and without secrets.

    A secret in the wrong place may have become a key. So a part that does not look like a name is not shown, and
    below the keys of a sink nothing is but known words.
    """
    shown_depth = len(path) if path[:1] != ("sinks",) else 3 + _DEEPER.get(path[2:3], 0)
    words = ""
    for depth, part in enumerate(path):
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            words += f".{shown_name(part) if depth < shown_depth or part in REFERENCES else HIDDEN}"
    return words.lstrip(".")


def shown_name(name: str) -> str:
    """Return `name` if it looks like one: tokens and URLs do not."""
    return name if _NAME.fullmatch(name) and not is_like_a_secret(name) else HIDDEN


def is_like_a_secret(text: str) -> bool:
    """Tell whether `text` may be a token or a secret address in the wrong place: no word that we ask for is like that.

    A URL, or fifteen letters and digits in a row that are no word in one case. Passwords that are words pass.
    """
    return "://" in text or any(not _is_word(run) for run in _RUN.findall(text))


def _is_word(run: str) -> bool:
    return run.isalpha() and run in {run.lower(), run.upper(), run.capitalize()}
