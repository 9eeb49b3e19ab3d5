"""The pattern table that every parser is made of: a name, a whole-line expression, a builder.

A table is searched by one word of the line, then by trying the expressions in order. Expressions match the whole
line and lean on its right end, where the text that the program wrote itself is. Each holds at most one unbounded
free text, so the time is linear in the length of the line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import itemgetter
from typing import Callable, Dict, Iterable, List, Optional, Tuple

from pamsignal.model import Observation
from pamsignal.parse.address import endpoint
from pamsignal.parse.key import key, principal
from pamsignal.parse.reason import refusal
from pamsignal.terms import Action, Method, Outcome, Provenance

Build = Callable[["re.Match[str]", str, Optional[Provenance]], Observation]

TEXT_LIMIT = 1024  # characters; sshd's own limits are 100 and 200

_new = tuple.__new__  # what Observation._make does, without its own call
_METHODS = {method.value: method for method in Method}
_FIELD = {name: index for index, name in enumerate(Observation._fields)}
_PROGRAM, _SERVICE, _PROVENANCE = _FIELD["program"], _FIELD["service"], _FIELD["provenance"]

# What a named group of an expression says, field by field; None takes the text as it is. A group that matched nothing,
# or nothing but emptiness, says nothing. `ip`/`port` and `to_ip`/`to_port` are the source and the destination.
_TEXTS: Dict[str, Tuple[Tuple[str, Optional[Callable[[str], object]]], ...]] = {
    **{
        name: ((name, None),)
        for name in ("service", "user", "target_user", "tty", "cwd", "command", "group", "session_id", "submethod")
    },
    **{name: ((name, int),) for name in ("attempts", "user_id", "connection_pid")},
    "method": (("method", _METHODS.get),),
    "key": (("key", key), ("principal", principal)),
    "reason": (("reason", refusal),),
}
# Groups of fixed words, where it says everything that they are there.
_MARKS: Dict[str, Dict[str, object]] = {
    "unknown": {"known_account": False},
    "invalid": {"known_account": False, "reason": "invalid user"},
    "preauth": {"preauth": True},
    "failing": {"outcome": Outcome.FAILURE},
    "gave_up": {"preauth": True, "outcome": Outcome.FAILURE},
    "scan": {"action": Action.CONNECTION_SCAN, "preauth": True, "outcome": Outcome.FAILURE},
}
_ENDS = (("source", "ip", "port"), ("destination", "to_ip", "to_port"))


class Pattern:
    """One line shape.

    `name` is stable (`sshd.failed`) and shown by `explain`. `words` are those that the line can have at the table's
    word position; empty means any. `fullmatch` tries a message; only of its match does `build` make an observation,
    given the program's name and the grade of the record.
    """

    __slots__ = ("_builder", "_text", "build", "fullmatch", "name", "words")

    def __init__(self, name: str, words: str, expression: str, builder: Callable[[re.Pattern[str]], Build]) -> None:
        self.name = name
        self.words = tuple(words.split())
        self._text = expression
        self._builder = builder
        self.build: Build
        self.fullmatch: Callable[[str], Optional[re.Match[str]]] = self._first_fullmatch

    def _first_fullmatch(self, message: str) -> Optional[re.Match[str]]:
        """Be compiled by the first message that may fit: few hosts see the lines of more than a few programs."""
        # PAM modules escape nothing: a name may hold a newline, and blanks or digits of any alphabet are no separators.
        expression = re.compile(self._text, re.DOTALL | re.ASCII)
        self.fullmatch, self.build = expression.fullmatch, self._builder(expression)
        return expression.fullmatch(message)


def pattern(name: str, words: str, expression: str, build: Build) -> Pattern:
    """Return a pattern with a builder of its own; `words` are separated by blanks."""
    return Pattern(name, words, expression, lambda _: build)


def row(
    name: str, words: str, expression: str, action: Action, outcome: Optional[Outcome] = None, **fixed: object
) -> Pattern:
    """Return a pattern whose named groups are fields of the observation; `fixed` fields are the same on every line."""
    blank: List[object] = list(Observation(name, "", "", action, outcome))
    for field, value in fixed.items():
        blank[_FIELD[field]] = value
    return Pattern(name, words, expression, lambda compiled: _builder(compiled, blank))


def _builder(expression: re.Pattern[str], blank: List[object]) -> Build:
    """Return a function that fills a copy of `blank`: lists and numbers only, as it runs for every line."""
    at = {group: number - 1 for group, number in expression.groupindex.items()}  # in match.groups()
    marks = [group for group in at if group in _MARKS]
    fills = tuple(
        (_FIELD[field], place, convert) for group, place in at.items() for field, convert in _TEXTS.get(group, ())
    )
    ends = tuple((_FIELD[field], at[ip], at.get(port)) for field, ip, port in _ENDS if ip in at)
    # Twice: of one place alone, itemgetter makes no tuple.
    marks_of = itemgetter(*(at[mark] for mark in marks * 2)) if marks else None
    marked = _marker(marks, blank)

    def build(match: re.Match[str], program: str, provenance: Optional[Provenance]) -> Observation:
        texts = match.groups()
        values = (blank if marks_of is None else marked(marks_of(texts))).copy()
        values[_PROGRAM] = values[_SERVICE] = program
        values[_PROVENANCE] = provenance
        for index, place, convert in fills:
            text = texts[place]
            if text:
                values[index] = text if convert is None else convert(text)
        for index, ip, port in ends:
            text = texts[ip]
            if text:
                values[index] = endpoint(text, None if port is None else texts[port])
        return _new(Observation, values)

    return build


def _marker(marks: List[str], blank: List[object]) -> Callable[[Tuple[Optional[str], ...]], List[object]]:
    """Return a function that gives, for the texts that `marks` matched, `blank` with what they say: made once each."""

    @lru_cache(maxsize=16)
    def marked(found: Tuple[Optional[str], ...]) -> List[object]:
        values = blank.copy()
        for mark, text in zip(marks, found):
            for field, value in _MARKS[mark].items() if text else ():
                values[_FIELD[field]] = value
        return values

    return marked


def bounded(seen: Observation) -> Observation:
    """Return `seen` with no text longer than TEXT_LIMIT characters: none keeps 64 kB of a hostile name alive.

    Addresses and keys are read from shorter texts only (address.py, key.py).
    """
    return _new(Observation, map(_bounded, seen))


def _bounded(value: object) -> object:
    return value[: TEXT_LIMIT - 1] + "…" if isinstance(value, str) and len(value) > TEXT_LIMIT else value


class Table:
    """The patterns of one program, ready for look-up by the word at `word_at` (0 is the first)."""

    def __init__(self, program: str, patterns: Iterable[Pattern], word_at: int = 0) -> None:
        self.program = program
        self.patterns = tuple(patterns)
        self._word_at = word_at
        self._anywhere: Tuple[Pattern, ...] = tuple(p for p in self.patterns if not p.words)
        by_word: Dict[str, List[Pattern]] = {}
        for shape in self.patterns:
            for word in shape.words:
                by_word.setdefault(word, []).append(shape)
        self._by_word = {word: (*shapes, *self._anywhere) for word, shapes in by_word.items()}

    def find(self, message: str) -> Optional[Tuple[Pattern, re.Match[str]]]:
        """Return the pattern that owns the whole of `message`, and its match. Linear in its length."""
        for shape in self._candidates(message):
            match = shape.fullmatch(message)
            if match is not None:
                return shape, match
        return None

    def observe(self, message: str, program: str, provenance: Optional[Provenance]) -> Optional[Observation]:
        """Return what `message` means, or None where no pattern fits it."""
        for shape in self._candidates(message):
            match = shape.fullmatch(message)
            if match is not None:
                return shape.build(match, program, provenance)
        return None

    def _candidates(self, message: str) -> Tuple[Pattern, ...]:
        """Return the patterns that can fit `message`, by the word that tells them apart."""
        if not self._word_at:
            return self._by_word.get(message.partition(" ")[0], self._anywhere)
        words = message.split(" ", self._word_at + 1)
        return self._by_word.get(words[self._word_at] if len(words) > self._word_at else "", self._anywhere)

    def owners(self, message: str) -> List[str]:
        """Return the names of all patterns that fit `message`: the tests want at most one."""
        return [p.name for p in self.patterns if p.fullmatch(message)]
