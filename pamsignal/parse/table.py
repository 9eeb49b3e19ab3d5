"""The pattern table that every parser is made of: a name, a whole-line expression, a builder.

A table is searched by the first word of the line, then by trying the expressions in order. Expressions match the
whole line and lean on its right end, where the text that the program wrote itself is.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

from pamsignal.model import Observation

Build = Callable[["re.Match[str]", str], Observation]


class Pattern(NamedTuple):
    """One line shape.

    `name` is stable (`sshd.failed`) and shown by `explain`. `first_words` are the words the line can begin with;
    empty means any. `build` receives the match and the pattern's name.
    """

    name: str
    first_words: Tuple[str, ...]
    expression: re.Pattern[str]
    build: Build


class Table:
    """The patterns of one program, ready for look-up."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = tuple(patterns)
        self._anywhere: Tuple[Pattern, ...] = tuple(p for p in self.patterns if not p.first_words)
        by_word: Dict[str, List[Pattern]] = {}
        for pattern in self.patterns:
            for word in pattern.first_words:
                by_word.setdefault(word, []).append(pattern)
        self._by_word = {word: (*patterns, *self._anywhere) for word, patterns in by_word.items()}

    def observe(self, message: str) -> Optional[Observation]:
        """Return what `message` means, or None where no pattern fits the whole line. Linear in its length."""
        first_word = message.partition(" ")[0]
        for pattern in self._by_word.get(first_word, self._anywhere):
            match = pattern.expression.fullmatch(message)
            if match is not None:
                return pattern.build(match, pattern.name)
        return None

    def owners(self, message: str) -> List[str]:
        """Return the names of all patterns that fit `message`: the tests want at most one."""
        return [p.name for p in self.patterns if p.expression.fullmatch(message)]
