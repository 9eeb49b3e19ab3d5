"""What must be entered in several places stands in all of them: rules and sinks, as CONTRIBUTING.md lists them."""

from __future__ import annotations

import json
import re
import sys
from types import SimpleNamespace

import pytest
import yaml

from pamsignal.config.schema import load_schema
from pamsignal.deliver.classes import LOGIN_RULES, SUCCESS_RULES
from pamsignal.deliver.sinks import SINKS
from pamsignal.deliver.turn import LAST_TO_GO
from pamsignal.render import ecs, ecs_classes, siem, syslog, words
from pamsignal.terms import Action
from tests.builders import a_finding, an_alert
from tests.system import canaries
from tests.unit.docs.documents import ROOT, code, links, rows, section
from tests.unit.render.test_golden import CHATS, FORMATS
from tests.unit.test_scenarios import FOLDER, SCENARIOS

EVENTS = ROOT / "docs" / "reference" / "events.md"
HOW_TO = ROOT / "docs" / "how-to"
FULL = ROOT / "tests" / "data" / "config" / "valid" / "full.yaml"

# The webhook sends the ECS document as it is.
GOLDEN_NAMES = {kind: "ecs-alert" if kind == "webhook" else kind for kind in SINKS}

# No journal makes the engine conclude these: the daemon does, or a person. By rule, the tests that make it really so.
NOT_OF_THE_ENGINE = {
    "journal_gap": "edge/test_daemon.py",
    "journal_unreadable": "edge/test_own_sight.py",
    "clock_set": "edge/test_own_sight.py",
    "undelivered": "edge/test_daemon_sinks.py",
    "sink_paused": "edge/test_daemon_sinks.py",
    "config_rejected": "edge/test_daemon_config.py",
    "alerts_suppressed": "unit/test_storm.py",
    "store_trouble": "edge/test_daemon.py",
    "trail_trouble": "edge/test_daemon_evidence.py",
    "trail_anchor": "edge/test_daemon_forwarding.py",
    "heartbeat_unheard": "edge/test_own_sight.py",
    "geoip_trouble": "edge/test_own_sight.py",
    "test_alert": "edge/test_cli_test_alert.py",
}
# Secrets of sinks that tests/system/canaries.py does not plant, and why not.
NO_CANARY = {
    "apprise.url": "Apprise is on none of these hosts; tests/edge/test_sink_apprise.py looks at all that it says",
    "syslog.client_key": "a key in PEM, which OpenSSL gets, and no service can throw back",
}
# Sinks whose requests nobody reads but a program: they have no look.
READ_BY_PROGRAMS = {"pagerduty", "webhook"}
PLAYED = [name for name in (*words.RULES, *words.REASONS) if name not in NOT_OF_THE_ENGINE]
NEAR_MISS = ".not"


def fired(scenario):
    """The rules and reasons of a scenario's alerts; test_scenarios.py shows that it really gives these."""
    alerts = map(json.loads, (FOLDER / scenario / "alerts.jsonl").read_text().splitlines())
    return {name for one in alerts for name in (one["rule"]["name"], *one["pamsignal"].get("reasons", ()))}


def documented_rules(heading):
    return {name for cells in rows(section(EVENTS, heading)) for name in code(cells[0])}


def test_every_rule_but_those_about_our_own_sight_has_its_ecs_class():
    assert set(words.RULES) - documented_rules("## About pamsignal's own sight") == set(ecs_classes.RULES)


def outcome_of(rule):
    return ecs.alert_document(an_alert(subject=a_finding(rule=rule)))["event"].get("outcome")


ACHIEVED = [rule for rule in words.RULES if outcome_of(rule) == "success"]


@pytest.mark.parametrize("rule", ["login_success", *ACHIEVED])
def test_a_rule_about_a_success_has_the_budget_of_logins_and_leaves_a_full_queue_last(rule):
    assert rule in LOGIN_RULES
    assert rule in SUCCESS_RULES
    assert rule in LAST_TO_GO


def test_the_documents_tell_which_rule_is_about_a_success():
    assert "success_after_failures" in ACHIEVED


@pytest.mark.parametrize("name", PLAYED)
def test_every_rule_and_reason_has_a_scenario_that_fires_it_and_one_that_nearly_does(name):
    assert name in set().union(*(fired(scenario) for scenario in SCENARIOS if not scenario.endswith(NEAR_MISS)))
    assert name not in fired(f"{name}{NEAR_MISS}")
    assert (FOLDER / f"{name}{NEAR_MISS}" / "journal.jsonl").read_text()


def test_every_near_miss_is_of_a_rule_or_reason():
    assert {name for name in SCENARIOS if name.endswith(NEAR_MISS)} == {f"{name}{NEAR_MISS}" for name in PLAYED}


@pytest.mark.parametrize("rule", NOT_OF_THE_ENGINE)
def test_what_no_journal_makes_the_engine_conclude_is_really_brought_about_elsewhere(rule):
    assert rule in words.RULES
    assert f'"{rule}"' in (ROOT / "tests" / NOT_OF_THE_ENGINE[rule]).read_text()


def test_every_sink_stands_in_the_contract_that_keeps_them_apart():
    contract = re.search(
        r'type = "independence"\nmodules = \[(.*?)\]', (ROOT / "pyproject.toml").read_text(), re.DOTALL
    )
    assert set(re.findall(r'"(.*?)"', contract[1])) == {sink.build.__module__ for sink in SINKS.values()}


def test_a_wrong_type_of_sink_is_answered_with_all_of_them():
    kinds = load_schema()["definitions"]["sink"]["properties"]["type"]
    assert set(kinds["enum"]) == set(SINKS)
    assert kinds["expected"] == "one of " + ", ".join(kinds["enum"])


@pytest.mark.parametrize("kind", SINKS)
def test_every_sink_has_golden_files(kind):
    assert GOLDEN_NAMES[kind] in {name.partition(".")[0] for name in FORMATS}


@pytest.mark.parametrize("kind", SINKS)
def test_every_sink_is_in_the_example_of_everything(kind):
    assert re.search(rf"\btype: {kind}\b", FULL.read_text())


@pytest.mark.parametrize("kind", SINKS)
@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_every_sink_is_told_to_users(kind, document):
    assert re.search(rf"\b{kind}\b", (ROOT / document).read_text(), re.IGNORECASE)


@pytest.mark.parametrize("kind", [kind for kind in SINKS if (HOW_TO / f"{kind}.md").exists()])
def test_the_page_of_a_sink_is_linked_where_users_start(kind):
    assert f"docs/how-to/{kind}.md" in links(ROOT / "README.md")


def test_only_the_sinks_of_the_host_itself_have_no_page():
    assert {kind for kind in SINKS if not (HOW_TO / f"{kind}.md").exists()} == {"console", "journald"}


def secrets_of(kind):
    keys = load_schema()["definitions"][f"sink_{kind}"]["properties"]
    return {
        f"{kind}.{key}"
        for key, value in keys.items()
        if re.search(r"#/definitions/(optional_)?secret\b", json.dumps(value))
    }


def test_every_sink_by_http_that_people_read_shows_its_look():
    by_http = {kind for kind, one in SINKS.items() if hasattr(sys.modules[one.build.__module__], "channel")}
    assert by_http - READ_BY_PROGRAMS == {module.__name__.rpartition(".")[2] for module in CHATS}


def test_every_secret_of_a_sink_is_looked_for_on_hosts_or_says_why_not():
    nowhere = SimpleNamespace(base="https://192.0.2.1", mail=("192.0.2.1", 465))
    planted = yaml.safe_load(canaries.configuration(nowhere))["sinks"]
    missing = {
        secret for kind in SINKS for secret in secrets_of(kind) if secret.partition(".")[2] not in planted.get(kind, {})
    }
    assert missing == {*NO_CANARY}


def test_every_format_for_collectors_can_be_chosen_is_told_and_has_golden_files():
    keys = load_schema()["definitions"]["sink_syslog"]["properties"]
    assert set(keys["format"]["enum"]) == set(siem.FORMATS)
    assert set(keys["facility"]["enum"]) == set(syslog.FACILITIES)
    golden = {name.partition(".")[0] for name in FORMATS}
    page = (HOW_TO / "syslog.md").read_text()
    for name in siem.FORMATS:
        assert name in page
        assert {name, f"{name}1", f"{name}-alert", "syslog"} & golden


def test_every_collector_is_chosen_among_actions_that_events_have():
    events = load_schema()["definitions"]["sink_syslog"]["properties"]["events"]["items"]["enum"]
    assert set(events) <= {action.value for action in Action}
    assert {action.value for action in Action} - set(events) == {"journal_suppressed", "detail"}
