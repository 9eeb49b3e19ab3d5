"""What stands in a record: true, canonical, and the same noun when it is read again."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings

from pamsignal.audit.chain import NO_RECORD, link_of, linked
from pamsignal.audit.record import Seen, _packed_noun, alert_body, body, event_body, subject_of
from pamsignal.model import NO_CONTEXT, Context, Endpoint
from tests.builders import a_finding, a_login, an_alert, an_event
from tests.unit.audit.nouns import ALERTS, CONTEXTS, EVENTS


def line_of(text):
    lines, _ = linked(NO_RECORD, [text])
    assert lines.count(b"\n") == 1
    return lines[:-1]


def fit(value):
    """The noun as UTF-8 can hold it."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, tuple):
        return type(value)(*map(fit, value)) if hasattr(value, "_fields") else tuple(map(fit, value))
    return value


def canonical(line):
    """RFC 8785, for keys in ASCII and without floats, by another way: read it, and write it again."""
    return json.dumps(json.loads(line), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_an_event_is_an_object_of_what_is_known_with_sorted_keys():
    assert event_body(an_event()) == (
        '{"event":{"action":"login_failure","hostname":"web-01","id":"00000000000000000000000000000000",'
        '"method":"password","outcome":"failure","pid":4711,"provenance":"verified","service":"sshd",'
        '"source":{"ip":"203.0.113.9","port":50022},"time_us":1795435200000000,"user":"root"},'
    )


def test_a_source_without_an_address_keeps_its_name():
    assert '"source":{"host":"gate.example.org"}' in event_body(an_event(source=Endpoint(host="gate.example.org")))


@given(EVENTS, CONTEXTS)
@settings(deadline=None, max_examples=60)
def test_an_event_written_by_hand_is_what_json_makes_of_it(event, context):
    document = _packed_noun(event)
    if context != NO_CONTEXT:
        document["context"] = _packed_noun(context)
    assert event_body(event, context) == body("event", document)


@given(EVENTS, CONTEXTS)
@settings(deadline=None, max_examples=60)
def test_an_event_comes_back_as_it_was_whatever_somebody_called_themselves(event, context):
    line = line_of(event_body(event, context))
    assert subject_of(json.loads(line)) == Seen(fit(event), fit(context))


@given(ALERTS)
@settings(deadline=None, max_examples=60)
def test_an_alert_comes_back_as_it_was(alert):
    line = line_of(alert_body(alert))
    assert subject_of(json.loads(line)) == fit(alert)


@given(ALERTS, EVENTS)
@settings(deadline=None, max_examples=60)
def test_a_line_is_canonical_json_and_says_its_place(alert, event):
    lines, head = linked(NO_RECORD, [event_body(event), alert_body(alert)])
    for line in lines.split(b"\n")[:-1]:
        assert canonical(line) == line
    assert link_of(lines.split(b"\n")[1]).head == head


def test_a_name_of_64_kb_is_one_line():
    name = "\u2028\n" * 32_000
    assert subject_of(json.loads(line_of(event_body(an_event(user=name))))).event.user == name


def test_what_the_trail_says_about_itself_is_no_subject():
    assert subject_of({"genesis": {"format": 1}}) is None


def test_a_context_is_written_only_where_something_was_looked_up():
    assert "context" not in event_body(a_login(), Context())
    assert '"context":{"country":"NL"}' in event_body(a_login(), Context(country="NL"))


def test_an_alert_names_what_it_is_about():
    assert alert_body(an_alert()).startswith('{"alert":{"event":{"action":"login_success"')
    assert '"finding":{"attempts":12' in alert_body(an_alert(subject=a_finding()))


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": {"a": 1}},
        {"user": [1]},
        {"user": 7},
        {"time_us": "7"},
        {"attempts": "5"},
        {"attempts": True},
        {"known_account": 1},
        {"hostname": ["web-01"]},
        {"source": {"host": 7}},
        {"source": {"ip": []}},
        {"context": {"country": ["NL"]}},
        {"context": 7},
    ],
)
def test_a_record_with_a_value_of_another_kind_is_no_record_of_ours(wrong):
    document = json.loads(line_of(event_body(a_login())))
    document["event"].update(wrong)
    with pytest.raises(ValueError, match=r"no record of pamsignal|does not appear to be"):
        subject_of(document)


def test_a_finding_with_a_list_of_other_things_is_no_record_of_ours():
    document = json.loads(line_of(alert_body(an_alert(subject=a_finding()))))
    for wrong in ([7], "root", {"root": 1}):
        document["alert"]["finding"]["users"] = wrong
        with pytest.raises(ValueError, match="no record of pamsignal"):
            subject_of(document)
