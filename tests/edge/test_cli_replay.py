"""`pamsignal replay`: its contract, on journal files, directories and JSON lines."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import NOON_US
from tests.harness.checkout import PROJECT
from tests.harness.command import AS_NOBODY, PAMSIGNAL, json_lines, misfits, on_terminal, pamsignal, started
from tests.harness.journals import an_entry, write_journal
from tests.unit.parse.journal_lines import FOLDER

SAMPLE = PROJECT / "pamsignal" / "sample.jsonl"


def replayed(*words, **options):
    answer = pamsignal("replay", "--quiet", *words, **options)
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout


def as_json_line(entry):
    cursor = f"s=1;i={entry['__REALTIME_TIMESTAMP'] - NOON_US:x};b={entry['_BOOT_ID']};m=1;t=1;x=1"
    return json.dumps({"__CURSOR": cursor, **{name: str(value) for name, value in entry.items()}}) + "\n"


def an_attack():
    return [
        an_entry(
            f"Failed password for root from 203.0.113.9 port {50000 + number} ssh2",
            after_s=number * 5,
            _PID=900 + number,
        )
        for number in range(8)
    ]


def without_ids(document):
    """The document without what comes from the place in the file."""
    kept = {name: value for name, value in document["event"].items() if name != "id"}
    extras = {name: value for name, value in document["pamsignal"].items() if name != "event_id"}
    return {**document, "event": kept, "pamsignal": extras}


def test_the_sample_gives_documents_in_the_published_shape_one_a_line():
    documents = json_lines(replayed("--file", SAMPLE))
    assert misfits("event", documents) == []
    assert [one["event"]["action"] for one in documents[:3]] == ["login_success", "login_success", "elevation_success"]
    assert [one["event"]["kind"] for one in documents[:3]] == ["event", "alert", "event"]


def test_every_line_shape_gives_documents_in_the_published_shape(tmp_path):
    samples = (json.loads(line) for path in sorted(FOLDER.rglob("*.jsonl")) for line in path.read_text().splitlines())
    wide = tmp_path / "wide.jsonl"
    wide.write_text(
        "".join(json.dumps({"__CURSOR": f"s=1;i={n:x}", **one["record"]}) + "\n" for n, one in enumerate(samples))
    )
    documents = json_lines(replayed("--file", wide))
    assert len(documents) > 200
    assert misfits("event", documents) == []


def test_a_login_and_its_end_carry_all_that_is_known():
    documents = json_lines(replayed("--file", SAMPLE, "--only", "events"))
    login = documents[0]
    assert login["@timestamp"] == "2026-11-23T12:00:05.000000Z"
    assert login["user"] == {"name": "alice"}
    assert (login["source"]["ip"], login["source"]["port"]) == ("198.51.100.20", 50122)
    assert (login["service"]["name"], login["process"]["pid"]) == ("sshd", 4007)
    assert login["host"]["hostname"] == "web-01"
    assert (login["pamsignal"]["method"], login["pamsignal"]["provenance"]) == ("publickey", "verified")
    assert documents[1]["user"]["target"]["name"] == "root"
    assert documents[-1]["event"]["action"] == "session_closed"
    assert documents[-1]["event"]["duration"] > 2_600 * 10**9


def test_only_names_one_kind_and_both_together_are_all():
    both, events, alerts = (
        replayed("--file", SAMPLE, *words).splitlines() for words in ((), ("--only", "events"), ("--only", "alerts"))
    )
    assert sorted(events + alerts) == sorted(both)
    assert {json.loads(line)["event"]["kind"] for line in events} == {"event"}
    assert {json.loads(line)["event"]["kind"] for line in alerts} == {"alert"}
    assert all(json.loads(line)["rule"]["name"] for line in alerts)


@pytest.mark.parametrize("style", ["ecs", "text"])
def test_the_same_records_give_the_same_bytes_whatever_the_environment(style):
    outputs = {
        replayed("--file", SAMPLE, "--format", style, env={**os.environ, **variables})
        for variables in (
            {"PYTHONHASHSEED": "1", "TZ": "UTC"},
            {"PYTHONHASHSEED": "2", "TZ": "Asia/Kolkata"},
            {"PYTHONHASHSEED": "3", "LANG": "tr_TR.UTF-8", "COLUMNS": "20"},
        )
    }
    assert len(outputs) == 1


def test_a_journal_file_a_directory_and_json_lines_of_the_same_records_are_one(tmp_path):
    journal = write_journal(tmp_path / "journals" / "system.journal", an_attack())
    lines = tmp_path / "attack.jsonl"
    lines.write_text("".join(map(as_json_line, an_attack())))
    from_file, from_directory, from_lines = (
        [without_ids(one) for one in json_lines(replayed(*words))]
        for words in (("--file", journal), ("--directory", journal.parent), ("--file", lines))
    )
    assert from_file == from_directory == from_lines
    assert [one["rule"]["name"] for one in from_file if "rule" in one] == ["brute_force", "brute_force"]


def test_json_lines_can_come_through_a_pipe():
    assert replayed("--file", "-", input=SAMPLE.read_text()) == replayed("--file", SAMPLE)
    broken = pamsignal("replay", "--file", "-", input="nonsense\n")
    assert broken.returncode == 1
    assert broken.stderr.startswith("pamsignal: standard input:1: not a record of `journalctl -o json`")


@pytest.mark.parametrize("make", [write_journal, lambda path, _: path.write_text("{}\n") and path])
@pytest.mark.parametrize("verb", ["replay", "explain"])
def test_a_missing_right_is_77_and_says_what_to_do(open_folder, make, verb):
    path = make(open_folder / "closed.journal", an_attack())
    path.chmod(0)
    answer = pamsignal(verb, "--file", path, **AS_NOBODY)
    assert (answer.returncode, answer.stdout) == (77, "")
    assert "permission denied" in answer.stderr
    assert "sudo" in answer.stderr


def test_several_files_are_read_in_the_order_of_time(tmp_path):
    entries = an_attack()
    first = write_journal(tmp_path / "a.journal", entries[::2])
    second = write_journal(tmp_path / "b.journal", entries[1::2])
    whole = write_journal(tmp_path / "c.journal", entries)
    apart = replayed("--file", second, "--file", first, "--only", "events")
    together = replayed("--file", whole, "--only", "events")
    assert [one["source"]["port"] for one in json_lines(apart)] == [
        one["source"]["port"] for one in json_lines(together)
    ]


def test_since_and_until_name_what_is_read():
    documents = json_lines(
        replayed("--file", SAMPLE, "--since", "2026-11-23T12:12:00+00:00", "--until", "@1795436100", "--only", "events")
    )
    assert {one["user"]["name"] for one in documents} == {"bob"}


def test_since_can_be_said_with_a_minus_as_to_journalctl():
    assert replayed("--file", SAMPLE, "--until", "-1999w") == ""
    assert replayed("--file", SAMPLE, "--since", "-9999w", "--json") == replayed("--file", SAMPLE)


def test_a_configuration_is_used(tmp_path):
    path = tmp_path / "pamsignal.yaml"
    path.write_text("trusted:\n  networks: [203.0.113.0/24]\n")
    path.chmod(0o600)
    rules = [
        one["rule"]["name"] for one in json_lines(replayed("--file", SAMPLE, "--only", "alerts", "--config", path))
    ]
    assert "brute_force" not in rules
    assert "success_after_failures" in rules


def test_nothing_is_sent_and_nothing_is_written(tmp_path):
    strace = shutil.which("strace")
    assert strace, "strace is missing: install the package strace"
    trace = tmp_path / "trace"
    home = tmp_path / "home"
    home.mkdir()
    places = {name: str(home) for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "STATE_DIRECTORY", "TMPDIR")}
    calls = "trace=socket,connect,sendto,sendmsg,open,openat,mkdir,mkdirat,rename,renameat2,unlink,unlinkat"
    subprocess.run(
        [strace, "-f", "-qq", "-e", calls, "-o", trace, *PAMSIGNAL, "replay", "--file", SAMPLE],
        cwd=PROJECT,
        env={**os.environ, **places, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
    )
    lines = trace.read_text().splitlines()
    assert any("sample.jsonl" in line for line in lines)
    changes = re.compile(r"socket\(|connect\(|send|mkdir|rename|unlink|O_WRONLY|O_RDWR|O_CREAT")
    assert [line for line in lines if changes.search(line) and "/dev/null" not in line] == []
    assert list(home.iterdir()) == []


def test_the_end_tells_the_rate_and_verbose_the_lines_nobody_knows(tmp_path):
    strange = write_journal(tmp_path / "a.journal", [an_entry("Something sshd \x1b[2J never said")])
    answer = pamsignal("replay", "--file", strange, "-v")
    assert re.fullmatch(
        r"pamsignal: 1 records, 0 events, 1 lines not understood, 0 spoofed, [\d,]+ records per CPU second\n"
        r"not understood, of sshd: Something sshd \\x1b\[2J never said\n",
        answer.stderr,
    )


def test_progress_shows_on_a_terminal_alone(tmp_path):
    many = write_journal(tmp_path / "many.journal", [an_entry("hello", after_s=n / 10) for n in range(12_000)])
    code, shown = on_terminal("replay", "--file", many)
    assert code == 0
    assert "5,000 records" in shown
    _, quiet = on_terminal("replay", "--file", many, "-q")
    assert "records" not in quiet
    assert pamsignal("replay", "--file", many).stderr.count("\n") == 1


def test_progress_is_plain_where_rich_is_not_installed(tmp_path):
    many = write_journal(tmp_path / "many.journal", [an_entry("hello", after_s=n / 10) for n in range(6_000)])
    (tmp_path / "rich.py").write_text("raise ImportError('as if it were not installed')\n")
    code, shown = on_terminal("replay", "--file", many, PYTHONPATH=str(tmp_path))
    assert code == 0
    assert re.search(r"5,000 records, [\d,]+/s, up to 2026-11-23 12:08:19 \+00:00, 83%, \d+ s left", shown)


def test_people_read_an_event_that_alerts_by_itself_once():
    lines = [line.split("  ", 1)[1] for line in replayed("--file", SAMPLE, "--format", "text").splitlines()]
    assert [line for line in lines if "Login: alice from" in line] == [
        "ALERT notice    Login: alice from 198.51.100.20 by publickey SHA256:q1Yw0Zl5… on web-01"
    ]
    events = replayed("--file", SAMPLE, "--format", "text", "--only", "events")
    assert "event           Login: alice from 198.51.100.20 by publickey SHA256:q1Yw0Zl5… on web-01" in events


def test_people_see_lines_in_their_own_time_and_colours():
    zone = {"TZ": "Asia/Kolkata"}
    _, shown = on_terminal("replay", "--file", SAMPLE, "-q", "--only", "alerts", **zone)
    assert "2026-11-23T17:30:05+05:30  ALERT notice    Login: alice" in shown
    assert "\x1b[1;31m" in shown
    _, in_utc = on_terminal("replay", "--file", SAMPLE, "-q", "--only", "alerts", "--utc", "--no-color", **zone)
    assert in_utc.startswith("2026-11-23T12:00:05Z  ALERT notice    Login: alice")
    assert "\x1b" not in in_utc


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_declined(variables):
    assert "\x1b" not in on_terminal("replay", "--file", SAMPLE, "-q", **variables)[1]


def test_colours_can_be_demanded():
    shown = replayed("--file", SAMPLE, "--format", "text", env={**os.environ, "CLICOLOR_FORCE": "1"})
    assert "\x1b[1;31m" in shown


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m pamsignal replay --file {SAMPLE} | head -1; echo ${{PIPESTATUS[0]}}"
    answer = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[1:] == ["0"]
    assert "Traceback" not in answer.stderr
    assert "Broken" not in answer.stderr


def test_a_full_disk_is_said_in_one_line():
    with Path("/dev/full").open("w") as full:
        answer = pamsignal("replay", "-q", "--file", SAMPLE, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert answer.stderr == "pamsignal: the output cannot be written: No space left on device\n"
    assert answer.returncode == 1


def test_an_interruption_is_quiet_and_130(tmp_path):
    endless = tmp_path / "endless"
    os.mkfifo(endless)
    process = started("replay", "--file", endless)
    with process, endless.open("w") as writer:
        writer.write(as_json_line(an_entry()) * 100)
        writer.flush()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--file", "x", "--directory", "y"), 2, "give either --file or --directory, not both"),
        (("--json", "--format", "text"), 2, "give either --json or --format text, not both"),
        (("--directory", "tests/edge"), 1, "no journal in tests/edge; give one with --file or --directory"),
        (("--file", "/nowhere.journal"), 1, "/nowhere.journal: no such file"),
        (("--directory", "/nowhere"), 1, "/nowhere: no such file"),
        (("--file", str(SAMPLE), "--since", "soonish"), 2, "'soonish' is no time"),
        (("--file", "/dev/null", "--config", "/nowhere.yaml"), 78, "/nowhere.yaml:1:1: expected"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(words, code, said):
    answer = pamsignal("replay", *words)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert answer.stderr.startswith(f"pamsignal: {said}")


@pytest.mark.parametrize(("style", "start"), [("cef", "CEF:0|"), ("leef", "LEEF:1.0|")])
def test_formats_for_a_siem_give_one_line_for_each_event_and_alert(style, start):
    as_ecs = pamsignal("replay", "--file", SAMPLE, "--format", "ecs").stdout.splitlines()
    lines = pamsignal("replay", "--file", SAMPLE, "--format", style).stdout.splitlines()
    assert len(lines) == len(as_ecs) > 0
    actions = [json.loads(line)["event"]["action"] for line in as_ecs]
    assert [line.split("|")[4] for line in lines] == actions
    assert all(line.startswith(start) for line in lines)


def test_a_line_that_is_no_record_is_named_with_its_place(tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text(as_json_line(an_entry()) + "{nonsense\n")
    answer = pamsignal("replay", "--file", broken)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"pamsignal: {broken}:2: not a record of `journalctl -o json`")


def test_a_damaged_file_of_a_directory_is_named_and_passed_over(tmp_path):
    good = write_journal(tmp_path / "good.journal", an_attack())
    (tmp_path / "bad.journal").write_bytes(good.read_bytes()[:4000])
    answer = pamsignal("replay", "--directory", tmp_path)
    assert answer.returncode == 0
    assert f"pamsignal: passed over: {tmp_path}/bad.journal: cut short" in answer.stderr
    assert len(json_lines(answer.stdout)) > 8
