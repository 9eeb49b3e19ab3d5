"""Log lines: one line each, whatever the values are."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.runtime.log import VALUE_CAP, Form, Level, Log, form_of, line_of
from pamsignal.secret import Secret
from tests.builders import NOON_US

FORMS = st.sampled_from(Form)


def a_line(form=Form.JOURNAL, level=Level.WARNING, message="Delivery failed", **fields):
    return line_of(form, level, NOON_US, message, fields)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Form.JOURNAL, "<4>Delivery failed sink=slack\n"),
        (Form.PLAIN, "2026-11-23T12:00:00Z warning: Delivery failed sink=slack\n"),
        (Form.TERMINAL, "\x1b[33mwarning: Delivery failed sink=slack\x1b[0m\n"),
    ],
)
def test_each_reader_gets_the_form_that_suits(form, expected):
    assert a_line(form, sink="slack") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "x=5"),
        (1.5, "x=1.5"),
        (True, "x=True"),
        ("", 'x=""'),
        ("two words", 'x="two words"'),
        ('say "a"=b', 'x="say \\"a\\"=b"'),
        ("back\\slash", "x=back\\\\slash"),
        ("line\nend", "x=line\\nend"),
        ("\x1b[2Jclear", "x=\\x1b[2Jclear"),
        ("\u202eright to left", 'x="\\u202eright to left"'),
        ("\ud800", "x=\\ud800"),
        ("ünïcode", "x=ünïcode"),
        ("y" * 999, "x=" + "y" * VALUE_CAP + "…"),
        (Secret("hunter2"), "x=***"),
        ([Secret("hunter2")], "x=[Secret(***)]"),
    ],
)
def test_a_value_is_written_so_that_it_can_be_read_and_do_no_harm(value, expected):
    assert a_line(message="m", x=value) == f"<4>m {expected}\n"


def test_an_unknown_value_is_left_out():
    assert a_line(message="m", x=None) == "<4>m\n"


@given(FORMS, st.text(), st.text())
def test_any_text_stays_on_one_line_without_control_characters(form, message, value):
    line = line_of(form, Level.INFO, NOON_US, message, {"x": value})

    assert line.endswith("\n")
    assert line[:-1].isprintable()
    line.encode()


def test_only_lines_loud_enough_are_written(written):
    log = Log(level=Level.NOTICE, form=Form.JOURNAL, fileno=written.fileno)
    log.debug("debug")
    log.info("info")
    log.notice("notice")
    log.warning("warning")
    log.error("error")

    assert written.text() == "<5>notice\n<4>warning\n<3>error\n"


def test_a_log_that_cannot_be_written_stops_nobody():
    read_end, write_end = os.pipe()
    os.close(read_end)
    Log(fileno=write_end).error("nobody reads this")
    os.close(write_end)

    Log(fileno=write_end).error("nor this")


def test_the_form_is_the_journals_only_if_the_descriptor_leads_there(tmp_path):
    with (tmp_path / "log").open("wb") as stream:
        status = os.fstat(stream.fileno())
        here = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}

        assert form_of(stream.fileno(), here) is Form.JOURNAL
        assert form_of(stream.fileno(), {"JOURNAL_STREAM": "1:2"}) is Form.PLAIN


def test_a_terminal_is_told_from_a_file_unless_colour_is_unwanted():
    controller, terminal = os.openpty()

    forms = form_of(terminal, {}), form_of(terminal, {"NO_COLOR": "1"}), form_of(987, {})

    os.close(controller)
    os.close(terminal)
    assert forms == (Form.TERMINAL, Form.PLAIN, Form.PLAIN)


class Written:
    def __init__(self, path):
        self._path = path
        self.fileno = os.open(path, os.O_WRONLY | os.O_CREAT)

    def text(self):
        return self._path.read_text()


@pytest.fixture
def written(tmp_path):
    log_file = Written(tmp_path / "log")
    yield log_file
    os.close(log_file.fileno)
