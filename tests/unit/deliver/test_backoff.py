"""How long to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.deliver.backoff import next_delay_seconds, unusable_delay_seconds

jitters = st.floats(0, 1, exclude_max=True)


def test_the_first_retry_comes_after_about_two_seconds():
    assert next_delay_seconds(1, None, 0.5) == 2
    assert next_delay_seconds(1, None, 0.0) == 1


def test_the_ceiling_doubles_up_to_ten_minutes():
    almost_one = 1 - 1e-12
    ceilings = [round(next_delay_seconds(attempts, None, almost_one)) for attempts in range(1, 12)]
    assert ceilings == [3, 6, 12, 24, 48, 96, 192, 384, 600, 600, 600]


@given(st.integers(0, 10**9), st.none() | st.floats(), jitters)
def test_a_delay_is_at_most_an_hour_and_never_nothing(attempts, after_s, jitter):
    assert 0 < next_delay_seconds(attempts, after_s, jitter) <= 3600


@pytest.mark.parametrize(
    ("asked", "waits"), [(30, 30), (0.25, 0.25), (3600, 3600), (86400, 3600), (float("inf"), 3600)]
)
def test_what_the_server_asks_for_is_honoured_up_to_an_hour(asked, waits):
    assert next_delay_seconds(1, asked, 0.9) == waits


@pytest.mark.parametrize("asked", [0, -5, float("nan")])
def test_a_senseless_request_is_none(asked):
    assert next_delay_seconds(1, asked, 0.5) == 2


def test_a_channel_that_refuses_us_is_left_alone_for_ten_minutes_to_an_hour():
    assert [unusable_delay_seconds(failures) for failures in (1, 2, 3, 4, 10**6)] == [600, 1200, 2400, 3600, 3600]
