"""Every file of tests/data/config/invalid and warnings gives exactly the lines beside it: position, key, words."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamsignal.config import document
from pamsignal.config.check import check_text

DATA = Path(__file__).parents[2] / "data" / "config"
INVALID = sorted(DATA.glob("invalid/*.yaml"))
WARNINGS = sorted(DATA.glob("warnings/*.yaml"))
VALID = sorted(DATA.glob("valid/*.yaml"))


def expected_beside(path):
    return path.with_suffix(".expected").read_text().splitlines()


def name_of(path):
    return path.stem


def test_there_are_files_to_check():
    assert len(INVALID) >= 15
    assert WARNINGS
    assert VALID


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_an_invalid_file_gives_every_problem_with_its_place(path):
    report = check_text(path.read_text(), "FILE")
    assert [line.replace("FILE:", "", 1) for line in report.lines] == expected_beside(path)
    assert report.document is None
    assert report.fingerprint is None


@pytest.mark.parametrize("path", WARNINGS, ids=name_of)
def test_an_odd_file_is_taken_with_warnings(path):
    report = check_text(path.read_text(), "FILE")
    assert [line.replace("FILE:", "", 1) for line in report.lines] == expected_beside(path)
    assert report.document is not None


@pytest.mark.parametrize("path", VALID, ids=name_of)
def test_a_valid_file_gives_no_problem(path):
    report = check_text(path.read_text(), "FILE")
    assert report.lines == []
    assert report.document is not None


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_every_problem_says_what_was_expected_what_was_found_and_what_to_do(path):
    for problem in check_text(path.read_text(), "FILE").problems:
        wanted, _, rest = problem.message.partition(", found ")
        assert wanted.startswith("expected ")
        assert ";" in rest or "?" in rest, problem.message


@pytest.mark.parametrize("path", [*INVALID, *VALID], ids=name_of)
def test_pure_python_yaml_finds_the_same_places(path, monkeypatch):
    fast = check_text(path.read_text(), "FILE")
    monkeypatch.setattr(document, "LOADER", document.yaml.SafeLoader)
    slow = check_text(path.read_text(), "FILE")
    assert [problem.line for problem in slow.problems] == [problem.line for problem in fast.problems]
    assert [problem.key for problem in slow.problems] == [problem.key for problem in fast.problems]
    assert slow.document == fast.document


def test_a_hostile_key_cannot_reach_the_terminal():
    report = check_text('"\\e]0;owned\\a": 1\n"\\u202egnp": 2\n', "FILE")
    assert len(report.lines) == 2
    assert all(line.isprintable() for line in report.lines)
