"""`pamsignal schema` and `pamsignal completion`: what is printed is what is published, and what the packages bring."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from pamsignal.cli import main
from tests.harness.checkout import PROJECT
from tests.harness.command import SCHEMAS, pamsignal

COMPLETIONS = {"bash": "bash/pamsignal", "zsh": "zsh/_pamsignal", "fish": "fish/pamsignal.fish"}


def printed(capsys, *words):
    assert main([*words]) == 0
    return capsys.readouterr().out


def test_every_published_schema_is_listed_and_printed(capsys):
    listed = json.loads(printed(capsys, "schema", "--json"))
    assert {one["name"] for one in listed} == {"config", *(path.name.partition(".")[0] for path in SCHEMAS.iterdir())}
    assert all(one["description"].startswith("Schema of ") for one in listed)
    assert [line.split()[0] for line in printed(capsys, "schema").splitlines()] == [one["name"] for one in listed]
    for one in listed:
        schema = json.loads(printed(capsys, "schema", one["name"]))
        jsonschema.Draft7Validator.check_schema(schema)


def test_the_schema_of_a_verb_is_the_file_as_it_is(capsys):
    assert printed(capsys, "schema", "status") == (SCHEMAS / "status.schema.json").read_text()


def test_the_schema_of_the_configuration_takes_one_and_refuses_another(capsys):
    validator = jsonschema.Draft7Validator(json.loads(printed(capsys, "schema", "config")))
    good = yaml.safe_load((PROJECT / "tests/data/config/valid/full.yaml").read_text())
    assert list(validator.iter_errors(good)) == []
    assert list(validator.iter_errors({**good, "hostnam": "x"})) != []


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_a_shell_gets_the_completion_that_the_packages_bring(capsys, shell):
    assert printed(capsys, "completion", shell) == (PROJECT / "packaging/completions" / COMPLETIONS[shell]).read_text()


@pytest.mark.parametrize("words", [("completion",), ("completion", "tcsh"), ("schema", "sink")])
def test_what_there_is_not_is_2_and_the_answer_names_what_there_is(words):
    answer = pamsignal(*words)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "SHELL" in answer.stderr if words[0] == "completion" else "check-config" in answer.stderr
