"""Compare: `python -m tests.compare [--write]`, which is `make compare`.

Prints the table; --write puts it into docs/explanation/recognition.md as well. Nothing here passes or fails: the others'
figures are those of the packages that this machine's distribution has. Where it has none, as on Fedora, pamsignal's
column is new, and theirs are those of the document.
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.compare.lines import groups, records_of_ours
from tests.compare.scores import scores
from tests.compare.table import DOCUMENT, between, text, with_cells_of_others, written
from tests.compare.tools import FAIL2BAN, SSHGUARD, TOOLS, versions


def main() -> int:
    """Return the exit code."""
    arguments = argparse.ArgumentParser(prog="make compare", description=__doc__.splitlines()[0])
    arguments.add_argument("--write", action="store_true", help=f"put the table into {DOCUMENT.name}")
    chosen = arguments.parse_args()
    if missing := [program for program in (*FAIL2BAN, *SSHGUARD) if not os.access(program, os.X_OK)]:
        told = "on Debian and Ubuntu: tools/install.sh dev. The columns of others are the document's, ? for a new row"
        print(f"missing: {', '.join(missing)}; {told}", file=sys.stderr)
    compared, document = groups(), DOCUMENT.read_text(encoding="utf-8")
    if missing:
        ours = scores(compared, TOOLS[0])
        table = with_cells_of_others(text(compared, {tool.name: ours for tool in TOOLS}, ()), between(document))
    else:
        table = text(compared, {tool.name: scores(compared, tool) for tool in TOOLS}, versions())
    print(table, end="")
    if chosen.write:
        DOCUMENT.write_text(written(document, table, records_of_ours(compared)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
