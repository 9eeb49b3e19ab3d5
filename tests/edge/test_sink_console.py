"""The console, on a real pseudo-terminal and on files."""

from __future__ import annotations

import io
import os

import pytest

from pamsignal.deliver.sinks import console
from pamsignal.model import Refused, Sent
from pamsignal.terms import Severity
from tests.builders import an_alert
from tests.unit.render.cases import CASES


def printed(alert, encoding="utf-8", color="never"):
    octets = io.BytesIO()
    stream = io.TextIOWrapper(octets, encoding=encoding)
    assert console.build("c", console.Settings(color), stream).deliver([alert]) == Sent()
    return octets.getvalue()


@pytest.mark.parametrize(
    ("choice", "environment", "is_terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"CLICOLOR_FORCE": "1"}, True, False),
    ],
)
def test_color_follows_the_settings_then_the_environment_then_the_terminal(choice, environment, is_terminal, wanted):
    assert console.wants_color(choice, environment, is_terminal=is_terminal) is wanted


def test_on_a_terminal_the_headline_is_in_color(monkeypatch):
    for name in ("NO_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    leader, follower = os.openpty()
    with os.fdopen(follower, "w") as stream:
        console.build("c", console.Settings(), stream).deliver([an_alert(severity=Severity.CRITICAL)])
        shown = os.read(leader, 65536)
    os.close(leader)
    assert shown.startswith(b"\x1b[1;31m2026-11-23 12:00:00 +00:00 CRITICAL Login: alice")
    assert b"on web-01\x1b[0m\r\n" in shown


def test_hostile_text_sends_nothing_to_the_terminal():
    shown = printed(CASES["hostile_login"]).decode()
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "\\x1b[31mred" in shown


def test_a_terminal_without_unicode_gets_spellings():
    assert b"\\u201c" in printed(CASES["hostile_login"], encoding="ascii")


def test_a_closed_output_is_refused_and_not_raised():
    stream = io.StringIO()
    sink = console.build("c", console.Settings(), stream)
    stream.close()
    assert sink.deliver([an_alert()]) == Refused("gone", "the output is closed", pause=True)


def test_a_broken_pipe_is_refused_and_not_raised():
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")
    assert isinstance(console.build("c", console.Settings(), stream).deliver([an_alert()]), Refused)
    with pytest.raises(BrokenPipeError):
        stream.close()
