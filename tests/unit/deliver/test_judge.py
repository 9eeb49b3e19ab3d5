"""What follows from an answer."""

from __future__ import annotations

import pytest

from pamsignal.deliver.judge import Attempt, judge
from pamsignal.deliver.turn import Channel, Pending, State
from pamsignal.model import Refused, Sent, TryLater
from tests.builders import NOON_US, an_alert

SECOND_US = 1_000_000
MAX_AGE_US = 3 * 86_400 * SECOND_US


def an_attempt(attempts=0, size=1, channel=None, queued_us=NOON_US):
    batch = [Pending(an_alert(id=str(number)), attempts, queued_us) for number in range(size)]
    return Attempt("team", batch, channel or Channel(), NOON_US, 0.5, MAX_AGE_US)


def names(verdict):
    return [happening.name for happening in verdict.happenings]


def test_what_was_sent_is_over_and_the_channel_is_well():
    verdict = judge(an_attempt(size=2, channel=Channel(sent=5, failures=2)), Sent())
    assert [settlement.state for settlement in verdict.settled] == [State.SENT, State.SENT]
    assert verdict.channel == Channel(sent=7, last_sent_us=NOON_US)
    assert names(verdict) == ["delivered", "channel_back"]


@pytest.mark.parametrize("reason", ["network", "server_error", "timeout", "tls", "rate_limited", "bug"])
def test_a_first_failure_holds_the_channel_and_keeps_the_order(reason):
    verdict = judge(an_attempt(), TryLater(reason, "why"))
    [settlement] = verdict.settled
    assert (settlement.state, settlement.wait_until_us) == (State.QUEUED, 0)
    assert verdict.channel.held_until_us == NOON_US + 2 * SECOND_US
    assert verdict.channel.last_error == f"{reason}: why"
    assert names(verdict) == ["delivery_failed", "channel_held"]


def test_a_second_failure_is_told_without_saying_again_that_the_channel_is_held():
    assert names(judge(an_attempt(channel=Channel(failures=1)), TryLater("network"))) == ["delivery_failed"]


def test_what_the_server_asks_for_holds_the_channel():
    verdict = judge(an_attempt(channel=Channel(failures=9)), TryLater("rate_limited", after_s=17, pause=True))
    assert verdict.channel.held_until_us == NOON_US + 17 * SECOND_US


@pytest.mark.parametrize(
    ("reason", "steps_aside"),
    [
        ("server_error", True),
        ("bug", True),
        ("timeout", True),
        ("network", False),
        ("tls", False),
        ("rate_limited", False),
    ],
)
def test_only_an_alert_that_may_be_the_cause_itself_steps_aside(reason, steps_aside):
    verdict = judge(an_attempt(attempts=4, channel=Channel(failures=4)), TryLater(reason))
    [settlement] = verdict.settled
    assert (settlement.wait_until_us > verdict.channel.held_until_us) == steps_aside


@pytest.mark.parametrize(("reason", "attempts"), [("server_error", 3), ("network", 2), ("rate_limited", 2)])
def test_only_failures_that_may_be_its_own_fault_count_against_an_alert(reason, attempts):
    assert judge(an_attempt(attempts=2), TryLater(reason)).settled[0].attempts == attempts


def test_a_pause_is_never_the_fault_of_an_alert():
    verdict = judge(an_attempt(attempts=40, channel=Channel(failures=40)), TryLater("server_error", pause=True))
    assert verdict.settled[0].wait_until_us == 0


def test_the_end_of_a_long_outage_ends_every_wait():
    assert judge(an_attempt(channel=Channel(failures=5)), Sent()).releases
    assert not judge(an_attempt(channel=Channel(failures=4)), Sent()).releases


def test_a_refused_alert_is_a_dead_letter_and_the_channel_goes_on():
    verdict = judge(an_attempt(channel=Channel(failures=3, held_until_us=9)), Refused("client_error", "too long"))
    assert [(s.state, s.reason, s.detail) for s in verdict.settled] == [(State.DEAD, "client_error", "too long")]
    assert (verdict.channel.failures, verdict.channel.held_until_us) == (0, 0)
    assert names(verdict) == ["delivery_given_up", "channel_back"]


def test_one_bad_alert_does_not_take_its_batch_with_it():
    verdict = judge(an_attempt(size=3), Refused("client_error"))
    assert (list(verdict.settled), verdict.splits) == ([], True)


def test_a_batch_that_breaks_the_server_twice_is_split():
    assert not judge(an_attempt(size=3), TryLater("server_error")).splits
    assert judge(an_attempt(size=3, attempts=1), TryLater("server_error")).splits
    assert not judge(an_attempt(size=3, attempts=1), TryLater("network")).splits


def test_a_revoked_token_loses_no_alert():
    verdict = judge(an_attempt(), Refused("authentication", "401", pause=True))
    assert [settlement.state for settlement in verdict.settled] == [State.QUEUED]
    assert verdict.channel.held_until_us == NOON_US + 600 * SECOND_US
    assert names(verdict) == ["delivery_failed", "channel_held"]


def test_an_alert_is_given_up_by_a_failed_attempt_after_its_age():
    old_us = NOON_US - MAX_AGE_US - 1
    verdict = judge(an_attempt(queued_us=old_us), TryLater("network"))
    assert [settlement.state for settlement in verdict.settled] == [State.DEAD]
    assert verdict.expired_before_us == NOON_US - MAX_AGE_US
    assert "delivery_given_up" in names(verdict)


def test_an_old_alert_that_arrives_has_arrived():
    assert judge(an_attempt(queued_us=0), Sent()).settled[0].state is State.SENT
