"""The heartbeat: only while pamsignal sees, not more often than asked for, and slow answers cost nothing."""

from __future__ import annotations

import pytest

from pamsignal.deliver.courier import Delivered
from pamsignal.deliver.heartbeat import Heartbeat, Settings, build
from pamsignal.errors import ConfigError
from pamsignal.model import Sent, TryLater
from pamsignal.secret import Secret

MINUTE_US = 60_000_000


class Courier:
    """One that does what a test says."""

    def __init__(self):
        self.offered = 0
        self.answer = Sent()
        self.is_slow = False

    def offer(self, alerts):
        assert len(alerts) == 1
        self.offered += 1
        return True

    def collect(self):
        return None if self.is_slow or not self.offered else Delivered("heartbeat", ("",), self.answer)


def beating(*moments_us, sees=True):
    courier = Courier()
    heartbeat = Heartbeat(courier, 300)
    for now_us in moments_us:
        heartbeat.tend(now_us, sees=sees)
    return courier.offered


def test_it_beats_at_once_and_then_every_five_minutes():
    assert beating(0) == 1
    assert beating(*range(0, 16 * MINUTE_US, 10_000_000)) == 4


def test_it_does_not_beat_blindly():
    assert beating(*range(0, 16 * MINUTE_US, MINUTE_US), sees=False) == 0


def test_a_clock_that_was_set_back_does_not_stop_it():
    assert beating(100 * MINUTE_US, 2 * MINUTE_US) == 2


def test_a_bad_answer_is_trouble_until_a_good_one():
    courier = Courier()
    heartbeat = Heartbeat(courier, 300)
    courier.answer = TryLater("network", "connection refused")
    for minute, trouble in ((0, None), (1, "network: connection refused"), (5, "network: connection refused")):
        heartbeat.tend(minute * MINUTE_US, sees=True)
        assert heartbeat.trouble == trouble
    courier.answer = Sent()
    heartbeat.tend(6 * MINUTE_US, sees=True)
    assert heartbeat.trouble is None


def test_without_a_url_there_is_none():
    heartbeat = build(Settings(), lambda: None)
    heartbeat.tend(0, sees=True)
    assert heartbeat.trouble is None


def test_a_url_that_leads_to_credentials_of_a_cloud_is_refused():
    with pytest.raises(ConfigError, match=r"heartbeat\.url"):
        build(Settings(Secret("http://169.254.169.254/latest")), lambda: None)
