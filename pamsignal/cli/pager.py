"""Long output through a pager on a terminal, by systemd's rules: $SYSTEMD_PAGER, $PAGER, $SYSTEMD_PAGERSECURE.

The output can be that of root, and a pager can start a shell. So as with journalctl (systemctl(1), "Environment"), the
pager is less in its secure mode, and the variables can only switch it off, until SYSTEMD_PAGERSECURE is set.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from typing import IO, Iterator, List, Mapping, NamedTuple, Optional

_NO = frozenset({"", "0", "no", "n", "false", "f", "off"})
_SAFE, _ANY = ("less",), ("pager", "less", "more")
# F: quit if it fits; R: colours; S: do not fold; X: leave it on the screen; M: where one is; K: Ctrl-C ends it.
_LESS = "FRSXMK"


class Pager(NamedTuple):
    """A program with its arguments, and the environment that it gets."""

    command: List[str]
    environment: Mapping[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say that there is a pager."""
    parser.add_argument("--no-pager", action="store_true", help="no pager on a terminal")


@contextlib.contextmanager
def paged(arguments: argparse.Namespace) -> Iterator[IO[str]]:
    """Give a stream to write to: a pager's, if standard output is a terminal and nobody wants otherwise, else that.

    BrokenPipeError goes up to `main` where the reader left.
    """
    wanted = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not arguments.no_pager
    pager = pager_of(os.environ) if wanted else None
    if pager is None:
        yield sys.stdout
        return
    process = subprocess.Popen(  # noqa: S603 - split here, and no shell reads it
        pager.command, env=pager.environment, stdin=subprocess.PIPE, encoding="utf-8", errors="backslashreplace"
    )
    if process.stdin is None:  # for the type checker: PIPE makes one
        raise BrokenPipeError
    try:
        yield process.stdin
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        while process.poll() is None:
            with contextlib.suppress(KeyboardInterrupt):  # the pager's own, too: it leaves the terminal in order
                process.wait()


def pager_of(environment: Mapping[str, str]) -> Optional[Pager]:
    """Return the pager that `environment` asks for, None for none."""
    named = environment.get("SYSTEMD_PAGER", environment.get("PAGER"))
    if named is not None and named.strip() in {"", "cat"}:
        return None
    secure = environment.get("SYSTEMD_PAGERSECURE")
    is_secure = secure is None or secure.lower() not in _NO
    candidates = [[name] for name in (_SAFE if is_secure else _ANY)]
    if named is not None and secure is not None:
        candidates.insert(0, named.split())
    command = next((words for words in candidates if shutil.which(words[0], path=environment.get("PATH"))), None)
    if command is None:
        return None
    options, charset = environment.get("SYSTEMD_LESS", _LESS), environment.get("SYSTEMD_LESSCHARSET", "utf-8")
    for_less = {"LESS": options, "LESSCHARSET": charset, **({"LESSSECURE": "1"} if is_secure else {})}
    kept = {name: value for name, value in environment.items() if name != "LESSSECURE_ALLOW" or not is_secure}
    return Pager(command, {**kept, **for_less})
