"""The workflows of the code host: what they call is there, they end, and they take nothing that can change.

`make lint` checks them with the host's schema and zizmor; here is what neither knows.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
VERBS = set(re.findall(r"(?m)^([a-z-]+):.*## ", (ROOT / "Makefile").read_text()))


def jobs(path):
    return yaml.safe_load(path.read_text())["jobs"]


def commands(path):
    """Every line that a job runs."""
    return [line for job in jobs(path).values() for step in job["steps"] for line in step.get("run", "").splitlines()]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_they_call_only_verbs_that_the_makefile_has(path):
    called = [
        call.split("&&")[0] for line in commands(path) for call in re.findall(r"^(?:sudo (?:-\S+ )*)?make (.*)", line)
    ]
    assert len(called) == sum(" make " in f" {line}" and "install" not in line for line in commands(path))
    assert {word for call in called for word in call.split() if re.fullmatch("[a-z][a-z-]*", word)} <= VERBS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_job_ends_by_itself(path):
    assert all(job["timeout-minutes"] <= 40 for job in jobs(path).values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_action_is_one_commit_with_its_version_beside_it(path):
    uses = re.findall(r"uses: (.*)", path.read_text())
    assert uses
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in uses)


def test_only_the_job_that_signs_sees_the_key_and_no_job_of_a_release_has_a_cache():
    release = ROOT / ".github/workflows/release.yml"
    assert [name for name, job in jobs(release).items() if "secrets.SIGNING" in str(job)] == ["sign"]
    assert "cache:" not in release.read_text()
    assert "actions/cache" not in release.read_text()


def test_each_job_that_uses_the_tag_asks_first_whether_it_is_a_version():
    """Git lets a tag be called `v1";id;"`, too."""
    using = [job["steps"] for job in jobs(ROOT / ".github/workflows/release.yml").values() if "REF_NAME" in str(job)]
    (first,) = {steps[0]["run"] for steps in using}
    assert len(using) == 3
    tags = ("v1.2.3", "v10.20.30", "v1.2", 'v1";id;"', "v1.2.3;id", "v1.2.3-rc1", "xv1.2.3", "v1x2x3", "-v1.2.3")
    ended = [
        subprocess.run(["bash", "-e", "-c", first], env={**os.environ, "GITHUB_REF_NAME": tag}, check=False).returncode
        for tag in tags
    ]
    taken = [tag for tag, code in zip(tags, ended) if code == 0]
    assert taken == ["v1.2.3", "v10.20.30"]
