"""The workflows of the code host: what they call is there, they end, and they take nothing that can change.

`make lint` checks them with the host's schema and zizmor; here is what neither knows.
"""

from __future__ import annotations

import operator
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
RECIPES = dict(re.findall(r"(?m)^([a-z-]+):.*## .*\n((?:\t.*\n)*)", (ROOT / "Makefile").read_text()))
VERBS = set(RECIPES)
INSTALLER = (ROOT / "tools/install.sh").read_text()
# What tools/install.sh installs for each word, and which of that comes from PyPI.
NEEDS = {word: set(needs.split()) for word, needs in re.findall(r'(?m)^(\w+)\) needs="(.*)"', INSTALLER)}
OF_PYPI = set(re.findall(r"(?m)^! needed (\w+) \|\| environment", INSTALLER)) | {
    need for need, body in re.findall(r"(?ms)^if needed (\w+).*?then\n(.*?)^fi$", INSTALLER) if "-m pip" in body
}


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


def runs_pypi(command):
    """Whether a command installs something of PyPI, or runs what was: itself, or the scripts that it names."""
    scripts = {name for name in re.findall(r"tools/\w+\.sh", command) if name != "tools/install.sh"}
    texts = [command, *((ROOT / name).read_text() for name in scripts)]
    if any(NEEDS.get(word, set()) & OF_PYPI for text in texts for word in re.findall(r"tools/install\.sh (\w+)", text)):
        return True
    return any(re.search(r"\$\(PYTHON\)|\$\(MAKE\)|\.venv|\bpipx?\b|\buvx?\b", text) for text in texts)


def verbs_of(job):
    lines = [line for step in job["steps"] for line in step.get("run", "").splitlines()]
    return [word for line in lines for word in line.split() if "make " in line and word in VERBS]


def test_what_runs_something_of_pypi_is_known():
    assert {"dev", "role", "release", "audit", "docs", "mutants", "wheel", "pins"} == OF_PYPI
    found = {verb for verb, recipe in RECIPES.items() if runs_pypi(recipe)}
    assert {"sbom", "release-check", "release", "wheel", "docs", "lint", "test-python"} <= found
    assert found.isdisjoint({"deb", "rpm", "sums", "repo", "fetch-repo"})


def test_no_job_that_sees_a_secret_runs_something_of_pypi():
    seeing = {name: job for name, job in jobs(ROOT / ".github/workflows/release.yml").items() if "secrets." in str(job)}
    assert {"sums", "repo"} <= set(verbs_of(seeing["sign"]))
    for name, job in seeing.items():
        assert [verb for verb in verbs_of(job) if runs_pypi(RECIPES[verb])] == [], name
        assert [step["run"] for step in job["steps"] if runs_pypi(step.get("run", ""))] == [], name


PINNED = dict(re.findall(r"(?m)^! needed (\w+) \|\| environment \w+ (tools/pinned-\w+\.txt)", INSTALLER))


def test_a_release_is_made_and_checked_with_pinned_files_of_pypi_alone():
    verbs = {verb for job in jobs(ROOT / ".github/workflows/release.yml").values() for verb in verbs_of(job)}
    words = [word for verb in verbs for word in re.findall(r"tools/install\.sh (\w+)", RECIPES[verb])]
    needed = {need for word in words for need in NEEDS[word] & OF_PYPI}
    assert needed == {"wheel", "docs", "release"} <= {*PINNED}
    assert '*/pinned-*) ".venv-$1/bin/python" -m pip install --quiet --require-hashes' in INSTALLER


def entries(text):
    """What a list of requirements asks for: the name as PyPI knows it, and the rest of the line."""
    lines = text.replace("\\\n", " ").splitlines()
    found = (re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)(.*)", line) for line in lines)
    return [(re.sub("[._-]+", "-", one[1]).lower(), one[2]) for one in found if one]


@pytest.mark.parametrize("path", PINNED.values())
def test_what_is_pinned_has_version_and_hashes_and_is_what_is_asked_for(path):
    pinned = entries((ROOT / path).read_text())
    assert [line for line in pinned if not re.match(r"==[^ ]+ .*--hash=sha256:[0-9a-f]{64}( |$)", line[1])] == []
    asked = entries((ROOT / path.replace("pinned", "requirements")).read_text())
    assert {name for name, _ in asked} <= {name for name, _ in pinned}
    for name, wanted in asked:
        for version in [rest[2:].split()[0] for each, rest in pinned if each == name]:
            assert allows(wanted, version), f"{name} {version}: make pins"


def allows(wanted, version):
    """Whether a version is within the bounds of a line like `[extra] >=4.0,<6`."""
    found = tuple(map(int, re.findall(r"\d+", version)))
    compared = {">=": operator.ge, "<": operator.lt, "==": operator.eq}
    bounds = re.findall(r"(>=|==|<)([\d.]+)", wanted)
    return all(compared[how](found, tuple(map(int, bound.split(".")))) for how, bound in bounds) and bool(bounds)


def test_nothing_is_downloaded_over_what_was_built():
    for name, job in jobs(ROOT / ".github/workflows/release.yml").items():
        taken = [step["with"] for step in job["steps"] if "download-artifact" in step.get("uses", "")]
        assert not any("merge-multiple" in each for each in taken), name
        assert len({each["path"] for each in taken}) == len(taken), name
    release = (ROOT / ".github/workflows/release.yml").read_text()
    assert set(re.findall(r"run: (mv .*) dist/\n", release)) == {
        "mv --no-clobber snaps/snap-amd64/*_amd64.snap snaps/snap-arm64/*_arm64.snap",
        "mv --no-clobber bill/*.cdx.json",
    }


def test_only_the_job_that_signs_sees_the_key_and_no_job_of_a_release_has_a_cache():
    release = ROOT / ".github/workflows/release.yml"
    assert [name for name, job in jobs(release).items() if "secrets.SIGNING" in str(job)] == ["sign"]
    assert "cache:" not in release.read_text()
    assert "actions/cache" not in release.read_text()


def test_each_job_that_uses_the_tag_asks_first_whether_it_is_a_version():
    """Git lets a tag be called `v1";id;"`, too."""
    using = [job["steps"] for job in jobs(ROOT / ".github/workflows/release.yml").values() if "REF_NAME" in str(job)]
    (first,) = {steps[0]["run"] for steps in using}
    assert len(using) == 5
    tags = ("v1.2.3", "v10.20.30", "v1.2", 'v1";id;"', "v1.2.3;id", "v1.2.3-rc1", "xv1.2.3", "v1x2x3", "-v1.2.3")
    ended = [
        subprocess.run(["bash", "-e", "-c", first], env={**os.environ, "GITHUB_REF_NAME": tag}, check=False).returncode
        for tag in tags
    ]
    taken = [tag for tag, code in zip(tags, ended) if code == 0]
    assert taken == ["v1.2.3", "v10.20.30"]
