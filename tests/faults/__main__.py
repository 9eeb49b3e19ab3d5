"""The whole of it: `python -m tests.faults [--seed N] [--kills 200] [--rounds 34] [--cuts 20]`.

Prints what was done and what came of it, and ends with 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults import errors, kills, power


def main():
    """Kill, break, cut, count, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Put faults into a running daemon.")
    parser.add_argument("--seed", type=int, help="what is done comes from it, when it hits does not; printed")
    parser.add_argument("--kills", type=int, default=200, help="deaths by SIGKILL, beside an endpoint with a bad day")
    parser.add_argument("--rounds", type=int, default=34, help="rounds in which calls of the system fail")
    parser.add_argument("--cuts", type=int, default=20, help="power cuts")
    arguments = parser.parse_args()
    asked = (arguments.kills, arguments.rounds, arguments.cuts)
    if min(asked) < 0 or not any(asked):
        parser.error("expected a number above 0 for one of --kills, --rounds and --cuts, and none below")
    seed = secrets.randbelow(2**32) if arguments.seed is None else arguments.seed
    folder = Path(tempfile.mkdtemp(prefix="pamsignal-faults-"))
    print(f"seed {seed}, in {folder}", flush=True)
    broken = []
    for run, times in zip((killed, errors.run, power.run), asked):
        if times:
            figures, more = run(folder / run.__module__.rpartition(".")[2], seed, times)
            print(table(figures), flush=True)
            broken += more
    if broken:
        print(f"BROKEN, seed {seed}; what is left of it is in {folder}:", *broken, sep="\n  ")
        return 1
    shutil.rmtree(folder)
    print("every promise was kept")
    return 0


def killed(folder, seed, times):
    """Kill it, and count where that hit it."""
    outcome = kills.run(folder, seed, times)
    return {**outcome.figures, **{f"killed: {where}": hits for where, hits in outcome.hits.items()}}, outcome.broken


def table(figures):
    """The figures in two columns, as Markdown."""
    return "\n".join(
        ["", "| what | how many |", "|---|---|", *(f"| {what} | {count} |" for what, count in figures.items())]
    )


if __name__ == "__main__":
    sys.exit(main())
