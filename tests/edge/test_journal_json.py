"""JSON lines of `journalctl -o json` read like the journal itself."""

import json
import os
import subprocess

import pytest

from pamsignal.errors import JournalError
from pamsignal.journal import JournalReader, Source, read_json_lines, record_from_json, records_from
from tests.builders import NOON_US
from tests.harness.journals import an_entry, write_journal


def test_the_journal_and_its_json_give_the_same_records(tmp_path):
    entries = [
        an_entry("plain"),
        an_entry(b"bytes \x00\xff\n", after_s=1),
        an_entry(["one", "two"], after_s=2),
        an_entry("no pid", after_s=3, SYSLOG_PID="x", _EXE=None),
        an_entry(
            "logind", after_s=4, MESSAGE_ID="8d45620c1a4348dbb17410da57c60c66", SESSION_ID="c5", LEADER=["7", "8"]
        ),
        an_entry("long " * 2000, after_s=5),
    ]
    path = str(write_journal(tmp_path / "a.journal", entries))
    lines = subprocess.run(
        ["journalctl", "--file", path, "-o", "json", "--all"], capture_output=True, check=True
    ).stdout
    (tmp_path / "a.jsonl").write_bytes(lines)

    from_journal = list(records_from([path]))
    from_json = list(records_from([str(tmp_path / "a.jsonl")]))

    assert len(from_journal) == len(entries)
    assert from_json == from_journal
    assert from_journal == JournalReader(Source(files=(path,))).read(100)


def test_journal_files_are_merged_by_time_and_json_files_follow(tmp_path):
    late = write_journal(tmp_path / "late.journal", [an_entry("late", after_s=9)])
    early = write_journal(tmp_path / "early.journal", [an_entry("early")])
    lines = tmp_path / "x.jsonl"
    lines.write_text('{"__REALTIME_TIMESTAMP": "1", "MESSAGE": "json"}\n\n')

    records = records_from([str(late), str(lines), str(early)])

    assert [record.message for record in records] == ["early", "late", "json"]


def test_a_pipe_of_the_shell_is_read_from_its_beginning_to_its_end():
    numbers = [str(number) for number in range(1000)]
    read_end, write_end = os.pipe()
    os.write(write_end, "".join(f'{{"__REALTIME_TIMESTAMP": "1", "MESSAGE": "{n}"}}\n' for n in numbers).encode())
    os.close(write_end)

    assert [record.message for record in records_from([f"/dev/fd/{read_end}"])] == numbers
    os.close(read_end)


def test_more_records_than_one_batch_are_all_read(tmp_path):
    path = write_journal(tmp_path / "a.journal", [an_entry(str(n), after_s=n) for n in range(2500)])

    assert [record.message for record in records_from([str(path)])] == [str(n) for n in range(2500)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "h:2: "),
        (b"[]", "h:2: .*an object"),
        (b"\xff", "h:2: "),
        (b"[" * 100_000, "h:2: "),
        (b"{}", "h:2: .*__REALTIME_TIMESTAMP is missing"),
        (b'{"__REALTIME_TIMESTAMP": "soon"}', "h:2: .*__REALTIME_TIMESTAMP"),
        (b'{"__REALTIME_TIMESTAMP": ' + b"9" * 5000 + b"}", "h:2: "),
        (b'{"__REALTIME_TIMESTAMP": "1", "MESSAGE": [300]}', "h:2: "),
    ],
)
def test_a_line_that_is_no_record_is_named(line, expected):
    with pytest.raises(JournalError, match=expected):
        list(read_json_lines([b'{"__REALTIME_TIMESTAMP": "1"}\n', line + b"\n"], "h"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("text", "text"),
        (None, ""),
        ([104, 105, 255], "hi\\xff"),
        (["one", "two"], "one"),
        ([[104, 105], "x"], "hi"),
        (7, "7"),
    ],
)
def test_every_form_of_a_value_is_read(value, message):
    line = json.dumps({"__REALTIME_TIMESTAMP": str(NOON_US), "MESSAGE": value})

    assert record_from_json(line.encode()).message == message


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(JournalError, match=r"nothing\.jsonl: no such file"):
        list(records_from([str(tmp_path / "nothing.jsonl")]))
