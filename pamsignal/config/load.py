"""Gives the daemon its settings, without the memory that checking them costs.

PyYAML and jsonschema take 14 MB. So a child process checks the file, exactly as `pamsignal check-config` does, and
hands the answer back through a private pipe: the problems, or the document with every default in its place.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, List, NamedTuple

from pamsignal.config.schema import filled, load_schema
from pamsignal.config.secrets import secret_of, vaults_of
from pamsignal.config.settings import Settings, settings_from
from pamsignal.errors import ConfigError, PamSignalError

DEFAULT_PATH = "/etc/pamsignal/pamsignal.yaml"
MOST_LINES = 200  # of an error; it goes to the log
MAX_ANSWER_BYTES = 8 * 1024 * 1024

# -I keeps the working directory and the environment out; the modules come from where ours came from.
_CHILD = "import sys; sys.path[:] = sys.argv[2:]; from pamsignal.config.check import emit; emit(sys.argv[1])"


class Checking(NamedTuple):
    """A check that is under way in a child process."""

    path: str
    pid: int
    answer: int


def load(path: str) -> Settings:
    """Check the file and return its settings; ConfigError lists every problem, one a line."""
    return finish(begin(path))


def begin(path: str) -> Checking:
    """Start the check of `path`. It takes 0.3 s: a daemon that starts has other things to do meanwhile."""
    reading_end, writing_end = os.pipe()
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-c", _CHILD, path, *sys.path],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, writing_end, 1),
            ],
        )
    except OSError as error:
        os.close(reading_end)
        raise PamSignalError(f"{path}: cannot start the check ({os.strerror(error.errno or 0)})") from error
    finally:
        os.close(writing_end)
    return Checking(path, pid, reading_end)


def finish(checking: Checking) -> Settings:
    """Wait for the answer and return the settings; ConfigError lists every problem, PamSignalError knows of none."""
    with os.fdopen(checking.answer, "rb") as pipe:
        answer = pipe.read(MAX_ANSWER_BYTES)
    _, status = os.waitpid(checking.pid, 0)
    if status != 0 or not answer:
        code = os.waitstatus_to_exitcode(status)
        how = f"exit code {code}; its message stands above"
        # No ConfigError: whoever killed it gave no verdict, and the unit tries again.
        raise PamSignalError(
            f"{checking.path}: the check broke off ({how}); try: pamsignal check-config {checking.path}"
        )
    report: Dict[str, Any] = json.loads(answer)
    if report["errors"]:
        raise ConfigError("\n".join(_within_reason([*report["errors"], *report["warnings"]], checking.path)))
    vaults = vaults_of(checking.path)
    settings = settings_from(report["document"], lambda reference: secret_of(reference, vaults))
    return settings._replace(warnings=tuple(report["warnings"]))


def _within_reason(lines: List[str], path: str) -> List[str]:
    more = len(lines) - MOST_LINES
    return lines if more <= 0 else [*lines[:MOST_LINES], f"and {more} more; see: pamsignal check-config {path}"]


def defaults() -> Settings:
    """Return the settings of an empty file, without a child process."""
    root = load_schema()
    return settings_from(filled(root, root, {}))
