"""The saved inputs of each target, and which of many are worth saving.

Those below REGRESSIONS failed once. They stay, whatever else reaches the same lines.
"""

from __future__ import annotations

import hashlib
import sys
from importlib import import_module
from pathlib import Path
from typing import Callable, Iterable, List, Set, Tuple

TARGETS = ("parser", "correlator", "config", "proc", "mmdb", "trail", "audit_log", "cef", "leef", "telegram", "slack")
CORPUS = Path(__file__).parents[1] / "data" / "fuzz"
REGRESSIONS = Path(__file__).parents[1] / "data" / "fuzz-regressions"
FOUND = Path("build") / "fuzz"
_TELLING = frozenset("\\=|<>&;`@\ufffd…^")
_OURS = str(Path(__file__).parents[2] / "pamsignal")

Target = Callable[[bytes], None]


def target_named(name: str) -> Target:
    """Return the function of that target."""
    function: Target = import_module(f"tests.fuzz.targets.{name}").target
    return function


def saved(name: str) -> List[bytes]:
    """Return the saved inputs of a target, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def regressions(name: str) -> List[bytes]:
    """Return the inputs that a target failed with once, if any, in the order of their names."""
    folder = REGRESSIONS / name
    return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else []


def save(name: str, inputs: Iterable[bytes]) -> None:
    """Put `inputs` in the place of what was saved."""
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for data in inputs:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def worth_saving(target: Target, inputs: Iterable[bytes]) -> List[bytes]:
    """Return short inputs that together reach every line and every pattern that all of them reach."""
    chosen, reached = [], set()
    for data in sorted(set(inputs), key=lambda one: (len(one), one)):
        fresh = _steps(target, data) - reached
        if fresh:
            chosen.append(data)
            reached |= fresh
    return chosen


def _steps(target: Target, data: bytes) -> Set[Tuple[str, int, object]]:
    """Run the target, and return each step from line to line in a function of pamsignal, and each pattern that fitted."""
    steps: Set[Tuple[str, int, object]] = set()

    def enter(frame, event, _argument):
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        last = [frame.f_lineno]

        def step(frame, event, returned):
            steps.add((frame.f_code.co_filename, last[0], frame.f_lineno))
            # Expressions hide where they go: what comes out of them tells.
            steps.add(("pattern", 0, getattr(returned, "pattern", None)))
            if isinstance(returned, str):
                steps.add((frame.f_code.co_name, 0, "".join(sorted(_TELLING.intersection(returned)))))
            last[0] = frame.f_lineno
            return step

        return step

    sys.settrace(enter)
    try:
        target(data)
    finally:
        sys.settrace(None)
    return steps
