"""`pamsignal check-config` and `pamsignal init`, run as a person runs them."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.harness.checkout import PROJECT
from tests.harness.command import AS_NOBODY, PAMSIGNAL, pamsignal

DATA = PROJECT / "tests" / "data" / "config"
TOKEN = "123456789:AAKan4rienvogelzzzzzzzzzzzzzzzzzzz"


def written(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_good_file_is_called_good(tmp_path):
    path = written(tmp_path / "p.yaml", "log_level: debug\n")
    answer = pamsignal("check-config", path)
    assert (answer.stdout, answer.stderr, answer.returncode) == (f"{path}: good\n", "", 0)
    assert pamsignal("check-config", "--config", path).returncode == 0
    assert pamsignal("check-config", "--quiet", path).stdout == ""


def test_a_bad_file_gives_every_problem_and_78(tmp_path):
    path = written(tmp_path / "p.yaml", "hostnam: x\nlog_level: off\n")
    answer = pamsignal("check-config", path)
    assert answer.returncode == 78
    assert answer.stdout == ""
    first, second = answer.stderr.splitlines()
    assert first == f"{path}:1:1: hostnam: expected a known key, found `hostnam`; did you mean `hostname`?"
    assert second.startswith(f"{path}:2:12: log_level: expected one of debug, info, warning, error, found false")


def test_a_missing_file_gives_78_and_no_traceback(tmp_path):
    answer = pamsignal("check-config", tmp_path / "missing.yaml")
    assert answer.returncode == 78
    assert "found none (No such file or directory)" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_without_any_file_the_defaults_are_shown():
    elsewhere = (
        "from pamsignal.cli import check_config, main; check_config.DEFAULT_PATH = '/nowhere/pamsignal.yaml';"
        "raise SystemExit(main(['check-config', '--show-effective']))"
    )
    command = [sys.executable, "-c", elsewhere]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0
    assert "the defaults are in force" in answer.stderr
    assert yaml.safe_load(answer.stdout)["log_level"] == "info"


def test_a_missing_right_names_the_command_that_has_it(open_folder):
    path = written(open_folder / "p.yaml", "")
    path.chmod(0)
    answer = pamsignal("check-config", path, **AS_NOBODY)
    assert answer.stderr == f"pamsignal: no right to read {path}; try: sudo pamsignal check-config {path}\n"
    assert answer.returncode == 77


def test_strict_makes_warnings_errors(tmp_path):
    path = written(tmp_path / "p.yaml", "sinks: {}\n")
    assert pamsignal("check-config", path).returncode == 0
    assert pamsignal("check-config", path, "--strict").returncode == 78


def test_json_is_one_object(tmp_path):
    path = written(tmp_path / "p.yaml", "hostnam: x\n")
    answer = pamsignal("check-config", path, "--json")
    assert answer.returncode == 78
    assert json.loads(answer.stdout) == {
        "file": str(path),
        "ok": False,
        "problems": [
            {
                "line": 1,
                "column": 1,
                "key": "hostnam",
                "message": "expected a known key, found `hostnam`; did you mean `hostname`?",
                "level": "error",
            }
        ],
        "fingerprint": None,
    }


def test_the_effective_configuration_is_shown_without_secrets_and_is_yaml(tmp_path):
    path = written(tmp_path / "p.yaml", f"sinks: {{bot: {{type: telegram, token: '{TOKEN}', chat_id: -5}}}}\n")
    answer = pamsignal("check-config", path, "--show-effective")
    effective = yaml.safe_load(answer.stdout)
    assert effective["detect"]["brute_force"]["attempts"] == 5
    assert effective["sinks"]["bot"] == {
        "type": "telegram",
        "enabled": True,
        "min_severity": "notice",
        "actions": None,
        "exclude": [],
        "reasons": None,
        "quiet_hours": [],
        "templates": {},
        "noise_per_10_minutes": 10,
        "noise_per_day": 100,
        "success_per_10_minutes": 60,
        "token": "***",
        "chat_id": -5,
        "thread_id": None,
        "api_url": "https://api.telegram.org",
        "ca_file": None,
    }
    as_json = json.loads(pamsignal("check-config", path, "--show-effective", "--json").stdout)
    assert as_json["effective"] == effective
    assert len(as_json["fingerprint"]) == 32


def test_a_key_is_explained_from_the_schema():
    answer = pamsignal("check-config", "--explain", "detect.brute_force.attempts")
    assert answer.returncode == 0
    assert "expected: a whole number from 1 to 1000" in answer.stdout
    assert "default: 5" in answer.stdout
    assert json.loads(pamsignal("check-config", "--json", "--explain", "sinks.telegram.token").stdout)["key"]
    assert "login_success" in pamsignal("check-config", "--explain", "sinks.webhook.actions").stdout
    assert "detect.brute_force" in pamsignal("check-config", "--explain", "detect").stdout


@pytest.mark.parametrize("key", ["detect.brute_force.attemts", "", ".", "nonsense", "sinks.nobody", "alerts..actions"])
def test_an_unknown_key_to_explain_is_a_wrong_argument(key):
    answer = pamsignal("check-config", f"--explain={key}")
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_an_unknown_argument_is_an_error():
    assert pamsignal("check-config", "--stricter").returncode == 2
    assert pamsignal("init", "--telegram-token", "x").returncode == 2


@pytest.fixture
def token_file(tmp_path):
    return written(tmp_path / "token", TOKEN + "\n")


def test_init_writes_a_private_file_that_the_check_takes(tmp_path, token_file):
    path = tmp_path / "new" / "pamsignal.yaml"
    words = (
        "--telegram-token-file",
        token_file,
        "--telegram-chat-id=-100123",
        "--webhook-url",
        "https://siem.example.org/",
    )
    answer = pamsignal("init", "--yes", "--output", path, "--trust", "192.0.2.0/24", *words)
    assert answer.returncode == 0, answer.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [beside.name for beside in path.parent.iterdir()] == ["pamsignal.yaml"]
    document = yaml.safe_load(path.read_text())
    assert sorted(document["sinks"]) == ["journald", "telegram", "webhook"]
    assert document["sinks"]["telegram"]["token"] == TOKEN
    assert document["trusted"] == {"networks": ["192.0.2.0/24"]}
    assert "pamsignal test-alert" in answer.stdout
    for secret in ("Kan4rienvogel", document["sinks"]["webhook"]["secrets"][0]):
        assert secret not in answer.stdout + answer.stderr
    assert pamsignal("check-config", path, "--strict").returncode == 0


def test_init_never_touches_what_is_there(tmp_path):
    path = written(tmp_path / "p.yaml", "log_level: debug\n")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for target in (path, tmp_path / "dangling", tmp_path):
        answer = pamsignal("init", "--yes", "--output", target)
        assert answer.returncode == 2
        assert "not touched" in answer.stderr
    assert path.read_text() == "log_level: debug\n"
    assert not (tmp_path / "nowhere").exists()


def test_init_replaces_a_file_that_has_but_comments_as_packages_bring_it(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_bytes((Path(__file__).parents[2] / "packaging/config/pamsignal.yaml").read_bytes())
    assert pamsignal("init", "--yes", "--output", path).returncode == 0
    assert "journald" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_init_leaves_nothing_behind_when_the_answer_is_no_good(tmp_path):
    answer = pamsignal("init", "--yes", "--output", tmp_path / "p.yaml", "--webhook-url", "http://siem.example.org/")
    assert answer.returncode == 78
    assert "sinks.webhook.url: expected https://" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_without_a_terminal_asks_nobody(tmp_path):
    answer = pamsignal("init", "--output", tmp_path / "p.yaml", stdin=subprocess.DEVNULL)
    assert answer.returncode == 2
    assert "--yes" in answer.stderr


def test_init_wants_both_parts_of_telegram(tmp_path, token_file):
    answer = pamsignal("init", "--yes", "--output", tmp_path / "p.yaml", "--telegram-token-file", token_file)
    assert answer.returncode == 2


def test_init_warns_of_a_token_that_others_can_read(tmp_path, token_file):
    token_file.chmod(0o644)
    words = ("--telegram-token-file", token_file, "--telegram-chat-id=-100123", "--output", tmp_path / "p.yaml")
    answer = pamsignal("init", *words)
    assert answer.returncode == 0
    assert answer.stderr.startswith(f"pamsignal: {token_file}: others can read it (mode 0644); delete it")


def test_init_names_the_service_only_for_the_file_that_the_service_reads(tmp_path):
    path = tmp_path / "p.yaml"
    answer = pamsignal("init", "--yes", "--output", path)
    assert f"Next: pamsignal test-alert --config {path}, then: pamsignal run --config {path}\n" in answer.stdout


def talk(path, exchange):
    """Run `init` on a terminal; `exchange` is pairs of what it shows and what is typed then. Return code and output."""
    ours, theirs = pty.openpty()
    command = [*PAMSIGNAL, "init", "--output", str(path)]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as child:
        os.close(theirs)
        told = shown = ""
        for question, answer in exchange:
            while question not in shown:
                chunk = os.read(ours, 4096).decode()
                told, shown = told + chunk, shown + chunk
            shown = shown.partition(question)[2]
            if answer is not None:
                os.write(ours, answer)
        try:
            while chunk := os.read(ours, 4096):
                told += chunk.decode()
        except OSError:
            pass  # the other side closed the terminal
    os.close(ours)
    return child.returncode, told


def test_init_asks_on_a_terminal_checks_each_answer_and_does_not_echo_the_token(tmp_path):
    path = tmp_path / "p.yaml"
    exchange = (
        ("Alerts always go into the journal", None),
        ("Where else", b"pigeon\n"),
        ("none of them", None),
        ("Where else", b"tele\n"),
        ("Token", b"nonsense\n"),
        ("expected a bot token", None),
        ("Token", TOKEN.encode() + b"\n"),
        ("Number of the chat", b"me\n"),
        ("expected the number of a chat", None),
        ("Number of the chat", b"-100123\n"),
        ("Where else", b"disc\n"),
        ("URL of the webhook", b"https://discord.com/api/webhooks/1/Kan4rienvogel\n"),
        ("Where else", b"ntfy\n"),
        ("Topic", b"https://ntfy.sh/Kan4rienvogel\n"),
        ("expected a topic", None),
        ("Topic", b"Kan4rienvogel\n"),
        ("Where else", b"webhook\n"),
        ("URL of the receiver", b"http://siem.example.org/\n"),
        ("expected https://", None),
        ("URL of the receiver", b"https://siem.example.org/\n"),
        ("Where else", b"\n"),
        ("never page", b"192.0.2.0/33\n"),
        ("expected a network", None),
        ("never page", b"192.0.2.0/24, 2001:db8::/32\n"),
    )
    code, told = talk(path, exchange)
    assert code == 0, told
    assert "Kan4rienvogel" not in told
    document = yaml.safe_load(path.read_text())
    assert sorted(document["sinks"]) == ["discord", "journald", "ntfy", "telegram", "webhook"]
    assert document["sinks"]["ntfy"] == {"type": "ntfy", "topic": "Kan4rienvogel"}
    assert document["sinks"]["telegram"]["chat_id"] == "-100123"
    assert document["trusted"]["networks"] == ["192.0.2.0/24", "2001:db8::/32"]


@pytest.mark.parametrize("asked_last", [("Where else", b"\x04"), ("Token", b"\x04")])
def test_answers_that_end_too_early_write_nothing(tmp_path, asked_last):
    before = (("Where else", b"telegram\n"),) if asked_last[0] == "Token" else ()
    code, told = talk(tmp_path / "p.yaml", (*before, asked_last))
    assert (code, "nothing is written" in told) == (2, True)
    assert list(tmp_path.iterdir()) == []
