"""What the checkout holds: nothing that .gitignore leaves out, which the next change of it would lose."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.unit.docs.documents import ROOT


def test_no_file_is_kept_that_is_to_be_ignored():
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no checkout of git's")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout == ""


def test_ansible_lint_passes_over_every_environment_of_ours():
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line.startswith(".venv")]
    excluded = (ROOT / ".ansible-lint").read_text().partition("exclude_paths: [")[2].partition("]")[0].split(", ")
    assert {*ignored} <= {*excluded}
