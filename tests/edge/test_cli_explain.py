"""`pamsignal explain`: its contract on every line shape, on any bytes, and while the input still comes."""

from __future__ import annotations

import json
import select
import subprocess
from pathlib import Path

import pytest

from tests.harness.checkout import PROJECT
from tests.harness.command import PAMSIGNAL, json_lines, misfits, on_terminal, pamsignal, started
from tests.harness.journals import an_entry, write_journal
from tests.unit.parse.journal_lines import FOLDER

KEYS = (
    *("line", "pid", "matched", "pattern", "action", "outcome", "user", "target_user"),
    *("source_ip", "source_port", "method", "service", "provenance"),
)
ACCEPTED = "Accepted password for alice from 203.0.113.9 port 50022 ssh2"
SAMPLE = [json.loads(line) for path in sorted(FOLDER.rglob("*.jsonl")) for line in path.read_text().splitlines()]


def explained(text):
    answer = pamsignal("explain", "-", "--json", input=text)
    assert (answer.returncode, answer.stderr) == (0, "")
    return json_lines(answer.stdout)


def explained_bytes(content):
    answer = pamsignal("explain", "-", "--json", input=content, text=False)
    assert (answer.returncode, answer.stderr) == (0, b"")
    return json_lines(answer.stdout.decode("ascii"))


def expected_of(sample):
    """What the contract says of a line, from what the parser is expected to see."""
    expect = sample["expect"]
    if expect is None or "pattern" not in expect:
        return {"matched": False, **dict.fromkeys(KEYS[3:])}
    ip, port = place_of(expect.get("source"))
    names = ("pattern", "action", "outcome", "user", "target_user", "method", "service", "provenance")
    return {**{name: expect.get(name) for name in names}, "matched": True, "source_ip": ip, "source_port": port}


def place_of(source):
    if source is None:
        return None, None
    host, colon, port = source.rpartition(":") if "]:" in source or source.count(":") == 1 else (source, "", "")
    host = host.strip("[]")
    return (host if host[:1].isdigit() or ":" in host else None), (int(port) if colon else None)


def without_place(answer):
    return {name: value for name, value in answer.items() if name not in ("line", "pid")}


def test_every_line_shape_is_told_by_its_record():
    records = [{"__CURSOR": "s=1", **sample["record"]} for sample in SAMPLE]
    lines = [json.dumps(record) for record in records]
    answers = explained("".join(f"{line}\n" for line in lines))
    assert [answer["line"] for answer in answers] == lines
    for sample, answer in zip(SAMPLE, answers):
        assert tuple(answer) == KEYS
        assert without_place(answer) == expected_of(sample), sample["why"]
        assert answer["pid"] == int(sample["record"]["_PID"])
    assert misfits("explain", answers) == []


def test_every_line_shape_is_told_by_its_line_in_a_log_file_where_nothing_vouches_for_it():
    samples = [sample for sample in SAMPLE if is_a_line(sample["record"])]
    lines = [
        f"Nov  3 12:00:00 web-01.example.org {sample['record']['SYSLOG_IDENTIFIER']}[77]: {sample['record']['MESSAGE']}"
        for sample in samples
    ]
    answers = explained("".join(f"{line}\n" for line in lines))
    assert [answer["line"] for answer in answers] == lines
    for sample, answer in zip(samples, answers):
        assert answer["pid"] == 77
        assert without_place(answer) == {**expected_of(sample), "provenance": None}, sample["why"]


def is_a_line(record):
    """Whether syslog could say it: a name of the program's own, one line, no fields besides."""
    identifier, program = record.get("SYSLOG_IDENTIFIER"), Path(record.get("_EXE", "")).name
    is_disguised = program in ("su", "sudo", "doas", "pkexec", "passwd") and identifier != program
    return identifier and not is_disguised and "MESSAGE_ID" not in record and "\n" not in record["MESSAGE"]


@pytest.mark.parametrize(
    ("line", "pid"),
    [
        (ACCEPTED, None),
        (f"Nov 23 12:00:00 web-01 sshd[77]: {ACCEPTED}", 77),
        (f"Nov  3 12:00:00 web-01.example.org sshd: {ACCEPTED}", None),
        (f"Nov 23 12:00:00.123456 web-01 sshd-session[77]: {ACCEPTED}", 77),
        (f"2026-11-23T12:00:00.123456+01:00 web-01 sshd[77]: {ACCEPTED}", 77),
        (f"2026-11-23T12:00:00Z 2001:db8::1 sshd[77]: {ACCEPTED}", 77),
        (f"<38>Nov 23 12:00:00 web-01 sshd[77]: {ACCEPTED}", 77),
        (f"sshd[77]: {ACCEPTED}", 77),
        (f"sshd-session: {ACCEPTED}", None),
    ],
)
def test_a_line_has_many_dialects(line, pid):
    (answer,) = explained(f"{line}\n")
    assert (answer["line"], answer["pid"], answer["action"], answer["user"]) == (line, pid, "login_success", "alice")


def test_what_is_not_ours_has_null_for_all_but_the_line_and_its_pid():
    lines = ["", "hello", "Nov 23 12:00:00 web-01 kernel: [  1.5] usb 1-1: new device", "{", "{}", "[1]", '{"a": 1}']
    lines += ["Nov 23 12:00:00 web-01 nginx[12]: Accepted password for root from 203.0.113.9 port 1 ssh2"]
    answers = explained("".join(f"{line}\n" for line in lines))
    assert [answer["line"] for answer in answers] == lines
    assert [answer["pid"] for answer in answers] == [None] * (len(lines) - 1) + [12]
    for answer in answers:
        assert [answer[name] for name in KEYS[2:]] == [False] + [None] * 10


def test_any_bytes_give_one_answer_a_line():
    name = "x" * 65_536
    lines = [
        b"\x00\xff\xfe\x1b[31m",
        b"Invalid user a\x00b\xff from 203.0.113.9 port 50022",
        f"Failed password for invalid user {name} from 203.0.113.9 port 50022 ssh2".encode(),
        b"\xed\xa0\x80",
        b'{"MESSAGE":"Invalid user \\ud800 from 203.0.113.9 port 50022","SYSLOG_IDENTIFIER":"sshd"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        "Accepted password for \u2028alice\x85\x0b from 203.0.113.9 port 50022 ssh2".encode(),
    ]
    answers = explained_bytes(b"\n".join(lines))
    assert len(answers) == len(lines)
    assert (answers[2]["user"], answers[2]["source_ip"]) == (name, "203.0.113.9")
    assert misfits("explain", answers) == []


def test_lines_that_end_like_those_of_windows_are_the_same_lines():
    answers = explained_bytes(f"{ACCEPTED}\r\n".encode())
    assert [(answer["line"], answer["matched"]) for answer in answers] == [(ACCEPTED, True)]


def test_a_record_may_hold_its_text_as_bytes_and_a_field_twice():
    record = {
        "MESSAGE": list(ACCEPTED.encode()),
        "SYSLOG_IDENTIFIER": ["sshd", "su"],
        "_UID": "0",
        "_PID": "9",
        "_EXE": "/usr/sbin/sshd",
        "__REALTIME_TIMESTAMP": "1795435200000000",
    }
    (answer,) = explained(json.dumps(record) + "\n")
    assert (answer["action"], answer["pid"], answer["provenance"]) == ("login_success", 9, "verified")


@pytest.mark.parametrize(
    ("fields", "grade"),
    [
        ({"_EXE": "/usr/sbin/sshd", "_UID": "0"}, "verified"),
        ({"_UID": "0"}, "root-attested"),
        ({"_UID": "1000"}, "unverified"),
        ({"_EXE": "/usr/bin/logger", "_UID": "1000"}, "spoofed"),
        ({"SYSLOG_PID": "7"}, None),
    ],
)
def test_provenance_is_null_where_no_field_tells_who_wrote_the_line(fields, grade):
    (answer,) = explained(json.dumps({"MESSAGE": ACCEPTED, "SYSLOG_IDENTIFIER": "sshd", **fields}) + "\n")
    assert (answer["matched"], answer["provenance"]) == (True, grade)


def test_a_journal_file_and_the_same_lines_in_a_file_are_told_alike(tmp_path):
    journal = write_journal(tmp_path / "a.journal", [an_entry(), an_entry("hello", after_s=1)])
    lines = tmp_path / "auth.log"
    lines.write_text(f"{ACCEPTED}\nhello\n")
    from_journal, from_lines = (
        json_lines(pamsignal("explain", "--file", path, "--json").stdout) for path in (journal, lines)
    )
    assert [answer["line"] for answer in from_journal] == [ACCEPTED, "hello"]
    assert [answer["provenance"] for answer in from_journal] == ["verified", None]
    assert [answer["action"] for answer in from_lines] == [answer["action"] for answer in from_journal]


def test_a_file_can_be_a_pipe():
    command = f"{' '.join(PAMSIGNAL)} explain --json --file <(echo '{ACCEPTED}')"
    answer = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert [one["line"] for one in json_lines(answer.stdout)] == [ACCEPTED]


def test_a_line_is_answered_while_the_input_is_still_open():
    process = started("explain", "-", "--json")
    with process:
        process.stdin.write(f"{ACCEPTED}\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], 30)
        assert ready
        assert json.loads(process.stdout.readline())["matched"] is True
        process.stdin.close()
    assert process.returncode == 0


def test_without_a_line_it_reads_what_is_piped_to_it():
    assert len(json_lines(pamsignal("explain", "--json", input=f"{ACCEPTED}\n").stdout)) == 1
    assert pamsignal("explain", "--json", input="").stdout == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("explain", "x", "--file", "y"), 2, "give either a line or --file, not both"),
        (("explain", "--file", "/nowhere/x.journal"), 1, "/nowhere/x.journal: no such file"),
        (("explain", "--file", "/"), 1, "/: cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(words, code, said):
    answer = pamsignal(*words)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert answer.stderr.startswith(f"pamsignal: {said}")
    assert answer.stderr.count("\n") == 1


def test_people_are_told_whether_a_line_counts_and_alerts_and_why_not():
    forged = {"MESSAGE": ACCEPTED, "SYSLOG_IDENTIFIER": "sshd", "_EXE": "/usr/bin/logger", "_UID": "1001", "_PID": "5"}
    answer = pamsignal("explain", "-", "-v", input=f"{ACCEPTED}\n{json.dumps(forged)}\nsshd\n")
    login, forgery, nothing = answer.stdout.split("\n\n")[:3]
    assert "alerted     yes, with the default settings" in login
    assert "counted     no: the fields that nobody can forge say that another program wrote this line" in forgery
    assert "written by  exe /usr/bin/logger, uid 1001, pid 5" in forgery
    assert "matched     no: not a line about logins" in nothing


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"web-01 sshd[77]: {ACCEPTED}", "no: not understood; give the bare message, or a full syslog line"),
        (f"nginx[77]: {ACCEPTED}", "no: not a line about logins"),
        ("sshd[77]: what is this", "no: a line of sshd in a shape pamsignal does not know"),
        ("the sudo of others: nothing", "no: not a line about logins"),
    ],
)
def test_a_line_that_is_not_matched_says_why(line, said):
    assert f"matched     {said}" in pamsignal("explain", line).stdout


def test_every_kind_of_line_reads_well():
    text = "".join(json.dumps({"__CURSOR": "s=1", **sample["record"]}) + "\n" for sample in SAMPLE)
    paragraphs = pamsignal("explain", "-", input=text).stdout.rstrip("\n").split("\n\n")
    assert len(paragraphs) == len(SAMPLE)
    for paragraph in paragraphs:
        rows = dict(line.split(None, 1) for line in paragraph.splitlines()[1:])
        assert "matched" in rows or {"pattern", "action", "counted", "alerted"} <= set(rows), paragraph
        assert "None" not in rows.values()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sshd[1]: Disconnected from user alice 203.0.113.9 port 50022", "no: the end of a connection after its login"),
        ("CRON[1]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", "no: sessions of cron are"),
        (
            "sshd[1]: error: maximum authentication attempts exceeded for root from 203.0.113.9 port 1 ssh2 [preauth]",
            "no: it repeats tries",
        ),
        ("su[1]: FAILED SU (to root) alice on pts/0", "yes: an attempt"),
    ],
)
def test_a_line_that_means_something_and_counts_for_nothing_says_why(line, said):
    shown = pamsignal("explain", f"Nov 23 12:00:00 web-01 {line}").stdout
    assert f"counted     {said}" in shown


def test_hostile_text_moves_no_cursor():
    code, shown = on_terminal("explain", "Invalid user \x1b]0;x\x07\u202e from 203.0.113.9 port 50022", NO_COLOR="1")
    assert code == 0
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert r"\x1b]0;x\x07\u202e" in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sshd[1]: User bob from 203.0.113.9 not allowed because not listed in AllowUsers", "yes, as info: only sinks"),
        (
            "sudo[1]:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id",
            "no, unless alerts.actions names elevation_success, and a sink has min_severity: info",
        ),
        ("su[1]: FAILED SU (to root) alice on pts/0", "not by itself: local_brute_force alerts when they add up"),
        ("usermod[1]: add 'alice' to group 'sudo'", "yes, with the default settings (alerts.actions)"),
    ],
)
def test_people_are_told_which_keys_decide_whether_they_hear_of_it(line, said):
    shown = pamsignal("explain", f"Nov 23 12:00:00 web-01 {line}").stdout
    assert f"alerted     {said}" in shown
