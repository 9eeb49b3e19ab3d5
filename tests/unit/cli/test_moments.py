"""Points in time as people type them."""

from __future__ import annotations

import pytest

from pamsignal.cli.moments import moment_us
from pamsignal.errors import UsageError

NOW = 1_795_435_200  # 2026-11-23T12:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("now", NOW),
        ("@1795435200", NOW),
        ("1h ago", NOW - 3600),
        ("2 hours ago", NOW - 7200),
        ("-30min", NOW - 1800),
        ("3 days ago", NOW - 3 * 86400),
        ("2026-11-23T12:00:00Z", NOW),
        ("2026-11-23T13:00:00+01:00", NOW),
        ("2026-11-23 12:00:00+00:00", NOW),
    ],
)
def test_a_time_is_understood(text, seconds):
    assert moment_us(text, NOW) == seconds * 1_000_000


def test_local_dates_are_local(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert moment_us("2026-11-23 13:00", NOW) == NOW * 1_000_000
        assert moment_us("today", NOW) == (NOW - 13 * 3600) * 1_000_000
        assert moment_us("yesterday", NOW) == (NOW - 37 * 3600) * 1_000_000
        assert moment_us("13:00", NOW) == NOW * 1_000_000
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["", "soon", "5 fortnights ago", "2026-13-01", "@x", "1h", "99999999999 h ago"])
def test_anything_else_is_refused_with_examples(text):
    with pytest.raises(UsageError, match="Try '2026"):
        moment_us(text, NOW)
