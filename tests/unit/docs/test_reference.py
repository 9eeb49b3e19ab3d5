"""The reference is whole: every verb, option, exit code, key, action, rule and reason, with what the code says."""

from __future__ import annotations

import argparse
import json
import re

import pytest
import yaml

from pamsignal import detect
from pamsignal.cli import VERBS
from pamsignal.cli.arguments import EXIT_CODES, build_parser
from pamsignal.cli.explain import explain, to_json
from pamsignal.detect import brute_force, notable, reasons, success
from pamsignal.parse.reason import _REFUSALS
from pamsignal.render import ecs_classes, words
from pamsignal.terms import REASONS, Action, Severity
from tests.builders import an_event
from tests.system.images import CODENAMES
from tests.unit.docs.documents import ROOT, code, name, rows, section
from tests.unit.parse.journal_lines import LINES

CLI = ROOT / "docs/reference/cli.md"
EVENTS = ROOT / "docs/reference/events.md"
COUNTING = ROOT / "docs/explanation/counting.md"
WHEN_THINGS_BREAK = ROOT / "docs/explanation/when-things-break.md"
THREATS = ROOT / "docs/explanation/threat-model.md"
DISTRIBUTIONS = ROOT / "docs/reference/distributions.md"

PARSER = build_parser(VERBS)
(BELOW,) = [action for action in PARSER._actions if isinstance(action, argparse._SubParsersAction)]
SHARED = {option for action in PARSER._actions for option in action.option_strings}
SPANS = {600: "10 min", 3600: "an hour", 86_400: "a day"}


def documented_options(text):
    return {word for cells in rows(text) for shown in code(cells[0]) for word in shown.split() if word.startswith("-")}


def own_arguments(verb):
    actions = [action for action in BELOW.choices[verb]._actions if not SHARED.intersection(action.option_strings)]
    options = {option for action in actions for option in action.option_strings}
    return options, {action.metavar for action in actions if not action.option_strings}


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_documented_and_no_other(verb):
    text = section(CLI, f"## {verb}")
    options, positionals = own_arguments(verb)
    assert documented_options(text) == options
    assert positionals <= {cells[0].strip("`") for cells in rows(text)}


def test_the_options_of_every_verb_are_documented_and_no_others():
    assert documented_options(section(CLI, "## Options of every verb")) == SHARED


def test_every_exit_code_is_documented():
    codes = [cells[0] for cells in rows(section(CLI, "## Exit codes"))][1:]
    assert sorted(codes, key=int) == sorted(re.findall(r"\b\d+\b", EXIT_CODES), key=int)


def test_the_contract_of_explain_has_exactly_the_keys_that_it_prints():
    contract = section(CLI, "## explain").partition("**The contract")[2]
    documented = [cells[0].strip("`") for cells in rows(contract)][1:]
    assert documented == list(json.loads(to_json(explain("hello"))))


def flat(document, before=""):
    for key, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def test_the_contract_of_replay_has_every_key_of_the_golden_documents():
    contract = section(CLI, "## replay").partition("**The contract")[2]
    documented = {name for cells in rows(contract) for name in code(cells[0])}
    golden = (ROOT / "tests/data/golden").glob("*/ecs-*.json")
    assert {key for path in golden for key in flat(json.loads(path.read_text()))} - documented == set()


ACTION_ROWS = {cells[0].strip("`"): cells[1:] for cells in rows(section(EVENTS, "## Actions"))}


def test_every_action_is_documented_and_no_other():
    assert [name for name in ACTION_ROWS if name != "action"] == [action.value for action in Action]


@pytest.mark.parametrize("action", Action, ids=lambda action: action.value)
def test_an_action_is_documented_as_it_is(action):
    _, by_itself, severity, category, kind = ACTION_ROWS[action.value]
    loud = notable.severity_of(an_event(action=action, group=None, provenance=None, reason=None))
    assert severity.partition(",")[0] == (loud.word if loud is not None else "–")
    assert by_itself == ("yes" if action.value in notable.DEFAULT_ACTIONS else "if named" if loud is not None else "no")
    assert (category, kind) == tuple(", ".join(names) for names in ecs_classes.ACTIONS[action])


FINDING_ROWS = {cells[0].strip("`"): cells[1:] for cells in rows(section(EVENTS, "## Findings"))}
OWN_ROWS = {cells[0].strip("`"): cells[1:] for cells in rows(section(EVENTS, "## About pamsignal's own sight"))}


def test_every_rule_is_documented_and_no_other():
    assert ({*FINDING_ROWS} | {*OWN_ROWS}) - {"rule"} == {*words.RULES}


@pytest.mark.parametrize("kind", brute_force.KINDS, ids=lambda kind: kind.name)
def test_a_rule_is_documented_as_it_is(kind):
    _, severity, technique, category = FINDING_ROWS[kind.name]
    assert severity == detect._SEVERITY.get(kind.name, Severity.WARNING).word
    assert technique == kind.technique
    assert category == ", ".join(ecs_classes.RULES[kind.name].category)


@pytest.mark.parametrize("rule", [*brute_force.DEFAULTS, "success_after_failures"])
def test_a_default_threshold_is_documented_as_it_is(rule):
    default = brute_force.DEFAULTS.get(rule) or success.Settings()
    (told,) = [cells[3] for cells in rows(section(COUNTING, "## Windows")) if cells[0] == f"`{rule}`"]
    assert told.startswith(f"{default.attempts} in {SPANS[default.window_seconds]}")


def test_every_reason_of_a_delivery_is_documented():
    documented = [cells[0].strip("`") for cells in rows(section(EVENTS, "## Why a delivery failed"))][1:]
    assert documented == list(REASONS)


def test_every_reason_of_an_attempt_is_documented():
    documented = {name for cells in rows(section(EVENTS, "## Why an attempt was refused")) for name in code(cells[0])}
    shown = {line.expect["reason"] for line in LINES if line.expect and line.expect.get("reason")}
    from_units = {line.expect["reason"] for line in LINES if (line.expect or {}).get("action") == "journal_suppressed"}
    assert {reason for _, reason in _REFUSALS} | shown - from_units <= documented


def test_every_reason_to_remark_on_a_login_is_documented_with_its_weight():
    documented = [
        (cells[0].strip("`"), cells[2]) for cells in rows(section(EVENTS, "## What is remarkable about a login"))
    ]
    weights = {name: weight.word if weight is not None else "ignore" for name, weight in reasons.DEFAULTS.items()}
    assert documented[1:] == list(weights.items())


@pytest.mark.parametrize("path", [WHEN_THINGS_BREAK, THREATS], ids=name)
def test_every_test_that_a_document_names_exists(path):
    told = {word for cells in rows(path.read_text()) for word in code(cells[-1]) if word.startswith("test_")}
    written = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(told) > 10
    assert {word for word in told if f"def {word}(" not in written} == set()


def test_every_trust_boundary_names_its_code_and_a_test():
    _, *boundaries = rows(section(THREATS, "## Trust boundaries"))
    assert len(boundaries) > 15
    assert [cells[0] for cells in boundaries if "](../../" not in cells[1] or "`test_" not in cells[-1]] == []


def releases(text):
    """`Debian 11, 12; Fedora 43` as pairs of a family and a release."""
    for group in text.split("; "):
        family, numbers = re.fullmatch(r"(\D+) (.+)", group).groups()
        yield from ((family, number) for number in numbers.split(", "))


def test_the_tiers_are_what_is_tried():
    tiers = {cells[0].partition(":")[0]: cells[1] for cells in rows(section(DISTRIBUTIONS, "## Tiers"))}
    assert {*releases(tiers["1"])} == {("Debian", str(release)) for release in CODENAMES}
    workflow = yaml.safe_load((ROOT / ".github/workflows/molecule.yml").read_text())
    images = [image.rpartition("/")[2].split(":") for image in workflow["jobs"]["role"]["strategy"]["matrix"]["image"]]
    tried = {(family, release) for family, release in images if family != "debian"}
    assert {(family.lower().replace(" ", ""), release) for family, release in releases(tiers["2"])} == tried
