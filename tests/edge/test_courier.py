"""Couriers, with real threads: a sink that hangs, raises or kills its thread harms nobody else."""

from __future__ import annotations

import threading

import pytest

from pamsignal.deliver.courier import MAX_ABANDONED, Courier, stop_all
from pamsignal.model import Refused, Sent, TryLater
from tests.builders import an_alert
from tests.harness.waiting import PATIENCE_S


class ASink:
    """A sink that does what it is told, and says when it begins."""

    batch = 1

    def __init__(self, act=Sent, name="team"):
        self.name = name
        self.act = act
        self.begun = threading.Semaphore(0)
        self.got = []

    def deliver(self, alerts):
        self.got.append(alerts)
        self.begun.release()
        return self.act()


class Bell:
    """What a courier rings to wake the loop."""

    def __init__(self):
        self._rung = threading.Semaphore(0)

    def __call__(self):
        self._rung.release()

    def heard(self):
        return self._rung.acquire(timeout=PATIENCE_S)


@pytest.fixture
def bell():
    return Bell()


@pytest.fixture
def gate():
    opened = threading.Event()
    yield opened
    opened.set()


def hanging(gate):
    def act():
        gate.wait(PATIENCE_S)
        return Sent()

    return ASink(act)


def explode():
    raise KeyError("token=hunter2")


def die():
    raise SystemExit


def alerts(*ids):
    return [an_alert(id=alert_id) for alert_id in ids]


@pytest.mark.parametrize("answer", [Sent(), Refused("client_error", "400"), TryLater("network", after_s=3.0)])
def test_the_answer_comes_back_with_the_ids_once(bell, answer):
    courier = Courier(ASink(lambda: answer), bell)
    assert courier.offer(alerts("a", "b"))
    assert bell.heard()
    assert courier.collect() == ("team", ("a", "b"), answer)
    assert courier.collect() is None
    assert courier.stop(PATIENCE_S)


def test_without_a_load_there_is_nothing_to_collect_and_no_thread(bell):
    before = set(threading.enumerate())
    courier = Courier(ASink(), bell)
    assert courier.collect() is None
    assert courier.stop(0)
    assert set(threading.enumerate()) <= before  # others of earlier tests may end meanwhile


def test_a_busy_courier_takes_no_second_load_and_blocks_nobody(bell, gate):
    sink = hanging(gate)
    courier = Courier(sink, bell)
    assert courier.offer(alerts("a"))
    assert sink.begun.acquire(timeout=PATIENCE_S)
    assert courier.is_busy
    assert not courier.offer(alerts("b"))
    assert courier.collect() is None
    gate.set()
    assert bell.heard()
    assert not courier.offer(alerts("b"))  # not before the first is collected
    assert courier.collect().alert_ids == ("a",)
    assert courier.offer(alerts("b"))
    assert bell.heard()
    assert courier.collect().alert_ids == ("b",)
    assert courier.stop(PATIENCE_S)


def test_a_bug_in_a_sink_is_a_later_try_that_tells_no_secret(bell):
    courier = Courier(ASink(explode), bell)
    for _ in range(2):
        assert courier.offer(alerts("a"))
        assert bell.heard()
        assert courier.collect().result == TryLater("bug", "KeyError")
    assert courier.stop(PATIENCE_S)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_courier_that_dies_is_noticed_at_once_and_replaced(bell):
    sink = ASink(die)
    courier = Courier(sink, bell)
    assert courier.offer(alerts("a"))
    assert bell.heard()
    courier._thread.join(PATIENCE_S)
    assert courier.collect().result == TryLater("bug", "the courier ended")
    sink.act = Sent
    assert courier.offer(alerts("a"))
    assert bell.heard()
    assert courier.collect().result == Sent()
    assert courier.stop(PATIENCE_S)


def test_stop_lets_a_load_end_and_its_answer_is_still_there(bell, gate):
    courier = Courier(hanging(gate), bell)
    courier.offer(alerts("a"))
    threading.Timer(0.05, gate.set).start()
    assert courier.stop(PATIENCE_S)
    assert courier.collect().result == Sent()


def test_stop_gives_up_on_one_that_hangs(bell, gate):
    hung, quick = Courier(hanging(gate), bell), Courier(ASink(name="quick"), bell)
    hung.offer(alerts("a"))
    quick.offer(alerts("b"))
    assert bell.heard()
    assert not stop_all([hung, quick], 0.2)
    assert hung.collect() is None
    assert quick.collect().result == Sent()
    assert hung._thread.daemon


def test_a_hanging_thread_can_be_left_behind_but_not_without_end(bell, gate):
    sink = hanging(gate)
    courier = Courier(sink, bell)
    for _ in range(MAX_ABANDONED):
        assert courier.offer(alerts("a"))
        assert sink.begun.acquire(timeout=PATIENCE_S)
        assert courier.abandon()
        assert not courier.is_busy
    assert courier.offer(alerts("b"))
    assert not courier.abandon()
    gate.set()
    assert bell.heard()


def test_what_a_thread_left_behind_brings_late_is_nobodys(bell, gate):
    sink = hanging(gate)
    courier = Courier(sink, bell)
    courier.offer(alerts("a"))
    assert sink.begun.acquire(timeout=PATIENCE_S)
    left_behind = courier._thread
    courier.abandon()
    gate.set()
    left_behind.join(PATIENCE_S)
    assert courier.collect() is None
    sink.act = lambda: Refused("gone")
    courier.offer(alerts("b"))
    courier._thread.join(0.01)
    while (delivered := courier.collect()) is None:
        assert bell.heard()
    assert delivered == ("team", ("b",), Refused("gone"))


def test_where_no_thread_can_be_started_it_is_a_later_try(bell, monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    courier = Courier(ASink(), bell)
    assert courier.offer(alerts("a"))
    assert bell.heard()
    assert courier.collect().result == TryLater("bug", "RuntimeError at the start of a thread")
