"""The loop against real signals, threads and descriptors."""

import os
import resource
import signal
import threading
import time
from contextlib import closing

import pytest

from pamsignal.runtime.loop import Loop, Wake, monotonic_us, realtime_us, utc_text
from tests.harness.waiting import PATIENCE_S


@pytest.fixture
def loop():
    with closing(Loop()) as made:
        yield made


def test_nothing_happening_is_an_empty_wake(loop):
    assert loop.wait(0) == Wake()
    assert loop.wait(0.01) == Wake()


@pytest.mark.parametrize(
    ("number", "asked"),
    [(signal.SIGTERM, "stop"), (signal.SIGINT, "stop"), (signal.SIGHUP, "reload"), (signal.SIGUSR1, "report")],
)
def test_a_signal_is_a_value_and_comes_once(loop, number, asked):
    os.kill(os.getpid(), number)

    wake = loop.wait(PATIENCE_S)

    assert {name: getattr(wake, name) for name in ("stop", "reload", "report")} == {
        name: name == asked for name in ("stop", "reload", "report")
    }
    assert wake.signals == {number}
    assert loop.wait(0) == Wake()


def test_a_signal_interrupts_the_waiting(loop):
    sender = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGHUP))
    sender.start()

    assert loop.wait(PATIENCE_S).reload
    sender.join()


def test_a_thread_wakes_the_loop(loop):
    courier = threading.Thread(target=loop.wake)
    courier.start()

    assert loop.wait(PATIENCE_S) == Wake(woken=True)
    courier.join()
    assert loop.wait(0) == Wake()


def test_a_full_pipe_neither_blocks_a_courier_nor_loses_a_signal(loop):
    for _ in range(100_000):
        loop.wake()
    os.kill(os.getpid(), signal.SIGTERM)

    wake = loop.wait(0)

    assert (wake.stop, wake.woken) == (True, True)
    assert loop.wait(0) == Wake()


def test_the_journals_descriptor_wakes_the_loop_until_another_takes_its_place(loop):
    first, second = os.pipe(), os.pipe()
    os.write(first[1], b"x")
    loop.watch(first[0])
    loop.watch(first[0])
    ready = loop.wait(PATIENCE_S)
    loop.watch(second[0])
    quiet = loop.wait(0)
    loop.watch(-1)
    os.write(second[1], b"x")

    assert (ready, quiet, loop.wait(0)) == (Wake(journal_ready=True), Wake(), Wake())
    for end in (*first, *second):
        os.close(end)


def test_a_descriptor_opened_again_under_the_same_number_is_watched(loop):
    read_end, write_end = os.pipe()
    loop.watch(read_end)
    os.close(read_end)
    os.close(write_end)
    again, other = os.pipe()
    os.dup2(again, read_end)
    os.write(other, b"x")
    loop.watch(read_end)

    assert loop.wait(PATIENCE_S).journal_ready
    for end in {again, other, read_end}:
        os.close(end)


def test_descriptors_past_1023_work(loop):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    read_end, write_end = os.pipe()
    high = os.dup2(read_end, 1500)
    os.write(write_end, b"x")
    loop.watch(high)

    assert loop.wait(PATIENCE_S).journal_ready
    loop.watch(-1)
    for end in (read_end, write_end, high):
        os.close(end)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_closing_gives_the_signals_back():
    before = signal.getsignal(signal.SIGINT)
    Loop().close()

    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_the_clocks_count_microseconds():
    for of_the_loop, of_the_kernel in ((realtime_us, time.CLOCK_REALTIME), (monotonic_us, time.CLOCK_MONOTONIC)):
        before_us = time.clock_gettime_ns(of_the_kernel) // 1000
        assert before_us <= of_the_loop() <= time.clock_gettime_ns(of_the_kernel) // 1000
    assert utc_text(0) == "1970-01-01T00:00:00Z"
