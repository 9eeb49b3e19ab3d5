from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.model import Alert, AuthEvent, Context, Endpoint, Finding, Key, Wording
from pamsignal.render import ecs
from pamsignal.terms import Action, Severity
from tests.builders import NOON_US, a_finding, a_login, an_alert, an_endpoint, an_event
from tests.unit.render.cases import CASES

texts = st.one_of(st.none(), st.just(""), st.text(st.characters(), max_size=30))
numbers = st.one_of(st.none(), st.integers(0, 65535))
times = st.integers(0, 4_000_000_000_000_000)
endpoints = st.builds(Endpoint, ip=st.one_of(st.none(), st.ip_addresses()), port=numbers, host=texts)
contexts = st.builds(Context, texts, texts, numbers, texts, texts, endpoints)
keys = st.builds(Key, st.text(), st.text(), texts, texts, texts)
names = st.lists(st.text(max_size=9), max_size=30).map(tuple)
events = st.builds(
    AuthEvent,
    id=st.text(),
    time_us=times,
    hostname=texts,
    service=st.text(),
    action=st.sampled_from(Action),
    user=texts,
    target_user=texts,
    user_id=numbers,
    source=endpoints,
    destination=st.one_of(st.none(), endpoints),
    key=st.one_of(st.none(), keys),
    reason=texts,
    command=texts,
    pid=numbers,
    duration_us=st.one_of(st.none(), times),
)
findings = st.builds(
    Finding,
    rule=st.sampled_from(["brute_force", "journal_gap", "x"]),
    key=st.text(),
    time_us=times,
    hostname=texts,
    attempts=st.integers(0, 9),
    users=names,
    user_total=st.integers(0, 99),
    sources=names,
    note=texts,
    event=st.one_of(st.none(), events),
)
alerts = st.builds(
    Alert,
    id=st.text(),
    time_us=times,
    severity=st.sampled_from(Severity),
    rule=st.text(),
    subject=st.one_of(events, findings),
    context=contexts,
    suppressed=st.integers(0, 9),
)


def values_of(node, path=""):
    yield path, node
    for name, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from values_of(value, f"{path}.{name}")


@given(alerts)
def test_no_document_has_an_empty_value_anywhere(alert):
    subject = alert.subject
    documents = [ecs.alert_document(alert)]
    if isinstance(subject, AuthEvent):
        documents.append(ecs.event_document(subject, alert.context, host_id=""))
    for document in documents:
        for path, value in values_of(document):
            assert value not in (None, "", [], {}), path
            assert not (path.endswith(".port") and value == 0)


@given(alerts)
def test_a_json_line_is_one_line_of_ascii_and_reads_back(alert):
    document = ecs.alert_document(alert._replace(wording=Wording()))  # what check-config refuses never comes here
    line = ecs.to_json_line(document)
    assert line.isascii()
    assert line.isprintable() or "\x7f" in line
    assert len(line.splitlines()) == 1
    assert json.loads(line) == document
    json.dumps(document, ensure_ascii=False).encode()


def test_the_true_name_stands_in_the_document_and_only_the_message_is_made_for_eyes():
    name = "\u202ealice\n"
    document = ecs.alert_document(an_alert(subject=a_login(user=name)))
    assert document["user"]["name"] == name
    assert document["message"] == "Login: “\\u202ealice\\x0a” from 203.0.113.9 by publickey on web-01"


def test_a_name_that_was_no_utf_8_is_still_encoded():
    assert ecs.event_document(an_event(user="a\udcff"))["user"]["name"] == "a\ufffd"


def test_a_name_of_64_kb_is_cut_to_what_ecs_indexes():
    name = ecs.event_document(an_event(user="x" * 65536))["user"]["name"]
    assert len(name) == ecs.TEXT_LIMIT
    assert name.endswith("x…")


def test_every_action_has_a_category_and_a_type():
    for action in Action:
        event = ecs.event_document(an_event(action=action))["event"]
        assert event["category"]
        assert event["type"]


@pytest.mark.parametrize(
    ("action", "category", "types"),
    [
        (Action.LOGIN_SUCCESS, ["authentication"], ["start"]),
        (Action.LOGIN_DENIED, ["authentication"], ["start"]),
        (Action.SESSION_OPENED, ["session"], ["start"]),
        (Action.SESSION_CLOSED, ["session"], ["end"]),
        (Action.ELEVATION_FAILURE, ["authentication"], ["start"]),
        (Action.ACCOUNT_CREATED, ["iam"], ["creation", "user"]),
        (Action.ACCOUNT_DELETED, ["iam"], ["deletion", "user"]),
        (Action.ACCOUNT_GROUP_ADDED, ["iam"], ["change", "group"]),
    ],
)
def test_an_action_is_classified_as_ecs_allows(action, category, types):
    event = ecs.event_document(an_event(action=action))["event"]
    assert (event["kind"], event["category"], event["type"]) == ("event", category, types)


def test_a_finding_is_an_alert_about_authentication_and_intrusion():
    document = ecs.alert_document(an_alert(subject=a_finding()))
    assert document["event"]["kind"] == "alert"
    assert document["event"]["category"] == ["authentication", "intrusion_detection"]
    assert document["event"]["outcome"] == "failure"
    assert document["rule"]["name"] == "brute_force"
    assert document["threat"]["technique"]["id"] == ["T1110.001"]
    assert document["source"] == {"ip": "203.0.113.9", "address": "203.0.113.9"}


def test_a_login_after_failures_did_succeed():
    document = ecs.alert_document(CASES["success_after_failures"])
    assert document["event"]["outcome"] == "success"
    assert document["user"]["name"] == "root"


def test_a_finding_about_our_own_sight_has_no_outcome():
    assert "outcome" not in ecs.alert_document(CASES["journal_gap"])["event"]


def test_a_network_is_an_address_but_not_an_ip():
    assert ecs.alert_document(CASES["network"])["source"] == {"address": "203.0.113.0/24"}


@pytest.mark.parametrize("key", ["root", "1000", "dead", "no/slash", ""])
def test_a_key_that_is_no_address_is_no_source(key):
    finding = a_finding(key=key, sources=(), source_total=0)
    assert "source" not in ecs.alert_document(an_alert(subject=finding))


def test_duration_is_in_nanoseconds_and_the_start_is_given():
    event = ecs.event_document(a_login(action=Action.SESSION_CLOSED, duration_us=5))["event"]
    assert event["duration"] == 5000
    assert event["start"] == "2026-11-23T11:59:59.999995Z"


def test_an_ipv6_zone_stands_in_the_address_but_not_in_the_ip():
    source = ecs.event_document(an_event(source=an_endpoint("fe80::1%eth0", 22)))["source"]
    assert (source["ip"], source["address"]) == ("fe80::1", "fe80::1%eth0")


def test_an_alert_keeps_the_id_of_its_event():
    document = ecs.alert_document(an_alert(id="b" * 32))
    assert document["event"]["id"] == "b" * 32
    assert document["pamsignal"]["event_id"] == "0" * 32


def test_the_actor_and_the_account_taken_over_are_told_apart():
    document = ecs.event_document(an_event(user="alice", target_user="root"))
    assert document["user"] == {"name": "alice", "target": {"name": "root"}, "effective": {"name": "root"}}
    assert document["related"]["user"] == ["alice", "root"]


def test_the_host_id_is_kept():
    assert ecs.event_document(an_event(time_us=NOON_US), host_id="abc")["host"]["id"] == "abc"


# Names of fields in ECS 9.4, of those field sets that are spoken here; `event.hash` and `event.sequence` are history's.
ECS_NAMES = frozenset(
    [
        "@timestamp",
        "message",
        "ecs.version",
        "event.action",
        "event.category",
        "event.dataset",
        "event.duration",
        "event.end",
        "event.hash",
        "event.id",
        "event.kind",
        "event.module",
        "event.outcome",
        "event.reason",
        "event.sequence",
        "event.severity",
        "event.start",
        "event.type",
        "user.name",
        "user.id",
        "user.target.name",
        "user.effective.name",
        "group.name",
        "source.address",
        "source.domain",
        "source.ip",
        "source.port",
        "source.as.number",
        "source.as.organization.name",
        "source.geo.city_name",
        "source.geo.continent_code",
        "source.geo.country_iso_code",
        "source.geo.country_name",
        "source.geo.location.lat",
        "source.geo.location.lon",
        "destination.address",
        "destination.domain",
        "destination.ip",
        "destination.port",
        "service.name",
        "process.name",
        "process.pid",
        "process.executable",
        "process.io.text",
        "process.io.total_bytes_captured",
        "process.io.type",
        "host.hostname",
        "host.id",
        "host.name",
        "cloud.instance.id",
        "cloud.provider",
        "cloud.region",
        "related.hosts",
        "related.ip",
        "related.user",
        "observer.product",
        "observer.vendor",
        "observer.version",
        "rule.name",
        "threat.framework",
        "threat.technique.id",
    ]
)


def names_in(document, before=""):
    for name, value in document.items():
        if isinstance(value, dict):
            yield from names_in(value, f"{before}{name}.")
        else:
            yield before + name


@pytest.mark.parametrize("alert", CASES.values(), ids=CASES.keys())
def test_every_field_is_one_of_ecs_or_stands_under_our_own_name(alert):
    found = set(names_in(ecs.alert_document(alert, host_id="0123456789abcdef")))
    event = getattr(alert.subject, "event", alert.subject)
    if event is not None:
        found |= set(names_in(ecs.event_document(event, alert.context)))
    assert {name for name in found - ECS_NAMES if not name.startswith("pamsignal.")} == set()
