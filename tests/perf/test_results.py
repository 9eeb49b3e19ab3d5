"""What is kept of measurements: each row with its own day and machine, and none that is measured no more."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.perf import results


def row(what, group="soak", day="2026-11-01", machine="old"):
    return {"what": what, "group": group, "day": day, "machine": machine}


FORMER = [row("a"), row("renamed"), row("b", "backlog")]
FRESH = [row("new", day="2026-11-28", machine="new"), row("a", day="2026-11-28", machine="new")]


def test_a_group_that_was_run_whole_leaves_no_row_that_it_no_longer_gives():
    assert results.merged(FORMER, FRESH, "soak", is_whole=True) == [FRESH[1], FORMER[2], FRESH[0]]


def test_a_group_that_was_run_in_part_leaves_its_other_rows():
    assert results.merged(FORMER, FRESH, "soak", is_whole=False) == [FRESH[1], *FORMER[1:], FRESH[0]]


def test_what_is_kept_says_of_each_row_where_it_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "KEPT", tmp_path / "kept.json")
    results.KEPT.write_text('{"load": [{"what": "b", "group": "backlog", "day": "2026-11-01", "machine": "old"}]}')
    results.keep("load", "soak", [{"what": "a", "sent": 7}], is_whole=True)
    other, own = results.load()["load"]
    assert other["machine"] == "old"
    assert (own["what"], own["group"], own["sent"]) == ("a", "soak", 7)
    assert own["machine"].startswith(results.machine().partition(", load")[0])


@pytest.mark.parametrize("machines", [("one", "one"), ("one", "other")])
def test_the_page_names_the_machine_once_or_of_each_row(machines, monkeypatch):
    rows = [{**row(name, machine=machine), "sent": 7} for name, machine in zip("ab", machines)]
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "tools")
    generate_performance = import_module("generate_performance")
    monkeypatch.setattr(generate_performance, "load", lambda: {"load": rows})
    told = generate_performance.table("load")
    assert told.startswith("one.\n\n| load |") == (machines[0] == machines[1])
    assert told.endswith("| 7 | 2026-11-01 |\n" if machines[0] == machines[1] else "| 7 | 2026-11-01 | other |\n")
