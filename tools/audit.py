"""Asks PyPI for known holes in all that comes from there: what pamsignal runs on, what tests, builds and documents it.

Each list is resolved to the newest versions that it allows, as a new environment would get them; what is pinned is
asked about as it is, for `make pins` to renew. What a distribution packages is older, and mended by the distribution. A
package that could not be asked about is a failure, too.
pip-audit ends with 1 either way; it prints a table only of what it found.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterable, List, Sequence

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOOLS = Path(__file__).resolve().parent
_IGNORED = re.compile(r"(?P<id>(?:GHSA|CVE|PYSEC)-\S+)\s+\d{4}-\d{2}-\d{2}\s+(?P<reason>\S.*)")


def lists() -> Dict[str, List[str]]:
    """Return every list of requirements by its name: the project's, that of its developers, and the files here."""
    project = tomllib.loads((TOOLS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: Dict[str, List[str]] = project["optional-dependencies"]
    optional = [line for name, lines in extras.items() if name != "dev" for line in lines]
    names = {path.stem.partition("-")[2] for path in TOOLS.glob("requirements-*.txt")}
    pinned = {name: TOOLS / f"pinned-{name}.txt" for name in names}
    paths = [path if path.exists() else TOOLS / f"requirements-{name}.txt" for name, path in pinned.items()]
    files = {path.name: path.read_text(encoding="utf-8").splitlines() for path in paths}
    return {"pamsignal": [*project["dependencies"], *optional], "dev": extras["dev"], **files}


def ignored(lines: Iterable[str]) -> List[str]:
    """Return the ids of tools/audit-ignored.txt; ValueError for one without a day or a reason."""
    told = [line for line in lines if line.strip() and not line.startswith("#")]
    found = [_IGNORED.fullmatch(line.rstrip()) for line in told]
    if wrong := [line for line, match in zip(told, found) if match is None]:
        raise ValueError(f"tools/audit-ignored.txt: not `ID YYYY-MM-DD reason`: {wrong[0]}")
    return [match["id"] for match in found if match is not None]


def summed_up(holes: Sequence[str], unasked: Sequence[str]) -> str:
    """Return the last line, or two: lists with holes, and lists that nobody answered about."""
    told = [f"holes in: {', '.join(holes)}"] if holes else []
    if unasked:
        told.append(f"could not ask about: {', '.join(unasked)}; is there a way to pypi.org?")
    return "\n".join(told) or "No known holes."


def main() -> int:
    """Ask about each list; return 1 if something was found or could not be asked."""
    ids = ignored((TOOLS / "audit-ignored.txt").read_text(encoding="utf-8").splitlines())
    command = [sys.executable, "-m", "pip_audit", "--strict", "--progress-spinner=off"]
    command += [f"--ignore-vuln={one}" for one in ids]
    holes: List[str] = []
    unasked: List[str] = []
    for name, requirements in sorted(lists().items()):
        print(f"{name}:", flush=True)
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write("\n".join([*requirements, ""]))
            file.flush()
            argv = [*command, f"--requirement={file.name}"]
            asked = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False)
        print(asked.stdout, end="")
        if asked.returncode:
            (holes if asked.stdout.strip() else unasked).append(name)
    print(summed_up(holes, unasked))
    return int(bool(holes or unasked))


if __name__ == "__main__":
    sys.exit(main())
