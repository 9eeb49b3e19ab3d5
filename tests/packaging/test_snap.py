"""The snap: what its recipe names is there, and its program runs with plain folders for those of snapd.

`make lint` holds the recipe against snapcraft's schema. snapcraft and the confinement are met by the code host's machines
only: docs/how-to/snap.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess

import pytest
import yaml

from tests.harness.daemon import Service
from tests.harness.waiting import PATIENCE_S, until
from tests.packaging.deb import PROJECT, check_out

RECIPE = PROJECT / "packaging/snap/snapcraft.yaml"
CONTROL = PROJECT / "packaging/debian/control"


@pytest.fixture(scope="module")
def recipe():
    return yaml.safe_load(RECIPE.read_text())


@pytest.fixture(scope="module")
def snap(recipe, tmp_path_factory):
    """What the snap holds of ours, laid out as its part says."""
    staged = check_out(tmp_path_factory.mktemp("snap") / "tree")
    subprocess.run([staged / "tools/stage_snap.sh"], check=True, capture_output=True)
    source, made = staged / "build/snap", tmp_path_factory.mktemp("snap") / "current"
    for found, place in recipe["parts"]["pamsignal"]["organize"].items():
        (made / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source / found, made / place)
    return made


def environment(recipe, snap, common):
    """The variables that snapd would set for the daemon, over those of the system."""
    own = {**recipe["environment"], **recipe["apps"]["daemon"]["environment"]}
    own = {name: value.replace("$SNAP_COMMON", str(common)) for name, value in own.items()}
    return {"PATH": os.environ["PATH"], "SNAP": str(snap), "SNAP_COMMON": str(common), **own}


@contextlib.contextmanager
def running(recipe, snap, folder):
    """The daemon of the snap on a journal with one login, all it keeps below `folder`/common."""
    journal = Service(folder)
    journal.configure(f'journal: {{directory: "{journal.journal}"}}\n')
    journal.write("Accepted publickey for alice from 203.0.113.9 port 50022 ssh2: ED25519 SHA256:abc")
    path, *words = recipe["apps"]["daemon"]["command"].split()
    command = [snap / path, *words, "--config", journal.config]
    with (folder / "log").open("wb") as log:
        env = environment(recipe, snap, folder / "common")
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        journal.close()


def test_it_brings_the_libraries_that_the_deb_depends_on_or_recommends(recipe):
    text = CONTROL.read_text()
    needed = text[text.index("\nDepends:") : text.index("\nSuggests:")].split()
    libraries = {word.strip(",") for word in needed if word.startswith("python3-")}
    assert set(recipe["parts"]["pamsignal"]["stage-packages"]) == libraries


def test_snapcraft_finds_every_tracked_module_and_the_licence(snap):
    tracked = subprocess.run(["git", "ls-files", "pamsignal"], cwd=PROJECT, capture_output=True, text=True, check=True)
    laid = {str(path.relative_to(snap / "usr/lib/pamsignal")) for path in snap.glob("usr/lib/**/*") if path.is_file()}
    assert laid == set(tracked.stdout.split())
    assert (snap / "usr/share/doc/pamsignal/LICENSE").read_bytes() == (PROJECT / "LICENSE").read_bytes()


def test_the_daemon_keeps_all_below_the_common_folder_and_shows_nothing(recipe, snap, tmp_path):
    with running(recipe, snap, tmp_path) as process:
        until(lambda: list(tmp_path.glob("common/run/status.json")) or process.poll() is not None)
        status = json.loads((tmp_path / "common/run/status.json").read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    assert status["version"]
    assert {path.name for path in (tmp_path / "common").iterdir()} == {"log", "run", "state"}
    assert "Ctrl-C" not in (tmp_path / "log").read_text()  # what a person is told


def test_without_a_snap_around_it_the_program_imports_nothing_of_the_folder_it_is_in(snap, tmp_path):
    shutil.copy(snap / "bin/pamsignal", tmp_path / "pamsignal")
    (tmp_path / "json.py").write_text("raise SystemExit(99)\n")
    command = [tmp_path / "pamsignal", "--version"]
    assert subprocess.run(command, env={"SNAP": str(snap)}, check=False, stdout=subprocess.DEVNULL).returncode == 0
