"""An alert must come out of the store as it went in."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.correlate import OpenSession
from pamsignal.deliver import codec
from pamsignal.model import Alert, Endpoint, Wording
from pamsignal.terms import Severity
from tests.builders import a_finding, a_login, an_alert, an_endpoint

# Low surrogates are what surrogateescape makes of bytes that are not UTF-8.
texts = st.text(st.characters(blacklist_categories=("Cs",)) | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF))


def values_of(hint):
    if hint is str:
        return texts
    if hasattr(hint, "_fields"):
        return every_field_of(hint)
    if get_origin(hint) is Union:
        return st.one_of(*map(values_of, get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(texts, max_size=3).map(tuple)
    return st.from_type(hint)


def every_field_of(noun):
    return st.builds(noun, **{name: values_of(hint) for name, hint in get_type_hints(noun).items()})


@given(every_field_of(Alert))
def test_every_alert_comes_back_as_it_was(alert):
    alert = alert._replace(wording=Wording())  # set on the way into a sink, never stored
    text = codec.dump(alert)
    assert codec.load(text) == alert
    assert [type(value) for value in codec.load(text)] == [type(value) for value in alert]


@given(every_field_of(Alert))
def test_the_text_is_one_line_of_ascii(alert):
    text = codec.dump(alert)
    assert text.isascii()
    assert "\n" not in text


def test_an_address_with_a_zone_comes_back():
    alert = an_alert(subject=a_login(source=Endpoint(ip_address("fe80::1%eth0"), 22)))
    assert codec.load(codec.dump(alert)).subject.source.ip == ip_address("fe80::1%eth0")


def test_keys_of_a_later_version_are_skipped():
    document = json.loads(codec.dump(an_alert(subject=a_finding())))
    document["invented_later"] = {"a": 1}
    document["subject"]["mood"] = "bad"
    assert codec.load(json.dumps(document)) == an_alert(subject=a_finding())


def test_a_field_added_since_then_has_its_default():
    document = json.loads(codec.dump(an_alert()))
    del document["late"], document["subject"]["attempts"]
    assert codec.load(json.dumps(document)) == an_alert()


def test_unknown_is_left_out():
    assert "tty" not in json.loads(codec.dump(an_alert()))["subject"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "{}",
        '{"v":1}',
        '{"v":"1","is":"AuthEvent","subject":{}}',
        '{"v":2,"is":"AuthEvent","subject":{}}',
        '{"v":1,"is":"Rumour","subject":{}}',
        '{"v":1,"is":"AuthEvent","subject":{"action":"levitation"}}',
        '{"v":1,"is":"AuthEvent","subject":{}}',
        '{"v":1,"is":"AuthEvent","subject":{"source":{"ip":"1.2.3"}}}',
        "[" * 100_000,
    ],
)
def test_what_is_not_an_alert_of_ours_is_a_value_error(text):
    with pytest.raises(ValueError):
        codec.load(text)


def test_the_error_does_not_repeat_the_text():
    with pytest.raises(ValueError) as caught:
        codec.load('{"v":1,"is":"AuthEvent","subject":"hunter2"}')
    assert "hunter2" not in str(caught.value)


def test_a_severity_is_a_severity_again():
    assert codec.load(codec.dump(an_alert(severity=Severity.CRITICAL))).severity is Severity.CRITICAL


def test_an_open_session_comes_back_as_it_was():
    session = OpenSession("boot/139", 7, "sshd", "alice", "root", an_endpoint("2001:db8::9"), "pts/0", "c4")
    assert codec.load_session(codec.dump_session(session)) == session


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"key":1,"opened_us":1,"service":"x","source":{"ip":"nowhere"}}']
)
def test_what_is_no_session_is_refused_by_name(text):
    with pytest.raises(ValueError):
        codec.load_session(text)
