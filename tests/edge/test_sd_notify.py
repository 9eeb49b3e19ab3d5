"""The notification protocol, seen from the other end of a real datagram socket."""

import os
import socket

import pytest

from pamsignal.runtime.sd_notify import Notifier
from tests.harness.waiting import PATIENCE_S

SECOND_US = 1_000_000


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """The service manager's socket, and how NOTIFY_SOCKET names it."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@pamsignal-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(name.replace("@", "\0"))
        receiver.settimeout(PATIENCE_S)
        yield receiver, name


def received(manager):
    return manager[0].recv(4096).decode()


def test_every_step_of_a_service_is_told(manager):
    notifier = Notifier(manager[1])
    steps = [
        (notifier.ready("watching"), "READY=1\nSTATUS=watching"),
        (notifier.reloading(123), "RELOADING=1\nMONOTONIC_USEC=123"),
        (notifier.status("lag 0 s"), "STATUS=lag 0 s"),
        (notifier.extend_timeout(SECOND_US), "EXTEND_TIMEOUT_USEC=1000000"),
        (notifier.failed("bad config", 22), "STATUS=bad config\nERRNO=22"),
        (notifier.stopping("bye"), "STOPPING=1\nSTATUS=bye"),
    ]

    assert all(sent for sent, _ in steps)
    assert [received(manager) for _ in steps] == [text for _, text in steps]


def test_a_status_cannot_begin_another_variable(manager):
    Notifier(manager[1]).status("user x\nREADY=1\x00\x1b" + "y" * 9999)

    text = received(manager)

    assert text.startswith("STATUS=user x READY=1  yyy")
    assert len(text) < 600


def test_the_environment_is_used_once_and_not_inherited(manager):
    environ = {"NOTIFY_SOCKET": manager[1], "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}

    notifier = Notifier.from_environment(environ)

    assert environ == {"HOME": "/"}
    assert notifier.watchdog_us == 30 * SECOND_US
    assert notifier.ready("")
    assert received(manager).startswith("READY=1")


@pytest.mark.parametrize(
    ("environ", "expected_us"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30_000_000),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_ours_only_if_it_waits_for_this_process(environ, expected_us):
    assert Notifier.from_environment(dict(environ)).watchdog_us == expected_us


def test_the_watchdog_is_fed_at_most_every_half_interval(manager):
    notifier = Notifier(manager[1], watchdog_us=10 * SECOND_US)

    fed = [notifier.feed_watchdog(second * SECOND_US) for second in (0, 1, 4, 5, 6, 9, 10, 30)]

    assert fed == [True, False, False, True, False, False, True, True]
    assert [received(manager) for _ in range(4)] == ["WATCHDOG=1"] * 4


def test_without_a_watchdog_nothing_is_fed(manager):
    assert not Notifier(manager[1]).feed_watchdog(0)


@pytest.mark.parametrize("address", [None, "", "/nowhere/notify", "@nobody-listens", "/" + "x" * 500])
def test_a_manager_that_is_away_stops_nobody(address):
    assert not Notifier(address, watchdog_us=1).ready("x")


def test_a_manager_that_no_longer_reads_does_not_hang_the_daemon(manager):
    notifier = Notifier(manager[1])
    sent = 0
    while sent < 10_000 and notifier.status("x"):
        sent += 1

    assert sent < 10_000
