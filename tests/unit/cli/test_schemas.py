"""The published schemas: they are Draft-07, name what the model names, and refuse what the contract refuses."""

import copy

import pytest

from pamsignal.cli.explain import explain, to_json
from pamsignal.render import ecs
from pamsignal.terms import Action
from tests.builders import a_finding, a_login, an_alert, an_event
from tests.harness.checkout import PROJECT
from tests.harness.command import json_lines, misfits, validator_of

NAMES = sorted(path.name.partition(".")[0] for path in (PROJECT / "pamsignal" / "cli" / "schemas").iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_of_draft_07(name):
    assert validator_of(name).schema["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_there_is_one_for_everything_that_prints_json():
    names = "check-config event explain geoip history memory report status support-dump verify"
    assert names.split() == NAMES


@pytest.mark.parametrize("action", Action)
def test_every_action_has_its_place(action):
    assert misfits("event", [ecs.event_document(an_event(action=action))]) == []


def test_alerts_about_events_and_findings_have_their_place():
    subjects = (a_login(), a_finding(), a_finding(event=a_login()))
    assert misfits("event", [ecs.alert_document(an_alert(subject=subject)) for subject in subjects]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"source": {"ip": "", "port": 50022}},
        {"source": {"ip": "203.0.113.9", "port": 0}},
        {"user": {"name": None}},
        {"user": {}},
        {"surprise": 1},
        {"@timestamp": "2026-11-23T12:00:00+0000"},
        {"rule": {"name": "brute_force"}},
    ],
)
def test_what_the_contract_forbids_does_not_fit(changes):
    document = {**copy.deepcopy(ecs.event_document(an_event())), **changes}
    assert misfits("event", [document]) != []


@pytest.mark.parametrize("changes", [{"user": ""}, {"source_port": 0}, {"more": 1}, {"action": "hello"}])
def test_what_explain_never_says_does_not_fit(changes):
    (answer,) = json_lines(to_json(explain("hello")))
    assert misfits("explain", [answer]) == []
    assert misfits("explain", [{**answer, **changes}]) != []
