"""A storm of failures with one login in the middle: the login comes at once, and the storm is a few messages."""

from __future__ import annotations

from collections import Counter

import pytest

from pamsignal.config.load import defaults
from pamsignal.daemon.outgoing import Outgoing
from pamsignal.deliver.routes import RouteSettings
from pamsignal.pipeline import Engine
from pamsignal.stages import Produced
from tests.builders import NOON_US, a_record

MINUTE_US = 60_000_000
PER_MINUTE, MINUTES = 1000, 10


def of_one_address(_number):
    return "203.0.113.9", "root"


def of_many_addresses(number):
    return f"198.18.{number // 250 % 250}.{number % 250 + 1}", "root"


def of_many_networks(number):
    return f"198.{number % 100 + 20}.{number // 100 % 250}.9", f"user{number % 7}"


def of_many_names(number):
    return "203.0.113.9", f"user{number}"


STORMS = [of_one_address, of_many_addresses, of_many_networks, of_many_names]


def lines(storm):
    """Yield the records in order, the login after five minutes, from an address of its own."""
    for number in range(PER_MINUTE * MINUTES):
        time_us = NOON_US + number * MINUTE_US // PER_MINUTE
        address, user = storm(number)
        known = "" if user == "root" else "invalid user "
        yield a_record(
            f"Failed password for {known}{user} from {address} port {1024 + number} ssh2",
            time_us=time_us,
            pid=100 + number,
        )
        if number == PER_MINUTE * MINUTES // 2:
            said = "Accepted publickey for alice from 192.0.2.7 port 50022 ssh2: ED25519 SHA256:abc"
            yield a_record(said, time_us=time_us, pid=99)


def delivered(storm, made=None):
    """Return what one sink gets, with when, as the daemon's turns would have it; an hour of calm follows. `made` gets all alerts."""
    settings = defaults()
    sink = settings.sinks[0]._replace(name="phone", route=RouteSettings())
    engine = Engine(settings.engine)
    outgoing = Outgoing(settings._replace(sinks=(sink,)), console=True)
    told = []
    for record in lines(storm):
        told += at(outgoing, engine.feed(record), record.time_us, made)
    for minute in range(MINUTES, MINUTES + 60):
        now_us = NOON_US + minute * MINUTE_US
        told += at(outgoing, engine.tick(now_us), now_us, made)
    return told


def at(outgoing, produced: Produced, now_us, made):
    if made is not None:
        made += produced.alerts
    return [(now_us, alert) for alert, _ in outgoing.admit(produced, (), now_us)]


@pytest.mark.parametrize("storm", STORMS)
def test_the_login_comes_within_five_seconds_and_at_most_twelve_other_messages(storm):
    told = delivered(storm)
    ((when_us, login),) = [(now_us, alert) for now_us, alert in told if alert.rule == "login_success"]
    assert 0 <= when_us - login.time_us <= 5_000_000
    assert login.subject.user == "alice"
    during = [alert for now_us, alert in told if now_us < NOON_US + MINUTES * MINUTE_US and alert is not login]
    assert 1 <= len(during) <= 12, Counter(alert.rule for alert in during)


@pytest.mark.parametrize("storm", STORMS)
def test_every_alert_is_told_or_counted_when_it_is_over(storm):
    made = []
    told = [alert for _, alert in delivered(storm, made)]
    summaries = [alert for alert in told if alert.rule == "alerts_suppressed"]
    assert len(summaries) <= 3
    assert len(told) - len(summaries) + sum(alert.suppressed for alert in summaries) == len(made)
