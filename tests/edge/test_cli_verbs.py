"""Every verb: help, wrong words, and a program that stays calm whatever its streams are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pamsignal import __version__
from pamsignal.cli import VERBS
from tests.harness.checkout import PROJECT
from tests.harness.command import json_lines, misfits, pamsignal
from tests.harness.waiting import PATIENCE_S


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb):
    answer = pamsignal(verb, "--help")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert f"usage: pamsignal {verb} " in answer.stdout
    for option in ("--config", "--json", "--no-color", "--utc", "--quiet", "--verbose"):
        assert option in answer.stdout


def test_the_help_of_all_names_every_verb_and_exit_code():
    answer = pamsignal("--help")
    assert all(f"  {verb} " in answer.stdout or f"  {verb}\n" in answer.stdout for verb in VERBS)
    assert all(f" {code} " in answer.stdout for code in (0, 1, 2, 3, 4, 70, 77, 78, 130))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("words", [("--no-such-option",), ("--utx",), ("one", "word", "too", "many")])
def test_a_wrong_word_is_2_with_the_usage(verb, words):
    if verb == "test-alert" and words[0] == "one":
        words = ("--dry-run=maybe",)  # it takes as many names as there are
    answer = pamsignal(verb, *words)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith("usage: pamsignal")


def test_a_verb_that_does_not_exist_is_2():
    answer = pamsignal("explode")
    assert answer.returncode == 2
    assert "explode" in answer.stderr


def test_no_word_at_all_is_2_with_the_help():
    answer = pamsignal()
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == pamsignal("--help").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "--wach"), "there is no option --wach; did you mean --watch?"),
        (("--jsn", "status"), "there is no option --jsn; did you mean --json?"),
        (("explain", "Failed", "password", "for", "root"), "too many words: put the line in quotes"),
        (("replay", "\x1b[2J"), "too many words: \\x1b[2J"),
    ],
)
def test_wrong_words_get_the_usage_of_their_verb_and_advice(words, said):
    verb = words[0] if words[0] in VERBS else words[1]
    answer = pamsignal(*words)
    assert answer.stderr.startswith(f"usage: pamsignal {verb} ")
    assert answer.stderr.endswith(f"pamsignal {verb}: error: {said}\n")


@pytest.mark.parametrize("verb", ["run", "test-alert", "replay", "check-config"])
def test_a_missing_configuration_is_said_without_a_traceback(verb):
    answer = pamsignal(verb, "--config", "/nowhere/p.yaml", timeout=PATIENCE_S)
    assert answer.returncode in (2, 78)
    assert "/nowhere/p.yaml" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_version_is_told_to_people_and_programs():
    assert pamsignal("--version").stdout == f"pamsignal {__version__}\n"
    assert json_lines(pamsignal("--json", "--version").stdout) == [{"version": __version__}]
    assert json_lines(pamsignal("--version", "--json").stdout) == [{"version": __version__}]


def test_what_check_config_says_in_json_fits_its_schema(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("log_level: debug\n")
    bad.write_text("hostnam: x\nlog_level: off\n")
    for path in (good, bad):
        path.chmod(0o600)
        answers = json_lines(pamsignal("check-config", "--json", "--show-effective", path).stdout)
        assert len(answers) == 1
        assert misfits("check-config", answers) == []


@pytest.mark.parametrize("redirection", [">&-", "<&- >&-", ">&- 2>&-"])
def test_closed_streams_are_no_bug(redirection):
    command = f"{sys.executable} -m pamsignal explain hello {redirection}"
    answer = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_closed_input_is_an_empty_one():
    command = f"{sys.executable} -m pamsignal explain - <&-"
    answer = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_an_encoding_without_our_characters_is_no_bug():
    words = ("replay", "-q", "--format", "text", "--file", "pamsignal/sample.jsonl")
    answer = pamsignal(*words, env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"})
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.isascii()


def test_a_bug_is_70_with_a_traceback():
    program = (
        "import sys; from pamsignal import cli, parse\n"
        "parse.observe_line = lambda line: 1 / 0\n"
        "sys.exit(cli.main(['explain', 'hello']))"
    )
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert answer.returncode == 70
    assert "ZeroDivisionError" in answer.stderr
    assert answer.stderr.endswith("this is a bug, please report it with the lines above\n")
