"""The daemon's way to its settings: a real child process, a real pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pamsignal.config import load
from pamsignal.config.check import check_file
from pamsignal.errors import ConfigError, PamSignalError
from pamsignal.secret import Secret

FULL = Path(__file__).parents[1] / "data" / "config" / "valid" / "full.yaml"


def written(tmp_path, text):
    path = tmp_path / "pamsignal.yaml"
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_good_file_becomes_settings_with_warnings_and_fingerprint(tmp_path):
    path = written(tmp_path, FULL.read_text() + "\n")
    settings = load.load(path)
    assert settings.hostname == "web-01.example.org"
    assert settings.fingerprint == check_file(path).fingerprint
    assert settings.warnings == ()
    odd = load.load(written(tmp_path, "sinks: {}\n"))
    assert len(odd.warnings) == 1
    assert odd.warnings[0].startswith(f"{path}:1:8: sinks: warning: ")


def test_an_empty_file_is_the_defaults(tmp_path):
    assert load.load(written(tmp_path, "")) == load.defaults()


def test_a_bad_file_is_refused_with_the_very_lines_of_check_config(tmp_path):
    path = written(tmp_path, "hostnam: x\nlog_level: loud\ndetect: {cooldown_seconds: 0640}\n")
    with pytest.raises(ConfigError) as caught:
        load.load(path)
    assert str(caught.value).splitlines() == check_file(path).lines
    assert caught.value.exit_code == 78


def test_thousands_of_problems_do_not_flood_the_log(tmp_path):
    path = written(tmp_path, "\n".join(f"k{number}: 1" for number in range(1000)))
    with pytest.raises(ConfigError) as caught:
        load.load(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 201
    assert lines[-1] == f"and 800 more; see: pamsignal check-config {path}"


def test_the_check_can_run_while_the_daemon_does_other_things(tmp_path):
    checks = [load.begin(written(tmp_path, "log_level: debug")) for _ in range(2)]
    assert [load.finish(check).log_level for check in checks] == ["debug", "debug"]


def test_the_child_leaves_no_descriptor_and_no_zombie_behind(tmp_path):
    path = written(tmp_path, "")
    before = open_descriptors()
    checking = load.begin(path)
    load.finish(checking)
    assert open_descriptors() == before
    assert not Path(f"/proc/{checking.pid}").exists()


def test_a_check_that_dies_is_an_error_and_no_settings(tmp_path):
    # Its answer is more than a pipe holds (pipe(7)): however fast it is, it waits for its reader.
    services = ", ".join(f"service-{number:060}" for number in range(2000))
    checking = load.begin(written(tmp_path, f"ignore_services: [{services}]"))
    os.kill(checking.pid, 9)
    with pytest.raises(PamSignalError, match="the check broke off") as caught:
        load.finish(checking)
    assert not isinstance(caught.value, ConfigError)  # nobody has refused it: the unit tries again


def test_the_working_directory_cannot_slip_a_module_into_the_child(tmp_path):
    (tmp_path / "yaml.py").write_text("raise SystemExit('mine')")
    (tmp_path / "json.py").write_text("raise SystemExit('mine')")
    path = written(tmp_path, "log_level: debug")
    root = str(Path(__file__).parents[2])
    program = f"import sys; sys.path[0] = {root!r}; from pamsignal.config.load import load; print(load(sys.argv[1]).log_level)"
    answer = subprocess.run(
        [sys.executable, "-c", program, path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.stdout, answer.stderr) == ("debug\n", "")


def test_secrets_are_resolved_in_the_daemon_and_stand_in_no_argument(tmp_path, monkeypatch):
    (tmp_path / "slack-url").write_text("https://hooks.slack.com/services/T/B/Kan4rienvogel\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    path = written(tmp_path, "sinks: {team: {type: slack, url: {credential: slack-url}}}")
    checking = load.begin(path)
    arguments = Path(f"/proc/{checking.pid}/cmdline").read_bytes()
    settings = load.finish(checking)
    assert settings.sinks[0].settings.url == Secret("https://hooks.slack.com/services/T/B/Kan4rienvogel")
    assert b"Kan4rienvogel" not in arguments
    assert "Kan4rienvogel" not in repr(settings)


def test_the_daemon_s_process_imports_neither_yaml_nor_jsonschema(tmp_path):
    program = (
        "import sys; from pamsignal.config.load import load; load(sys.argv[1]);"
        "print(sorted({'yaml', 'jsonschema', 'difflib', 'requests', 'dataclasses', 'pathlib'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, written(tmp_path, "")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert answer.stdout == "[]\n"
