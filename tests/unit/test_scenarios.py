"""The scenarios: a journal and a configuration in, exactly these alerts out. PAMSIGNAL_GOLDEN=write makes them anew."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from pamsignal import __version__
from tests.edge.command import misfits, pamsignal

FOLDER = Path(__file__).parents[1] / "data" / "scenarios"
SCENARIOS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def replayed(name, *words):
    with tempfile.TemporaryDirectory() as private:
        # A copy: a checkout can be writable for a group, which no configuration may be.
        config = Path(shutil.copyfile(FOLDER / name / "pamsignal.yaml", Path(private) / "pamsignal.yaml"))
        config.chmod(0o600)
        files = ("--file", FOLDER / name / "journal.jsonl", "--config", config)
        answer = pamsignal("replay", "--quiet", "--format", "ecs", *files, *words)
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout.replace(f'"version":"{__version__}"', '"version":"VERSION"')


def documents(name, *words):
    return [json.loads(line) for line in replayed(name, *words).splitlines()]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_gives_exactly_its_alerts(name):
    path = FOLDER / name / "alerts.jsonl"
    alerts = replayed(name, "--only", "alerts")
    if os.environ.get("PAMSIGNAL_GOLDEN") == "write":
        path.write_text(alerts)
    assert alerts == path.read_text()
    assert misfits("event", map(json.loads, alerts.splitlines())) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_says_what_it_is_about(name):
    assert (FOLDER / name / "pamsignal.yaml").read_text().startswith("# ")


def rules(name):
    return [one["rule"]["name"] for one in documents(name, "--only", "alerts")]


def test_noise_mutes_no_login():
    assert rules("brute_force") == ["brute_force", "login_success", "brute_force"]


def test_many_addresses_on_one_account_are_one_attack():
    assert set(rules("distributed")) == {"distributed_brute_force"}


def test_a_forged_line_is_never_a_login():
    events = documents("forged_lines", "--only", "events")
    assert [one["event"]["action"] for one in events] == ["elevation_success"]
    assert set(rules("forged_lines")) == {"spoofed_line"}


def test_a_name_chooses_neither_address_nor_outcome():
    events = documents("hostile_names", "--only", "events")
    assert {one["source"]["ip"] for one in events} == {"203.0.113.44", "203.0.113.45"}
    assert {one["event"]["outcome"] for one in events} == {"failure"}


def test_six_tries_in_one_connection_are_six():
    events = documents("six_tries_in_one_connection", "--only", "events")
    assert sum(one["pamsignal"]["attempts"] for one in events) == 6


def test_setting_the_clock_changes_no_duration():
    (end,) = [one for one in documents("clock_set", "--only", "events") if one["event"]["action"] == "session_closed"]
    assert round(end["event"]["duration"] / 10**9) == 600


def test_no_address_is_blamed_for_connections_that_no_line_gives_it():
    dropped = [one for one in documents("penalties_of_openssh_10") if one["event"]["action"] == "connection_dropped"]
    assert sum(one["pamsignal"]["attempts"] for one in dropped if "source" in one) == 40
    assert [one["pamsignal"]["attempts"] for one in dropped if "source" not in one] == [118]
