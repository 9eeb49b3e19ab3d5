"""The sample and the reference are what the schema says, and the sample is a good configuration."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

from pamsignal.config.check import check_text
from pamsignal.config.schema import key_names, load_schema

ROOT = Path(__file__).parents[3]
SAMPLE = (ROOT / "examples" / "pamsignal.yaml").read_text()
REFERENCE = (ROOT / "docs" / "reference" / "configuration.md").read_text()
GENERATOR = [sys.executable, str(ROOT / "tools" / "generate_config.py"), "--check"]


def test_the_generated_files_are_up_to_date():
    answer = subprocess.run(GENERATOR, capture_output=True, text=True, check=False)
    assert (answer.stdout, answer.returncode) == ("", 0)


def test_the_sample_is_good_and_means_the_defaults():
    report = check_text(SAMPLE, "SAMPLE")
    assert report.lines == []
    assert report.document == check_text("", "EMPTY").document


def test_every_sink_of_the_sample_is_good_when_its_comment_signs_are_removed():
    active = re.sub(r"(?m)^  # (?= |my-)", "  ", SAMPLE)
    document = yaml.safe_load(active)
    kinds = load_schema()["definitions"]["sink"]["properties"]["type"]["enum"]
    assert set(document["sinks"]) == {"journald", *(f"my-{kind}" for kind in kinds if kind != "journald")}
    problems = [problem for problem in check_text(active, "SAMPLE").problems if problem.key != "sinks.my-slack.url"]
    assert problems == []  # the file that my-slack names is not there


def test_the_reference_has_every_key():
    kinds = set(load_schema()["definitions"]["sink"]["properties"]["type"]["enum"])
    for name in key_names(load_schema()):
        section, _, rest = name.partition(".")
        kind, _, key = rest.partition(".")
        if section == "sinks" and kind in kinds:
            assert not key or f"`sinks.NAME.{key}`" in REFERENCE
        elif name not in load_schema()["properties"] or not load_schema()["properties"][name].get("properties"):
            assert f"`{name}`" in REFERENCE or name == "sinks", name
