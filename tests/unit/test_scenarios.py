"""The scenarios: a journal and a configuration in, exactly these alerts out. PAMSIGNAL_GOLDEN=write makes them anew."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from pamsignal import __version__
from pamsignal.cli.output import Documents
from pamsignal.cli.replay import steps
from pamsignal.config import load
from pamsignal.journal import records_from
from pamsignal.model import NO_CONTEXT, Context
from pamsignal.pipeline import Engine
from pamsignal.runtime.zone import wall_clock
from tests.harness.command import misfits, pamsignal

FOLDER = Path(__file__).parents[1] / "data" / "scenarios"
SCENARIOS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def config_of():
    """Copies: a checkout can be writable for a group, which no configuration may be."""
    with tempfile.TemporaryDirectory() as private:

        def copied(name):
            config = Path(shutil.copyfile(FOLDER / name / "pamsignal.yaml", Path(private) / f"{name}.yaml"))
            config.chmod(0o600)
            return str(config)

        yield copied


@pytest.fixture
def replayed(config_of):
    """What the engine makes of a scenario, as `pamsignal replay --format ecs` prints it."""

    def told(name, only):
        settings = load.load(config_of(name))
        engine = Engine(settings.engine, context_of=places_of(name), local_of=wall_clock(settings.timezone))
        documents, printed = Documents("ecs", only, argparse.Namespace()), io.StringIO()
        for produced in steps(engine, records_from([str(FOLDER / name / "journal.jsonl")])):
            documents.write(produced, printed)
        return without_version(printed.getvalue())

    return told


def places_of(name):
    """What is looked up about an event: what `places.json` says of its address; nothing where there is none."""
    path = FOLDER / name / "places.json"
    known = {ip: context(place) for ip, place in json.loads(path.read_text()).items()} if path.exists() else {}
    return lambda event: known.get(str(event.source.ip), NO_CONTEXT) if event.source is not None else NO_CONTEXT


def context(place):
    degrees = {axis: place.pop(axis) for axis in ("latitude", "longitude") if axis in place}
    return Context(**place, **{f"{axis}_microdegrees": round(value * 1e6) for axis, value in degrees.items()})


def without_version(text):
    return text.replace(f'"version":"{__version__}"', '"version":"VERSION"')


@pytest.fixture
def documents(replayed):
    return lambda name, only=None: [json.loads(line) for line in replayed(name, only).splitlines()]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_gives_exactly_its_alerts(name, replayed):
    path = FOLDER / name / "alerts.jsonl"
    alerts = replayed(name, "alerts")
    if os.environ.get("PAMSIGNAL_GOLDEN") == "write":
        path.write_text(alerts)
    assert alerts == path.read_text()
    assert misfits("event", map(json.loads, alerts.splitlines())) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_says_what_it_is_about(name):
    assert (FOLDER / name / "pamsignal.yaml").read_text().startswith("# ")


# One with the clock on a wall elsewhere, one with a clock that is set, and one that ends with a tick.
@pytest.mark.parametrize("name", ["house_rules", "clock_set", "brute_force"])
def test_the_command_says_the_same(name, config_of, replayed):
    files = ("--file", FOLDER / name / "journal.jsonl", "--config", config_of(name))
    answer = pamsignal("replay", "--quiet", "--format", "ecs", *files)
    assert (answer.returncode, answer.stderr, without_version(answer.stdout)) == (0, "", replayed(name, None))


def rules(name):
    return [json.loads(line)["rule"]["name"] for line in (FOLDER / name / "alerts.jsonl").read_text().splitlines()]


def test_noise_mutes_no_login():
    assert rules("brute_force") == ["brute_force", "login_success", "brute_force"]


def test_many_addresses_on_one_account_are_one_attack():
    assert set(rules("distributed")) == {"distributed_brute_force"}


def test_a_forged_line_is_never_a_login(documents):
    events = documents("forged_lines", "events")
    assert [one["event"]["action"] for one in events] == ["elevation_success"]
    assert set(rules("forged_lines")) == {"spoofed_line"}


def test_a_name_chooses_neither_address_nor_outcome(documents):
    events = documents("hostile_names", "events")
    assert {one["source"]["ip"] for one in events} == {"203.0.113.44", "203.0.113.45"}
    assert {one["event"]["outcome"] for one in events} == {"failure"}


def test_six_tries_in_one_connection_are_six(documents):
    events = documents("six_tries_in_one_connection", "events")
    assert sum(one["pamsignal"]["attempts"] for one in events) == 6


def test_setting_the_clock_changes_no_duration(documents):
    (end,) = [one for one in documents("clock_set", "events") if one["event"]["action"] == "session_closed"]
    assert round(end["event"]["duration"] / 10**9) == 600


def test_no_address_is_blamed_for_connections_that_no_line_gives_it(documents):
    dropped = [one for one in documents("penalties_of_openssh_10") if one["event"]["action"] == "connection_dropped"]
    assert sum(one["pamsignal"]["attempts"] for one in dropped if "source" in one) == 40
    assert [one["pamsignal"]["attempts"] for one in dropped if "source" not in one] == [118]
