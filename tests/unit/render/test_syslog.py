"""Frames of syslog, byte by byte."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal import __version__
from pamsignal.render import syslog
from pamsignal.render.clipped import clipped
from pamsignal.terms import Severity
from tests.builders import a_finding, a_login, an_alert
from tests.unit.render.cases import CASES

SENDER = syslog.Sender("web-02", 4711, 10)
HEADER = re.compile(
    r"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) pamsignal (\d{1,128}) ([!-~]{1,32}) "
    r'(?:\[[a-zA-Z]+( [a-zA-Z]+="[^"\\\]]*")+\])+ '
)


def test_the_header_is_that_of_rfc_5424():
    assert syslog.header_5424(an_alert(), SENDER, 7) == (
        "<85>1 2026-11-23T12:00:00.000Z web-01 pamsignal 4711 login_success "
        f'[timeQuality tzKnown="1"][origin software="pamsignal" swVersion="{__version__}"][meta sequenceId="7"] '
    )


def test_the_older_header_has_local_time_with_a_blank_before_a_short_day():
    assert syslog.header_3164(an_alert(), SENDER, (2, 3, 4, 5, 6)) == "<85>Feb  3 04:05:06 web-01 pamsignal[4711]: "


@pytest.mark.parametrize(
    ("severity", "number"), [(Severity.INFO, 6), (Severity.NOTICE, 5), (Severity.WARNING, 4), (Severity.CRITICAL, 1)]
)
def test_a_priority_is_facility_and_severity(severity, number):
    alert = an_alert(severity=severity)
    for facility in syslog.FACILITIES.values():
        assert syslog.header_5424(alert, SENDER._replace(facility=facility), 1).startswith(
            f"<{facility * 8 + number}>1 "
        )


@pytest.mark.parametrize(
    ("name", "shown"), [(None, "web-02"), ("2001:db8::1", "-"), ("a b]\n<1>", "a?b]?<1>"), ("", "web-02"), ("ä", "?")]
)
def test_no_name_of_a_host_breaks_the_header(name, shown):
    header = syslog.header_5424(an_alert(subject=a_login(hostname=name)), SENDER, 1)
    assert header.split(" ")[2] == shown


@given(st.text(max_size=400), st.text(max_size=80))
def test_whatever_host_and_rule_are_called_the_header_keeps_its_shape(hostname, rule):
    alert = an_alert(subject=a_login(hostname=hostname), rule=rule)
    assert HEADER.fullmatch(syslog.header_5424(alert, SENDER, syslog.LAST_SEQUENCE))


def test_after_the_last_number_comes_the_first():
    assert syslog.next_sequence(1) == 2
    assert syslog.next_sequence(2_147_483_647) == 1


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_counted_messages_come_apart_again(messages):
    stream, found = b"".join(map(syslog.counted, messages)), []
    while stream:
        length, _, stream = stream.partition(b" ")
        found.append(stream[: int(length)])
        stream = stream[int(length) :]
    assert found == messages


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_lines_come_apart_again_whatever_is_in_them(messages):
    stream = b"".join(map(syslog.ended, messages))
    assert stream.split(b"\n")[:-1] == [message.replace(b"\n", b" ") for message in messages]


@given(st.text(), st.integers(0, 100))
def test_a_cut_never_leaves_half_a_character(text, limit):
    cut = syslog.cut(text.encode("utf-8", "replace"), limit)
    assert len(cut) <= limit
    cut.decode()


@pytest.mark.parametrize("limit", [16, 64, 10_000])
@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_clipping_keeps_what_is_short_and_every_fact_that_is_no_text(alert, limit):
    short = clipped(alert, limit)
    assert short._replace(subject=alert.subject, context=alert.context) == alert
    if limit == 10_000 and all(len(text) < limit for text in map(str, alert.subject)):
        assert short == alert


def test_what_is_clipped():
    login = clipped(an_alert(subject=a_login(user="a" * 99, command="b" * 99, reason="c" * 99)), 16).subject
    assert (login.user, login.command, login.reason) == ("a" * 16, "b" * 16, "c" * 16)
    users = tuple(f"{number:099}" for number in range(50))
    finding = clipped(an_alert(subject=a_finding(key="2001:db8::/64", note="n" * 99, users=users)), 16).subject
    assert (finding.key, finding.note, len(finding.users)) == ("2001:db8::/64", "n" * 16, 16)
    assert {len(user) for user in finding.users} == {16}
