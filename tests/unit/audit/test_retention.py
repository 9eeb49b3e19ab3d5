"""What may be deleted, and why."""

from __future__ import annotations

import pytest

from pamsignal.audit.retention import DAY_US, Settings, Sight, reason_to_delete, shortage
from tests.builders import NOON_US

ROOM = 1 << 40
SMALL = Sight(NOON_US, 1000, ROOM)


@pytest.mark.parametrize(
    ("days_old", "changes", "reason"),
    [
        (364, {}, None),
        (365, {}, "age"),
        (29, {"days": 30}, None),
        (30, {"days": 30}, "age"),
        (30, {"days": 30, "hold": True}, None),
        (89, {"days": 1, "profile": "cis"}, None),
        (90, {"days": 1, "profile": "cis"}, "age"),
        (90, {"days": 100, "profile": "cis"}, None),
        (365, {"days": 1, "profile": "pci"}, None),
        (366, {"days": 1, "profile": "pci"}, "age"),
        (400, {"days": 500, "profile": "pci"}, None),
        (50, {"days": 10, "min_days": 60}, None),
        (0, {"max_bytes": 999}, "size"),
        (0, {"max_bytes": 1000}, None),
        (5, {"max_bytes": 999, "min_days": 6}, None),
        (6, {"max_bytes": 999, "min_days": 6}, "size"),
        (89, {"max_bytes": 999, "profile": "cis"}, None),
        (0, {"min_free_bytes": ROOM + 1}, "space"),
        (0, {"min_free_bytes": ROOM}, None),
        (0, {"min_free_bytes": ROOM + 1, "hold": True}, None),
        (5, {"min_free_bytes": ROOM + 1, "min_days": 6}, None),
        (-1, {"days": 1}, None),
        (-1, {"max_bytes": 999}, "size"),
    ],
)
def test_the_oldest_file_goes_for_a_reason_or_stays(days_old, changes, reason):
    assert reason_to_delete(SMALL, Settings(**changes), NOON_US + days_old * DAY_US) == reason


def test_what_is_short_is_told_also_where_nothing_may_go():
    assert shortage(SMALL, Settings(hold=True, max_bytes=1)) == "size"
    assert shortage(SMALL, Settings(min_free_bytes=ROOM + 1)) == "space"
    assert shortage(SMALL, Settings()) is None
