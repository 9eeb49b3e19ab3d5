"""What is wrong with a configuration, and where: the one shape of every complaint about it."""

from __future__ import annotations

from typing import NamedTuple

from pamsignal.config.schema import Path
from pamsignal.render.escape import for_terminal

ERROR = "error"
WARNING = "warning"
MAX_PATH = 4096
REFERENCES = ("credential", "file")  # the two ways to keep a secret out of the file


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


def key_text(path: Path) -> str:
    """Return `sinks.team.secrets[1]` for ("sinks", "team", "secrets", 1), safe to print.

    Below the keys of a sink only known words are shown: a secret in the wrong place may have become a key there.
    """
    shown_depth = len(path) if path[:1] != ("sinks",) else 4 if path[2:3] == ("headers",) else 3
    words = ""
    for depth, part in enumerate(path):
        if isinstance(part, int):
            words += f"[{part}]"
        elif depth < shown_depth or part in REFERENCES:
            words += f".{for_terminal(part)}"
        else:
            words += ".(not shown)"
    return words.lstrip(".")
