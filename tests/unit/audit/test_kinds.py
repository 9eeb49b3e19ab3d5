"""The kinds of damage are a closed list, and the reference explains each."""

from __future__ import annotations

from pamsignal.audit.verification import KINDS
from tests.unit.docs.documents import ROOT, code, rows, section


def test_every_kind_of_damage_is_in_the_reference_and_no_other():
    table = [
        cells for cells in rows(section(ROOT / "docs/reference/cli.md", "## verify")) if not cells[0].startswith("`--")
    ]
    assert [code(cells[0])[0] for cells in table if code(cells[0])] == list(KINDS)
