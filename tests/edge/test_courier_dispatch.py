"""Store and couriers together: in order, once, each sink on its own, whatever the receivers do."""

from __future__ import annotations

import random
import threading

import pytest

from pamsignal.deliver.courier import Courier
from pamsignal.deliver.dispatch import STUCK_US, Dispatcher
from pamsignal.deliver.store import open_store
from pamsignal.deliver.turn import Turn
from pamsignal.model import Refused, Sent, TryLater
from tests.builders import NOON_US, an_alert
from tests.harness.waiting import PATIENCE_S

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US


class Receiver:
    """A sink that answers from a script, `answer(ids)`, and keeps what it accepted."""

    def __init__(self, name, answer=lambda _: Sent(), batch=1):
        self.name = name
        self.batch = batch
        self.answer = answer
        self.attempts = []
        self.accepted = []

    def deliver(self, alerts):
        ids = [alert.id for alert in alerts]
        self.attempts.append(ids)
        result = self.answer(ids)
        if result == Sent():
            self.accepted.extend(ids)
        return result


class Host:
    """The daemon's turn without a journal; time goes on only when it is told to."""

    def __init__(self, path, *receivers):
        self.now_us = NOON_US
        self.bell = threading.Semaphore(0)
        self.store = open_store(path)
        self.couriers = [Courier(receiver, self.bell.release) for receiver in receivers]
        self.dispatcher = Dispatcher(self.store, self.couriers, 3 * 86_400, lambda: 0.5)
        self.happenings = []
        self.told = []

    def turn(self, *ids, sinks=("team",)):
        back = self.dispatcher.collect(self.now_us)
        self.told += back.happenings
        self.happenings += [happening.name for happening in back.happenings]
        alerts = [(an_alert(id=alert_id), sinks) for alert_id in ids]
        self.store.commit(
            Turn(self.now_us, alerts=alerts, **{n: v for n, v in back._asdict().items() if n != "happenings"})
        )
        self.dispatcher.hand_out(self.now_us)

    def settle(self, but=()):
        """Turn until every courier is idle with nothing due now."""
        while any(courier.is_busy for courier in self.couriers if courier.name not in but):
            assert self.bell.acquire(timeout=PATIENCE_S)
            self.turn()

    def run(self, seconds, *ids, **changes):
        """Let time pass from deadline to deadline."""
        end_us = self.now_us + seconds * SECOND_US
        self.turn(*ids, **changes)
        self.settle()
        while True:
            deadline_us = self.dispatcher.next_deadline_us(self.now_us)
            if deadline_us is None or deadline_us > end_us:
                break
            self.now_us = max(self.now_us, deadline_us)
            self.turn()
            self.settle()
        self.now_us = end_us

    def stop(self):
        assert self.dispatcher.stop(PATIENCE_S)
        self.store.close()


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state.db")


def scripted(*answers):
    left = list(answers)
    return lambda _: left.pop(0) if left else Sent()


def test_what_is_committed_is_delivered_in_order_and_then_gone(path):
    team = Receiver("team")
    host = Host(path, team)
    host.run(1, "a", "b", "c")
    assert team.attempts == [["a"], ["b"], ["c"]]
    assert host.store.health()["team"].channel.sent == 3
    assert host.dispatcher.next_deadline_us(host.now_us) is None
    host.stop()


def test_a_sink_that_takes_batches_gets_batches(path):
    team = Receiver("team", batch=2)
    host = Host(path, team)
    host.run(1, "a", "b", "c")
    assert team.attempts == [["a", "b"], ["c"]]
    host.stop()


def test_failures_keep_the_order_and_nothing_arrives_twice(path):
    dice = random.Random(7)
    failures = [TryLater("server_error"), TryLater("rate_limited", after_s=30), TryLater("network"), TryLater("bug")]
    ids = [f"{number:03}" for number in range(100)]
    answers = {alert_id: dice.choices(failures, k=dice.randrange(5)) for alert_id in ids}
    team = Receiver("team", lambda ids: answers[ids[0]].pop() if answers[ids[0]] else Sent())
    host = Host(path, team)
    host.run(86_400, *ids)
    assert team.accepted == ids
    host.stop()


@pytest.mark.parametrize("reason", ["network", "server_error", "timeout", "rate_limited"])
def test_after_an_outage_of_hours_everything_arrives_once(path, reason):
    is_down = [True]
    team = Receiver("team", lambda _: TryLater(reason) if is_down[0] else Sent())
    host = Host(path, team)
    ids = [str(number) for number in range(20)]
    host.run(3 * 3600, *ids)
    attempts = len(team.attempts)
    assert 18 <= attempts <= 60  # every ten minutes at most, more often at first
    is_down[0] = False
    host.run(1200)
    assert sorted(team.accepted, key=int) == ids
    out_of_place = [alert_id for alert_id, expected in zip(team.accepted, ids) if alert_id != expected]
    assert len(out_of_place) <= (0 if reason in ("network", "rate_limited") else 4)
    host.stop()


def test_a_login_does_not_stay_behind_an_alert_that_breaks_its_receiver(path):
    team = Receiver("team", lambda ids: TryLater("server_error") if ids == ["poison"] else Sent())
    host = Host(path, team)
    host.run(120, "poison", "login", "later")
    assert team.accepted == ["login", "later"]
    host.run(60, "even later")
    assert team.accepted == ["login", "later", "even later"]
    host.stop()


def test_a_refused_alert_in_a_batch_is_found_and_the_others_arrive(path):
    team = Receiver("team", lambda ids: Refused("client_error") if "bad" in ids else Sent(), batch=10)
    host = Host(path, team)
    host.run(60, "a", "bad", "b")
    assert team.accepted == ["a", "b"]
    assert [letter.alert_id for letter in host.store.dead_letters()] == ["bad"]
    host.run(60, "c", "d")
    assert team.attempts[-1] == ["c", "d"]
    host.stop()


def test_an_alert_that_breaks_a_batch_is_found_too(path):
    team = Receiver("team", lambda ids: TryLater("server_error") if "bad" in ids else Sent(), batch=10)
    host = Host(path, team)
    host.run(600, "a", "bad", "b")
    assert team.accepted == ["a", "b"]
    host.stop()


def test_a_dead_sink_delays_no_other(path):
    gate = threading.Event()
    dead = Receiver("dead", lambda _: gate.wait(PATIENCE_S) and Sent())
    well = Receiver("well")
    host = Host(path, dead, well)
    host.turn("a", "b", sinks=("dead", "well"))
    host.settle(but=("dead",))
    assert well.accepted == ["a", "b"]
    assert dead.accepted == []
    gate.set()
    host.settle()
    assert dead.accepted == ["a", "b"]
    host.stop()


def test_a_courier_that_hangs_for_minutes_is_replaced(path):
    begun, gate = threading.Event(), threading.Event()
    team = Receiver("team", lambda _: begun.set() or (gate.wait(PATIENCE_S) and TryLater("timeout")))
    host = Host(path, team)
    host.turn("a")
    assert begun.wait(PATIENCE_S)
    assert host.dispatcher.next_deadline_us(host.now_us) == NOON_US + STUCK_US
    host.now_us += STUCK_US
    team.answer = lambda _: Sent()
    host.turn()
    assert host.store.channels["team"].last_error == "timeout: no answer in 5 min"
    host.run(10)
    assert team.accepted == ["a"]
    gate.set()
    host.stop()


def test_a_revoked_token_holds_the_channel_and_a_new_one_frees_it(path):
    team = Receiver("team", lambda _: Refused("authentication", "401", pause=True))
    host = Host(path, team)
    host.run(3600, "a", "b")
    assert team.attempts == [["a"]] * 3
    assert host.happenings.count("channel_held") == 3
    team.answer = lambda _: Sent()
    host.dispatcher.release()
    host.run(1)
    assert team.accepted == ["a", "b"]
    assert "channel_back" in host.happenings
    host.stop()


def test_after_three_days_without_a_network_alerts_are_given_up_together(path):
    team = Receiver("team", lambda _: TryLater("network", "no route"))
    host = Host(path, team)
    host.run(2 * 86_400, "old-1", "old-2")
    host.run(86_400 + 1200, "young")
    assert [letter.alert_id for letter in host.store.dead_letters()] == ["old-2", "old-1"]
    assert [one.alerts for one in host.told if one.name == "delivery_given_up"] == [2]
    assert host.store.health()["team"].queued == 1
    host.stop()


def test_a_clock_that_jumps_ahead_gives_up_nothing_that_can_be_delivered(path):
    team = Receiver("team", scripted(TryLater("network")))
    host = Host(path, team)
    host.run(1, "a", "b")
    host.now_us += 365 * DAY_US
    host.run(1)
    assert team.accepted == ["a", "b"]
    host.stop()


def test_a_clock_that_is_set_back_makes_no_wait_longer(path):
    team = Receiver("team", scripted(TryLater("rate_limited", after_s=60, pause=True)))
    host = Host(path, team)
    host.run(1, "a")
    assert team.accepted == []
    host.now_us -= 3000 * SECOND_US
    host.run(1)
    assert team.accepted == ["a"]
    host.stop()


def test_waits_survive_a_restart(path):
    host = Host(path, Receiver("team", lambda _: TryLater("rate_limited", after_s=100, pause=True)))
    host.run(1, "a")
    host.stop()
    team = Receiver("team")
    again = Host(path, team)
    again.run(90)
    assert team.attempts == []
    again.run(20)
    assert team.accepted == ["a"]
    again.stop()


def test_what_was_under_way_when_the_daemon_died_is_delivered_by_the_next_one(path):
    gate = threading.Event()
    host = Host(path, Receiver("team", lambda _: gate.wait(PATIENCE_S) and Sent()))
    host.turn("a")
    team = Receiver("team")
    again = Host(path, team)
    again.run(1)
    assert team.accepted == ["a"]
    gate.set()
    again.stop()


def test_happenings_are_counted(path):
    host = Host(path, Receiver("team", scripted(TryLater("network"), Refused("client_error"))))
    host.run(60, "a", "b")
    host.turn()
    assert host.store.counters == {
        "channel_back:team": 1,
        "channel_held:team:network": 1,
        "delivered:team": 1,
        "delivery_failed:team:network": 1,
        "delivery_given_up:team:client_error": 1,
    }
    assert host.happenings == ["delivery_failed", "channel_held", "delivery_given_up", "channel_back", "delivered"]
    host.stop()
