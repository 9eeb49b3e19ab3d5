"""The oldest libraries that pyproject.toml allows are those that the tests run with somewhere, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bounds import OLDEST

PYPROJECT = (Path(__file__).parents[2] / "pyproject.toml").read_text()


def test_every_library_that_it_runs_on_is_tried_at_its_oldest():
    of_users = re.search(r"(?s)\ndependencies = \[(.*?)\ndev = \[", PYPROJECT)[1]
    assert {*re.findall(r'"([\w-]+) >=', of_users)} == {*OLDEST}


@pytest.mark.parametrize("name", OLDEST)
def test_a_lower_bound_is_the_oldest_version_that_is_tried(name):
    bounds = re.findall(rf'"{name} >=([\d.]+)"', PYPROJECT)
    assert bounds
    tried = OLDEST[name].split(".")
    assert [bound for bound in bounds if bound.split(".") != tried[: len(bound.split("."))]] == []
