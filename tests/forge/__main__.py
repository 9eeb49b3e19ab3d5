"""Forge lines of every format, and print how they were read. Ends with 1 if one of them was read wrongly.

python -m tests.forge [--cases 1000000] [--seed 1]
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.forge.formats import FORMS
from tests.forge.trial import LESS, RIGHT, WRONG, tried


def main() -> int:
    """Try, print a row for each form, and the lines that were read wrongly."""
    parser = argparse.ArgumentParser(prog="python -m tests.forge", description="Forge lines with hostile names.")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.cases < 1:
        parser.error(f"expected a line or more, found --cases {asked.cases}")
    begun = time.monotonic()
    outcome = tried(asked.cases, asked.seed)
    print(f"{'program':<15} {'lines':>9} {RIGHT:>9} {LESS:>9} {WRONG:>7}  format")
    totals = [0, 0, 0]
    for form in FORMS:
        row = [outcome.counts[form, how] for how in (RIGHT, LESS, WRONG)]
        totals = [total + count for total, count in zip(totals, row)]
        print(f"{form.program or '(no tag)':<15} {sum(row):>9} {row[0]:>9} {row[1]:>9} {row[2]:>7}  {form.line:.90}")
    print(f"{'all':<15} {sum(totals):>9} {totals[0]:>9} {totals[1]:>9} {totals[2]:>7}")
    print(f"seed {asked.seed}, {time.monotonic() - begun:.0f} s")
    print(*outcome.wrong, sep="\n")
    return 1 if totals[2] else 0


if __name__ == "__main__":
    sys.exit(main())
