"""The table of docs/explanation/recognition.md: groups down, tools across."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Sequence

from tests.compare.lines import Group
from tests.compare.scores import Score
from tests.compare.tools import TOOLS

DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "recognition.md"
RECORDS = re.compile(r"(?<=\*\* )\d+(?= records of this project)")
BEGIN, END = "<!-- make compare -->\n", "<!-- end -->\n"

NONE_SEEN, SOME_UNSEEN = "†", "‡"

Column = List[Score]


def text(groups: Sequence[Group], columns: Dict[str, Column], versions: Sequence[str]) -> str:
    """Return both tables in Markdown, with the versions in front."""
    attacked = [number for number, group in enumerate(groups) if group.attacks]
    spared = [number for number, group in enumerate(groups) if group.harmless]
    return "\n".join(
        [
            f"Versions: {', '.join(versions)}.",
            "",
            f"| attacks: known · right address · wrong | all | with address | {' | '.join(columns)} |",
            "|---|---|---|" + "---|" * len(columns),
            *(_row(groups[number], number, columns) for number in attacked),
            "",
            f"| harmless lines that are taken for an attack | lines | {' | '.join(columns)} |",
            "|---|---|" + "---|" * len(columns),
            *(_spared_row(groups[number], number, columns) for number in spared),
            "",
        ]
    )


def _row(group: Group, number: int, columns: Dict[str, Column]) -> str:
    attacks = sum(group.attacks.values())
    addressed = sum(times for (_, address), times in group.attacks.items() if address)
    cells = [_cell(columns[tool.name][number], addressed if tool.needs_address else attacks) for tool in TOOLS]
    return f"| {group.name} | {attacks} | {addressed} | {' | '.join(cells)} |"


def _cell(score: Score, usual: int) -> str:
    """Return the three numbers; how many lines are the tool's job, where that is not the column in front.

    Behind them stands whether it sees none of these as installed, or not all.
    """
    if not score.attacks and not score.wrong:
        return "–"
    mark = f" {NONE_SEEN if score.unseen == score.attacks else SOME_UNSEEN}" if score.unseen else ""
    job = f" of {score.attacks}" if score.attacks != usual else ""
    return f"{score.known} · {score.right} · {score.wrong}{job}{mark}"


def _spared_row(group: Group, number: int, columns: Dict[str, Column]) -> str:
    lines = sum(line.where in group.harmless for line in group.lines)
    return f"| {group.name} | {lines} | {' | '.join(str(column[number].false) for column in columns.values())} |"


def between(document: str) -> str:
    """Return what stands between the marks; ValueError where they are missing."""
    _, begin, rest = document.partition(BEGIN)
    inside, end, _ = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN.strip()} … {END.strip()}")
    return inside


def with_cells_of_others(table: str, former: str) -> str:
    """Return `table` with the others' cells and the versions of a `former` one; ? in a row that it did not have."""
    rows = map(_cells, former.splitlines())
    theirs = {(len(row), row[0]): row[1 - len(TOOLS) :] for row in rows}
    unknown = ["?"] * (len(TOOLS) - 1)
    lines = [former.partition("\n")[0]]
    for line in table.splitlines()[1:]:
        row = _cells(line)
        if line.startswith("| "):
            row = [*row[: 1 - len(TOOLS)], *theirs.get((len(row), row[0]), unknown)]
            lines.append(f"| {' | '.join(row)} |")
        else:
            lines.append(line)
    return "\n".join([*lines, ""])


def _cells(line: str) -> List[str]:
    return line.strip("| ").split(" | ")


def written(document: str, table: str, records: int) -> str:
    """Return the document with another table between the marks, and so many records of this project in its text."""
    document = document.replace(BEGIN + between(document) + END, BEGIN + table + END)
    return RECORDS.sub(str(records), document)
