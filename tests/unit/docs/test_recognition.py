"""The comparison with others, in docs/explanation/recognition.md: our column is what the code says today."""

from __future__ import annotations

import pytest

from tests.compare.lines import CLIENTS, groups, records_of_ours
from tests.compare.scores import scores
from tests.compare.table import BEGIN, DOCUMENT, END, RECORDS, between, text, with_cells_of_others, written
from tests.compare.tools import TOOLS

PAMSIGNAL = TOOLS[0]
GROUPS = groups()


def ours(table):
    """The cells that need none of the others' programs: a row's name, how many lines, and our column."""
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    width = len(TOOLS)
    return [(*row[:-width], row[-width]) for row in rows]


def test_our_column_is_what_the_code_gives_and_the_mistakes_are_told():
    column = scores(GROUPS, PAMSIGNAL)
    table = text(GROUPS, {tool.name: column for tool in TOOLS}, ())
    assert ours(between(DOCUMENT.read_text())) == ours(table), "run .venv/bin/python -m tests.compare --write"
    assert [score.wrong + score.false for score in column] == [0] * len(GROUPS)


def test_the_document_says_how_many_lines_of_ours_are_compared():
    told = "run .venv/bin/python -m tests.compare --write"
    assert RECORDS.findall(DOCUMENT.read_text()) == [str(records_of_ours(GROUPS))], told


def test_every_address_of_an_attack_is_one_that_no_client_planted():
    own = [group for group in GROUPS if not group.name.startswith("CrowdSec")]
    addresses = {address for group in own for _, address in group.attacks}
    assert addresses == {*CLIENTS, None}


def test_every_line_is_an_attack_or_harmless_and_none_is_both():
    for group in GROUPS:
        attacked = {where for where, _ in group.attacks}
        assert attacked & group.harmless == set()
        if not group.name.startswith("CrowdSec"):  # who say nothing of some lines
            assert attacked | group.harmless == {line.where for line in group.lines}


def test_a_table_is_written_between_the_marks_alone():
    assert written(f"a\n{BEGIN}old\n{END}b\n", "new\n", 7) == f"a\n{BEGIN}new\n{END}b\n"
    with pytest.raises(ValueError, match="make compare"):
        written("a\n", "new\n", 7)


def test_how_many_records_are_compared_is_written_into_the_text():
    before, after = (f"{BEGIN}{END}- **The lines.** {number} records of this project (" for number in (364, 365))
    assert written(before, "", 365) == after


def test_without_the_others_programs_our_column_is_new_and_theirs_stay():
    document = between(DOCUMENT.read_text())
    column = scores(GROUPS, PAMSIGNAL)
    table = text(GROUPS, {tool.name: column for tool in TOOLS}, ())
    assert with_cells_of_others(table, document) == document
    changed = table.replace("| dropbear | 6 | 6 | 6 · 6 · 0 |", "| dropbear | 7 | 7 | 7 · 7 · 0 |")
    known = "| dropbear | 7 | 7 | 7 · 7 · 0 | 3 · 3 · 0 † | 3 · 3 · 0 † | – |"
    assert known in with_cells_of_others(changed, document)
    assert "| ours | 6 | 6 | 6 · 6 · 0 | ? | ? | ? |" in with_cells_of_others(
        table.replace("dropbear", "ours"), document
    )
