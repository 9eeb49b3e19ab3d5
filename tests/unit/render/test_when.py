from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.render import when

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_timestamp_agrees_with_the_calendar_of_the_standard_library(time_us):
    moment = EPOCH + timedelta(microseconds=time_us)
    assert when.timestamp(time_us) == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    assert when.for_people(time_us) == moment.strftime("%Y-%m-%d %H:%M:%S +00:00").rjust(26, "0")


def test_journalctl_is_told_the_zone():
    assert when.for_journalctl(1_795_435_200_000_000) == "2026-11-23 12:00:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "under 1 s"),
        (0.999999, "under 1 s"),
        (-5, "under 1 s"),
        (1, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (600, "10 min"),
        (3600, "1 h"),
        (3605, "1 h"),
        (4320, "1 h 12 min"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
        (86_400 * 400, "400 d"),
    ],
)
def test_a_span_reads(seconds, words):
    assert when.span(int(seconds * 1_000_000)) == words
