"""The commands in a shell block: one list of words for each program that it calls, as a reader would run them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Iterator, List, Tuple

from tests.unit.docs.documents import blocks, name, prose

_OPERATORS = "|&;<>()"
_HERE_DOCUMENT = re.compile(r"<<'?(\w+)'?(.*?\n).*?^\1$", re.DOTALL | re.MULTILINE)
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
_ASSIGNMENT = re.compile(r"\w+=")
_INLINE = re.compile(
    r"`((?:sudo )?(?:\.venv/bin/python|ansible-playbook|apt|apt-get|dnf|gpg|journalctl|make|pamsignal|rpm|systemctl|systemd-analyze|tools/[^`\s]+)"
    r" [^`]+)`"
)
_KEYWORDS = ("do", "then", "else", "{", "}")
_ALONE = ("done", "fi", "export", "for")


def commands(path: Path) -> Iterator[Tuple[str, List[str]]]:
    """Every call in a document's blocks and prose, with its place, which is FILE:LINE of the block for messages."""
    for block in blocks(path, "sh"):
        yield from ((block.place, call) for call in calls(block.text))
    for block in blocks(path, "console"):
        typed = [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]
        yield from ((block.place, call) for line in typed for call in calls(line))
    for inline in _INLINE.findall(prose(path)):
        yield from ((name(path), call) for call in calls(" ".join(inline.split())))


def calls(text: str) -> Iterator[List[str]]:
    """The calls of a shell text, without sudo, assignments, redirections and the bodies of here-documents."""
    for line in _HERE_DOCUMENT.sub(r"\2", text).replace("\\\n", " ").splitlines():
        yield from _calls_of_line(line)


def _calls_of_line(line: str) -> Iterator[List[str]]:
    for inner in _SUBSTITUTION.findall(line):
        yield from _calls_of_line(inner)
    lexer = shlex.shlex(_SUBSTITUTION.sub("SUBSTITUTED", line), posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split = True
    call: List[str] = []
    is_file = False  # what follows a redirection
    for word in [*lexer, ";"]:
        if not set(word) <= set(_OPERATORS):
            call += [] if is_file else [word]
            is_file = False
        elif set(word) & set("<>"):
            is_file = True
        else:
            yield from _bare(call)
            call, is_file = [], False


def _bare(call: List[str]) -> Iterator[List[str]]:
    """What is called in the end: `sudo A B` calls A, and so do `do A B` and `X=1 A B`."""
    while call and (call[0] in _KEYWORDS or call[0] == "sudo" or _ASSIGNMENT.match(call[0])):
        call = call[1:]
    if call[:2] == ["exec", "-a"]:
        call = call[3:]
    if call and call[0] == "systemd-run":
        inner = call.index("pamsignal")
        yield from [call[:inner], call[inner:]]
        return
    if call and call[0] not in _ALONE:
        yield call
