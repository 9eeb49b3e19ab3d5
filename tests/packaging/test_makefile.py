"""What is typed as NAME=VALUE behind make reaches the tools as it was typed, and nobody runs a part of it.

The tools in the folder beside the Makefile are ones that print what they were given.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.packaging.deb import PROJECT

MAKEFILE = PROJECT / "Makefile"
NAMES = re.search(r"(?m)^TYPED = (.*)", MAKEFILE.read_text())[1].split()
HOSTILE = [
    """v1";touch RUN;"';touch RUN;'""",
    "v$(shell touch RUN)`touch RUN`$(touch RUN)$$x",
    "v1.2.3\n$(shell touch RUN)\n\ttouch RUN",
]
PRINT = "#!/bin/sh\nenv --null\n"


@pytest.fixture
def folder(tmp_path):
    """A folder with the Makefile, and in it whatever that calls with a typed value."""
    shutil.copy(MAKEFILE, tmp_path)
    (tmp_path / "tools").mkdir()
    for name in ["python", *re.findall(r"(?m)^\t@tools/(\w+\.sh)", MAKEFILE.read_text())]:
        (tmp_path / "tools" / name).write_text("#!/bin/sh\n" if name == "install.sh" else PRINT)
        (tmp_path / "tools" / name).chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("typed", [True, False], ids=["in the line", "in the environment"])
@pytest.mark.parametrize(
    "verb", ["deb-source", "fetch-repo", "release-check", "repo", "snap", "sums", "test-package", "test-python"]
)
def test_what_is_typed_arrives_as_it_is(folder, verb, value, typed):
    values = dict.fromkeys(NAMES, value)
    words = [f"{name}={value}" for name in NAMES] if typed else []
    command = ["make", "--silent", verb, "PYTHON=tools/python", *words]
    environment = os.environ if typed else {**os.environ, **values}
    made = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    printed = dict(each.partition("=")[::2] for each in made.stdout.split("\0"))
    assert {name: printed.get(name) for name in NAMES} == values
    assert not (folder / "RUN").exists()


def test_nor_does_make_run_it_when_it_calls_itself(folder):
    """`make -n` runs nothing but the makes that a recipe starts."""
    subprocess.run(["make", "-n", "release", f"TAG={HOSTILE[1]}"], cwd=folder, capture_output=True, check=True)
    assert not (folder / "RUN").exists()


def test_no_recipe_has_make_put_a_typed_value_into_its_text():
    text = MAKEFILE.read_text()
    assert [name for name in NAMES if f"$({name})" in text or f"${{{name}}}" in text] == []
    told = re.findall(r"(?m)^[a-z-]+:.*## (.*)", text)
    assert {name for line in told for name in re.findall(r"\b([A-Z_]+)=", line)} <= set(NAMES)
