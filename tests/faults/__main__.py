"""The whole of it: `python -m tests.faults [--seed N] [--kills 200]`. Ends with 1 where a promise was broken."""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults import kills


def main():
    """Kill, count, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, help="what everything random comes from; printed, to do it again")
    parser.add_argument("--kills", type=int, default=200)
    arguments = parser.parse_args()
    seed = secrets.randbelow(2**32) if arguments.seed is None else arguments.seed
    folder = Path(tempfile.mkdtemp(prefix="pamsignal-faults-"))
    print(f"seed {seed}, {arguments.kills} kills, in {folder}", flush=True)
    outcome = kills.run(folder, seed, arguments.kills)
    print(table(outcome))
    if outcome.broken:
        print(f"BROKEN, seed {seed}; what is left of it is in {folder}:", *outcome.broken, sep="\n  ")
        return 1
    shutil.rmtree(folder)
    print("every promise was kept")
    return 0


def table(outcome):
    """The figures in two columns, as Markdown."""
    rows = [*outcome.figures.items(), *((f"killed: {where}", times) for where, times in sorted(outcome.hits.items()))]
    return "\n".join(["| what | how many |", "|---|---|", *(f"| {what} | {count} |" for what, count in rows)])


if __name__ == "__main__":
    sys.exit(main())
