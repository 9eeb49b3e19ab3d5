"""The user's own words for an alert: `{name}` stands for a value, everything else is sent as it is written.

A name is looked up in FIELDS and nowhere else: no attributes, no indexes, no formats, nothing to run. `{{` and `}}` are
braces. Each value goes through the channel's own escaping, as in the texts of ours, and one that somebody chose stands
in quotation marks unless it is one plain word. A line whose values are all unknown is left out; beside a known one, an
unknown value reads `unknown`. A text that comes to nothing makes way for ours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import List, NamedTuple, Optional, Sequence, Tuple

from pamsignal.model import Alert
from pamsignal.render import escape
from pamsignal.render.fields import FIELDS, Show

UNKNOWN = "unknown"
HEADLINE_BYTES, HEADLINE_FIELDS = 100, 6
DETAILS_BYTES, DETAILS_FIELDS = 800, 16
COMMANDS = frozenset({"look_command", "end_command"})
_PIECE = re.compile(r"\{\{|\}\}|\{(?P<name>[a-z_]+)\}|[^{}]+|(?P<stray>.)", re.DOTALL)


class Piece(NamedTuple):
    """A part of a line: the name of a field, or text."""

    text: str
    is_field: bool


Line = Tuple[Piece, ...]


class TemplateError(ValueError):
    """What is wrong with a template, in words for the one who wrote it; nothing of it is quoted but names of fields."""


def check_headline(template: str) -> None:
    """Raise TemplateError unless `template` is one short line without commands."""
    names = _checked(template, HEADLINE_BYTES, HEADLINE_FIELDS)
    if len(names) > 1:
        raise TemplateError("expected one line, found more; put the rest into `details`")
    if COMMANDS.intersection(*names):
        raise TemplateError("expected no command in a headline, which may be cut; put it into `details`")


def check_details(template: str) -> None:
    """Raise TemplateError unless every channel can carry what `template` makes."""
    names = [name for line in _checked(template, DETAILS_BYTES, DETAILS_FIELDS) for name in line]
    for command in sorted(COMMANDS):
        if names.count(command) > 1:
            raise TemplateError(f"expected {{{command}}} once, found it {names.count(command)} times; remove one")


def headline(template: str, alert: Alert, show: Show) -> str:
    """Return the first line that `template` makes of `alert`, values through `show`; empty if there is none."""
    return next(iter(_filled(template, alert, show, show)), "")


def lines(template: str, alert: Alert, show: Show, show_command: Show) -> List[str]:
    """Return the lines that `template` makes of `alert`, values through `show` and commands through `show_command`."""
    return _filled(template, alert, show, show_command)


@lru_cache(maxsize=128)
def parsed(template: str) -> Tuple[Line, ...]:
    """Return `template` as lines of pieces; TemplateError says where it cannot be read."""
    return tuple(_parsed_line(number, line) for number, line in enumerate(template.strip("\n").split("\n"), 1))


def _parsed_line(number: int, line: str) -> Line:
    pieces = []
    for match in _PIECE.finditer(line):
        name, stray = match["name"], match["stray"]
        if stray is not None:
            raise TemplateError(
                f"expected {{name}} for a value and {{{{ or }}}} for a brace, found a lone brace in line {number} of"
                " the text; close or double it"
            )
        if name is not None and name not in FIELDS:
            raise UnknownFieldError(name)
        pieces.append(Piece(name, is_field=True) if name is not None else Piece(_literal(match[0]), is_field=False))
    return tuple(pieces)


class UnknownFieldError(TemplateError):
    """There is no field called `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no field is called {name}")
        self.name = name


def _literal(text: str) -> str:
    return {"{{": "{", "}}": "}"}.get(text, text)


def _checked(template: str, most_bytes: int, most_fields: int) -> Sequence[Sequence[str]]:
    names = [[piece.text for piece in line if piece.is_field] for line in parsed(template)]
    if len(template.encode()) > most_bytes:
        raise TemplateError(
            f"expected at most {most_bytes} bytes, found more, which no channel has room for; shorten it"
        )
    if sum(map(len, names)) > most_fields:
        raise TemplateError(f"expected at most {most_fields} values, found {sum(map(len, names))}; remove some")
    if not template.replace("\n", "").isprintable():
        raise TemplateError("expected text that can be printed, found a control character; remove it")
    return names


def _filled(template: str, alert: Alert, show: Show, show_command: Show) -> List[str]:
    try:
        pieces = parsed(template)
    except TemplateError:  # the configuration was checked; but whatever came to it, an alert must be told
        return []
    made = [_filled_line(line, alert, show, show_command) for line in pieces]
    return [line for line in made if line is not None and line.strip()]


def _filled_line(line: Line, alert: Alert, show: Show, show_command: Show) -> Optional[str]:
    values = {piece.text: _value(piece.text, alert, show, show_command) for piece in line if piece.is_field}
    if values and not any(values.values()):
        return None
    return "".join(values[piece.text] or UNKNOWN if piece.is_field else piece.text for piece in line)


def _value(name: str, alert: Alert, show: Show, show_command: Show) -> Optional[str]:
    field = FIELDS[name]
    value = field.of(alert)
    if not value:
        return None
    if name in COMMANDS:
        return show_command(value)
    return show(value) if field.is_ours or escape.is_plain_name(value) else f"“{show(value)}”"
