"""The figures are taken from where they are: each field of a snapshot has the one value that its part holds."""

from __future__ import annotations

from types import SimpleNamespace as Part

import pytest

from pamsignal.config import load
from pamsignal.counts import Counts
from pamsignal.daemon import snapshot
from pamsignal.daemon.tally import Tally
from pamsignal.detect.conditions import Name, Standing


def watched(**changes):
    parts = {
        "reader": Part(problem=None, has_files=lambda: True, skipped=11, reopened=12, position=Part(time_us=13)),
        "store": Part(counters={"delivered:a": 14}, trouble=None, health=dict),
        "trail": Part(trouble=None, head=Part(seq=15), lost=16),
        "enricher": Part(built_us=lambda: {"city": 17}),
        "settings": load.defaults(),
        "standing": ((Name("not_understood", "sshd"), Standing(1, 2)), (Name("not_understood", "su"), Standing(1, 2))),
    }
    for path, value in changes.items():
        part, _, field = path.partition("__")
        setattr(parts[part], field, value)
    return Part(**parts)


def taken(report=None, **changes):
    report = report or Part(started_us=21, faults=22, rejected=None)
    return snapshot.take(1, Counts(), Tally(), report, watched(**changes))


def test_each_figure_is_the_one_of_its_part():
    shown = taken()
    assert (shown.now_us, shown.started_us, shown.faults, shown.config_rejected) == (1, 21, 22, False)
    assert (shown.journal_skipped, shown.journal_reopened, shown.last_record_us) == (11, 12, 13)
    assert (shown.counters, shown.trail_records, shown.trail_lost) == ({"delivered:a": 14}, 15, 16)
    assert (shown.databases, shown.standing) == ({"city": 17}, {"not_understood": 2})
    assert shown.trail_enabled
    assert shown.memory_bytes > 1_000_000
    assert shown.cpu_us > 0


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"store__trouble": "disk full"}, "store_trouble", True),
        ({}, "store_trouble", False),
        ({"trail__trouble": "changed"}, "trail_trouble", True),
        ({}, "trail_trouble", False),
        ({"reader__problem": "corrupt"}, "journal_readable", False),
        ({"reader__has_files": lambda: False}, "journal_readable", False),
        ({}, "journal_readable", True),
        ({"reader__position": None}, "last_record_us", None),
    ],
)
def test_trouble_shows(change, field, value):
    assert getattr(taken(**change), field) == value


def test_a_configuration_that_was_refused_shows():
    assert taken(Part(started_us=0, faults=0, rejected="1:1: no")).config_rejected
