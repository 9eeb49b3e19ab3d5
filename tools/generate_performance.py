"""Writes the tables of docs/explanation/performance.md and its plot, from performance.json; --check only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from drift import write_or_compare  # noqa: E402 - stands beside this one

from tests.perf.plot import bars  # noqa: E402 - found through the line above
from tests.perf.results import TABLES, load, written  # noqa: E402 - likewise

PAGE = ROOT / "docs" / "explanation" / "performance.md"
PLOT = PAGE.with_suffix(".svg")
TITLE = "CPU time per entry of an attack's journal, in µs; less is better"
OWN = "pamsignal: "
PLACE = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


def table(name: str) -> str:
    """Return the table `name` in Markdown, with where it was measured: in front if that is the same for all rows."""
    rows, (what, columns) = load().get(name), TABLES[name]
    if rows is None:
        return "No figures are kept yet.\n"
    shown = [column for column in columns if any(row.get(column.key) is not None for row in rows)]
    machines = {row["machine"] for row in rows}
    is_mixed = len(machines) > 1
    head = [what, *(column.title for column in shown), "measured", *(["on"] if is_mixed else [])]
    cells = [
        [row["what"], *(written(row, column) for column in shown), row["day"], *([row["machine"]] if is_mixed else [])]
        for row in rows
    ]
    lines = [f"| {' | '.join(line)} |" for line in (head, *cells)]
    lines.insert(1, "|---" * len(head) + "|")
    return ("" if is_mixed else f"{machines.pop()}.\n\n") + "\n".join(lines) + "\n"


def picture() -> str:
    """Return the line of Markdown that shows the plot."""
    return f"\n![{TITLE}. {told()}](performance.svg)\n"


def told() -> str:
    """Say in words what the plot shows."""
    return ", ".join(f"{row['what']}: {row['us']:.1f}" for row in load()["attack"])


def page(text: str) -> str:
    """Return the page with all its tables as they are to be."""

    def place(found: re.Match[str]) -> str:
        name = found[2]
        return f"{found[1]}\n{table(name)}{picture() if name == 'attack' else ''}\n{found[3]}"

    return PLACE.sub(place, text)


def plot() -> str:
    """Return the plot of the speed of all that reads the attack's journal."""
    rows = [(row["what"], row["us"]) for row in load()["attack"]]
    return bars(TITLE, told(), rows, [what for what, _ in rows if what.startswith(OWN)])


if __name__ == "__main__":
    sys.exit(write_or_compare(PAGE, page(PAGE.read_text())) | write_or_compare(PLOT, plot()))
