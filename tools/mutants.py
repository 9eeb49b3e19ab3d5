"""Change the pure parts in small ways, one at a time, and show each change that no unit test notices.

    tools/mutants.py [FILE OR FOLDER ...]

What is changed, and by which tests it ought to be noticed, stands in pyproject.toml; mutmut does the work. Ends with 0
whatever survives: a change may as well make no difference, and only a reader can tell.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path
from typing import Dict, List, Optional

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROGRAMS = Path(".venv-mutants/bin").resolve()

# mutmut puts its copy of everything below the directory that it runs in, where linters would find it.
WORKPLACE = Path("build/mutation")
SOURCES = ("pamsignal", "tests", "tools", "pyproject.toml")

# Noticed: by a test, by never coming to an end, or by mypy.
KILLED = ("killed", "timeout", "segfault", "caught by type check")


def main() -> int:
    """Try every change below the paths that the command line names, or all; print a table and what went unnoticed."""
    modules = sys.argv[1:] or ["pamsignal"]
    for module in modules:
        if not Path(module).exists():
            print(f"There is no {module}. For example: make mutants MODULE=pamsignal/detect/window.py", file=sys.stderr)
            return 2
    prepare_workplace()
    patterns = [pattern_of(module) for module in modules]
    # One at a time: whatever never ends is stopped by the time it takes, of which a neighbour would take its share.
    if mutmut("run", "--max-children", "1", *patterns).returncode:
        return 1
    found = {name: state for name, state in results().items() if any(fnmatch(name, one) for one in patterns)}
    for name, state in found.items():
        if state == "survived" and tests_tried(name) == 1 and is_noticed(name):
            found[name] = "killed"
    print_table(found)
    for name, state in found.items():
        if state not in KILLED:
            print(mutmut("show", name, stdout=subprocess.PIPE).stdout)
    return 0


def prepare_workplace() -> None:
    """Make the directory that mutmut runs in; what it copies from there is this checkout."""
    WORKPLACE.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        link = WORKPLACE / source
        if not link.is_symlink():
            link.symlink_to(Path(source).resolve())


def mutmut(*arguments: str, stdout: Optional[int] = None) -> subprocess.CompletedProcess[str]:
    """Run mutmut where it has its files; mypy, which it asks, is beside it."""
    environment = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    command = [str(PROGRAMS / "mutmut"), *arguments]
    return subprocess.run(command, cwd=WORKPLACE, env=environment, stdout=stdout, text=True, check=False)


def pattern_of(module: str) -> str:
    """Return what the names of all changes in a file, or below a folder, look like."""
    path = Path(module)
    if path.suffix != ".py":
        return ".".join(path.parts) + ".*"
    parts = path.parent.parts if path.stem == "__init__" else path.with_suffix("").parts
    return ".".join(parts) + ".x*"


def results() -> Dict[str, str]:
    """Return how each change fared, by its name."""
    said = mutmut("results", "--all", "true", stdout=subprocess.PIPE).stdout
    lines = (line.strip().rpartition(": ") for line in said.splitlines())
    return {name: state for name, _, state in lines if name}


def tests_tried(name: str) -> int:
    """Return with how many tests mutmut tried a change: with one, the first of all, where a function runs at import."""
    return len(mutmut("tests-for-mutant", name, stdout=subprocess.PIPE).stdout.splitlines())


def is_noticed(name: str) -> bool:
    """Say whether any test at all fails with a change."""
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    arguments = [*settings["pytest_add_cli_args"], *settings["pytest_add_cli_args_test_selection"]]
    command = [str(PROGRAMS / "python"), "-m", "pytest", "--rootdir=.", "-x", "-q", *arguments]
    environment = {**os.environ, "MUTANT_UNDER_TEST": name}
    tried = subprocess.run(command, cwd=WORKPLACE / "mutants", env=environment, stdout=subprocess.DEVNULL, check=False)
    return tried.returncode != 0


def print_table(found: Dict[str, str]) -> None:
    """Print a line for each module: how many changes there were, and how many were noticed."""
    states: Dict[str, List[str]] = {}
    for name, state in found.items():
        states.setdefault(name.rpartition(".")[0], []).append(state)
    print(f"\n{'module':40} {'mutants':>8} {'killed':>8}   others")
    for module, of_module in states.items():
        counts = Counter(of_module)
        killed = sum(counts.pop(state, 0) for state in KILLED)
        others = ", ".join(f"{count} {state}" for state, count in counts.items())
        print(f"{module:40} {len(of_module):8} {killed:8}   {others}")


if __name__ == "__main__":
    sys.exit(main())
