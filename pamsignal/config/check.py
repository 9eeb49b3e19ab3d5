"""Checks a configuration file and says everything that is wrong with it at once.

jsonschema and PyYAML cost 14 MB, so only a process that ends soon may import this: `pamsignal check-config`, and the
child that the daemon starts to do exactly the same (load.py).
"""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import Iterator, List, Mapping, NamedTuple, Optional, Set

import jsonschema

from pamsignal.config import between, rules, wording
from pamsignal.config.document import Place, Tree, read
from pamsignal.config.problem import ERROR, WARNING, Misfit, Problem, key_text
from pamsignal.config.schema import (
    Document,
    Part,
    Path,
    Schema,
    filled,
    fingerprint_of,
    load_schema,
    visit,
)
from pamsignal.config.secrets import (
    FOLDER,
    NO_VAULTS,
    GuardedFile,
    MissingCredentialError,
    Vaults,
    read_guarded,
    secret_of,
    vaults_of,
)
from pamsignal.errors import ConfigError

MAX_FILE_BYTES = 256 * 1024
OTHERS = stat.S_IRWXG | stat.S_IRWXO

# 5.0 is no whole number to the people who will use it as one; jsonschema thinks it is.
_WHOLE = jsonschema.Draft7Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
Validator = jsonschema.validators.extend(jsonschema.Draft7Validator, type_checker=_WHOLE)  # type: ignore[no-untyped-call]


class Surroundings(NamedTuple):
    """What the answer depends on besides the text.

    `exposed_mode` is the file's mode if others than the owner can read or write it. With `must_resolve` a credential
    that is missing is an error; without it a hint, as LoadCredential= of the unit may give it to the service alone.
    """

    exposed_mode: Optional[int] = None
    vaults: Vaults = NO_VAULTS
    must_resolve: bool = False


NOWHERE = Surroundings()


class Report(NamedTuple):
    """The answer: problems in the order of the file and, if none is an error, the filled document and its hash."""

    name: str
    problems: List[Problem]
    document: Optional[Document]
    fingerprint: Optional[str]

    @property
    def lines(self) -> List[str]:
        """The problems as text."""
        return [problem.text(self.name) for problem in self.problems]


def check_file(path: str, *, strict: bool = False, must_resolve: bool = False) -> Report:
    """Check the file at `path`. `strict` makes warnings errors; `must_resolve` is the daemon's: see Surroundings."""
    try:
        guarded = read_guarded(path, MAX_FILE_BYTES)
        text = _decoded(guarded.content)
    except ConfigError as error:
        return Report(path, [Problem(1, 1, "", str(error))], None, None)
    exposed = guarded.mode if guarded.mode & OTHERS else None
    vaults = vaults_of(path)
    surroundings = Surroundings(exposed, vaults, must_resolve or vaults.systemd is not None)
    report = check_text(text, path, surroundings)
    problems = [*_foreign(guarded, must_resolve=must_resolve), *report.problems]
    return _judged(report._replace(problems=problems), strict=strict)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"expected UTF-8 text, found other bytes in line {line}; save the file as UTF-8") from None


def _foreign(guarded: GuardedFile, *, must_resolve: bool) -> Iterator[Problem]:
    if guarded.uid not in {0, os.geteuid()}:
        message = f"expected a file of root, found one of uid {guarded.uid}, who can change it; run: chown root FILE"
        yield Problem(1, 1, "", message, ERROR if must_resolve else WARNING)
    if guarded.mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"expected a file that only its owner changes, found mode {guarded.mode:04o}; run: chmod 600 FILE"
        yield Problem(1, 1, "", message)


def _judged(report: Report, *, strict: bool) -> Report:
    problems = [problem._replace(level=ERROR) for problem in report.problems] if strict else report.problems
    if any(problem.level == ERROR for problem in problems):
        return Report(report.name, problems, None, None)
    return report._replace(problems=problems)


def check_text(text: str, name: str, surroundings: Surroundings = NOWHERE) -> Report:
    """Check the text of a configuration; `name` is for the messages. Pure but for the files that the text names."""
    root = load_schema()
    tree = read(text)
    if tree.document is None:
        return Report(name, tree.problems, None, None)
    misfits = list(_misfits(root, tree, surroundings))
    problems = _sorted(tree.problems, [_placed(misfit, tree.places) for misfit in misfits])
    if any(problem.level == ERROR for problem in problems):
        return Report(name, problems, None, None)
    document = filled(root, root, tree.document)
    return Report(name, problems, document, fingerprint_of(root, document))


def emit(path: str) -> None:
    """Write the report about `path` to standard output as one JSON object: what the daemon's child does."""
    report = check_file(path, must_resolve=True)
    answer = {
        "errors": [problem.text(path) for problem in report.problems if problem.level == ERROR],
        "warnings": [problem.text(path) for problem in report.problems if problem.level == WARNING],
        "document": report.document,
    }
    sys.stdout.write(json.dumps(answer))


def _misfits(root: Schema, tree: Tree, surroundings: Surroundings) -> Iterator[Misfit]:
    parts = {part.path: part for part in visit(root, root, tree.document)}
    schemas = {path: part.schema for path, part in parts.items()}
    broken: Set[Path] = set()  # the paths of misfits and of all that they are in
    for error in Validator(root).iter_errors(tree.document):
        for misfit in wording.misfits_of(root, schemas, tree.places, error):
            broken.update(misfit.path[:length] for length in range(len(misfit.path) + 1))
            yield misfit
    if not isinstance(tree.document, dict):
        return
    whole = [part for part in parts.values() if part.path not in broken]
    for part in whole:
        yield from _one_value(part, parts, surroundings)
    yield from _exposed(whole, surroundings)
    yield from between.misfits_between(filled(root, root, tree.document), broken)


def _one_value(part: Part, parts: Mapping[Path, Part], surroundings: Surroundings) -> Iterator[Misfit]:
    """Apply the rule of one value; for a secret to the secret itself, wherever it is kept."""
    text = part.value
    if part.schema.get("secret") and text is not None:
        try:
            text = secret_of(text, surroundings.vaults).reveal()
        except MissingCredentialError as error:
            yield from _missing(part.path, str(error), surroundings)
            return
        except ConfigError as error:
            yield Misfit(part.path, str(error))
            return
    rule = rules.RULES.get(part.schema.get("rule", ""))
    if rule is None or not isinstance(text, str):
        return
    around = parts[part.path[:-1]].value
    trouble = rule(text, around if isinstance(around, dict) else {})
    if trouble is not None:
        yield Misfit(part.path, trouble.message, trouble.level)


def _missing(path: Path, message: str, surroundings: Surroundings) -> Iterator[Misfit]:
    """Hint only where the credentials would be: a configuration that is checked elsewhere has none beside it."""
    if surroundings.must_resolve:
        yield Misfit(path, message)
    elif os.path.isdir(f"{surroundings.vaults.folder}/{FOLDER}"):
        yield Misfit(path, f"{message}; nothing to do if LoadCredential= of the unit gives it", WARNING)


def _exposed(whole: List[Part], surroundings: Surroundings) -> Iterator[Misfit]:
    """Yield one complaint if a secret stands in a file that others can read: one chmod mends them all."""
    if surroundings.exposed_mode is None:
        return
    for part in whole:
        if part.schema.get("secret") and isinstance(part.value, str) and not part.schema.get("may_be_plain"):
            found = f"found it in a file of mode {surroundings.exposed_mode:04o}"
            yield Misfit(part.path, f"expected a secret that others cannot read, {found}; run: chmod 600 FILE")
            return


def _placed(misfit: Misfit, places: Mapping[Path, Place]) -> Problem:
    """Look up where `misfit` stands; what is not written there (a default) stands where its section does."""
    path, at_key = misfit.path, misfit.at_key
    while path not in places:
        path, at_key = path[:-1], True
    place = places[path]
    line, column = (place.key_line, place.key_column) if at_key else (place.line, place.column)
    return Problem(line, column, key_text(misfit.path), misfit.message, misfit.level)


def _sorted(of_yaml: List[Problem], of_meaning: List[Problem]) -> List[Problem]:
    """Put the problems in the order of the file; where YAML itself is wrong, what follows from that is left out."""
    told = {(problem.line, problem.column) for problem in of_yaml}
    rest = (problem for problem in of_meaning if (problem.line, problem.column) not in told)
    return sorted(dict.fromkeys([*of_yaml, *rest]), key=lambda problem: (problem.line, problem.column))
