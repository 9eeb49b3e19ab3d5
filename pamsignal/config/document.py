"""YAML text → values, and where each of them stands. The only module that knows PyYAML.

Every problem of YAML itself is found here: syntax, duplicate keys, tags, what YAML 1.1 reads differently from people,
and documents made to explode. Values are plain: null, true, false, numbers, text, lists, mappings with text as keys.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Type, Union

import yaml

from pamsignal.config.problem import Problem, key_text
from pamsignal.config.schema import Path
from pamsignal.render.escape import for_terminal

MAX_DEPTH = 20
MAX_NODES = 20_000  # also what aliases unfold to
MAX_NUMBER_LENGTH = 20

LOADER: Union[Type[yaml.SafeLoader], Type[yaml.CSafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# https://yaml.org/spec/1.1/#c-printable, as PyYAML has it
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB_INDENT = re.compile(r"[ -]*\t")
_NAMED = re.compile("(alias|anchor|handle) .*")  # what follows is the author's text, perhaps a secret
_TAG = "tag:yaml.org,2002:"
_TAGGED = "expected a plain value, found a YAML tag; put text that begins with ! in quotes"
_TWICE = "expected each key once, found it again (first in line {}); keep one of the two"
_TEXT_TAGS = ("str", "timestamp", "value", "merge")  # a date, `=` and `<<` mean nothing here but themselves


class Place(NamedTuple):
    """Where a value and its key stand, lines and columns from 1. `plain` is the text of an unquoted scalar."""

    line: int
    column: int
    key_line: int
    key_column: int
    plain: Optional[str] = None


class Tree(NamedTuple):
    """A document (None where there is none), the place of every value, and what is wrong with its YAML."""

    document: Any
    places: Dict[Path, Place]
    problems: List[Problem]


def read(text: str) -> Tree:
    """Read one YAML document. An empty one is an empty mapping: all defaults."""
    try:
        problem = _not_printable(text) or _too_deep(text)
        node = None if problem else yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        problem = _syntax(error, text)
    except yaml.YAMLError:  # a reader error has no mark; _not_printable leaves none that is known
        problem = Problem(1, 1, "", "expected YAML, found bytes that cannot be read; save the file as UTF-8 text")
    if problem:
        return Tree(None, {}, [problem])
    if node is None:
        return Tree({}, {(): Place(1, 1, 1, 1)}, [])
    builder = _Builder()
    document = builder.value(node, (), node)
    return Tree({} if document is None else document, builder.places, builder.problems)


def written(document: Dict[str, Any]) -> str:
    """Return `document` as YAML that `read` takes, keys in their order."""
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=False))


def _not_printable(text: str) -> Optional[Problem]:
    match = _UNPRINTABLE.search(text)
    if match is None:
        return None
    line, column = _line_and_column(text, match.start())
    message = f"expected text, found the control character {for_terminal(match.group())}; delete it"
    return Problem(line, column, "", message)


def _line_and_column(text: str, offset: int) -> Tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _too_deep(text: str) -> Optional[Problem]:
    """Look at the events first: they come without recursion, `compose` does not."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            return _exploding(event)
    return None


def _exploding(where: Any) -> Problem:
    message = f"expected at most {MAX_NODES} values in {MAX_DEPTH} levels, found more; write a plain, shorter file"
    return Problem(*_position(where), "", message)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (0, 0) if mark is None else (mark.line, mark.column)
    lines = text.split("\n")
    tab = _TAB_INDENT.match(lines[line]) if line < len(lines) else None
    if tab:
        return Problem(line + 1, tab.end(), "", "expected blanks as indentation, found a tab; use two blanks a level")
    found = _NAMED.sub(r"\1", for_terminal(str(error.problem or error.context or "no YAML")))
    begin = error.context_mark.line if error.context_mark else line
    since = f" in what begins in line {begin + 1}" if begin < line else ""
    message = f"expected YAML, found a syntax error ({found}{since}); look for a missing colon, quote or bracket"
    return Problem(line + 1, column + 1, "", message)


class _Builder:
    """Turns nodes into values; gathers places and problems on the way."""

    def __init__(self) -> None:
        self.places: Dict[Path, Place] = {}
        self.problems: List[Problem] = []
        self._nodes = 0

    def value(self, node: yaml.Node, path: Path, key: yaml.Node) -> Any:
        """Return the value of `node`; `key` is the node to point at for the key."""
        self._nodes += 1
        plain = node.value if isinstance(node, yaml.ScalarNode) and not node.style else None
        self.places[path] = Place(*_position(node), *_position(key), plain)
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            if self._nodes < 2 * MAX_NODES:  # said once
                self._nodes = 2 * MAX_NODES
                self.problems.append(_exploding(node))
            return None
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.value(item, (*path, index), item) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        return self._complain(node, path, _TAGGED)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> Dict[str, Any]:
        mapping: Dict[str, Any] = {}
        for key, value in node.value:
            below: Path = (*path, key.value) if isinstance(key, yaml.ScalarNode) else path
            if not isinstance(key, yaml.ScalarNode):
                self._complain(key, path, "expected a name as key, found a list or mapping; put {curly text} in quotes")
            elif key.value in mapping:
                self._complain(key, below, _TWICE.format(self.places[below].key_line))
            else:
                mapping[key.value] = self.value(value, below, key)
        return mapping

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        kind = node.tag[len(_TAG) :] if node.tag.startswith(_TAG) else ""
        text: str = node.value
        if kind in _TEXT_TAGS:
            return self._text(node, path)
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in yaml.SafeLoader.bool_values:
            return yaml.SafeLoader.bool_values[text.lower()]
        if kind in {"int", "float"}:
            return self._number(node, path, kind)
        return self._complain(node, path, _TAGGED)

    def _text(self, node: yaml.ScalarNode, path: Path) -> str:
        is_of_lines = path[-1:] == ("details",) and "templates" in path
        text = node.value.replace("\n", "") if is_of_lines else node.value
        invisible = next((letter for letter in text if not letter.isprintable()), None)
        if invisible:
            message = f"expected text on one line, found the invisible character {for_terminal(invisible)}; remove it"
            self._complain(node, path, message)
        return str(node.value)

    def _number(self, node: yaml.ScalarNode, path: Path, kind: str) -> Any:
        """Return the number, and name those that YAML 1.1 reads as nobody means them (https://yaml.org/type/int.html)."""
        text: str = node.value
        try:
            if len(text) > MAX_NUMBER_LENGTH:
                raise ValueError  # noqa: TRY301 - joins the numbers that are none
            number = getattr(yaml.constructor.SafeConstructor(), f"construct_yaml_{kind}")(node)
        except (ValueError, IndexError):
            return self._complain(node, path, "expected a number, found none that can be read; write plain digits")
        digits = text.lstrip("+-")
        trap = "a time" if ":" in text else "octal" if re.fullmatch("0[0-7_]+", digits) else None
        if trap:
            hidden = path[:1] == ("sinks",)  # it may be a secret
            reading = f"{trap}" if hidden else f"{trap}: {text} is {number}"
            message = f"expected a plain number or text, found digits that YAML 1.1 reads as {reading}"
            self._complain(node, path, message + "; put it in quotes for the text, or write the plain number")
        return number

    def _complain(self, node: yaml.Node, path: Path, message: str) -> None:
        self.problems.append(Problem(*_position(node), key_text(path), message))


def _position(where: Any) -> Tuple[int, int]:  # a node or an event: PyYAML's stubs let the mark be missing
    return where.start_mark.line + 1, where.start_mark.column + 1
