"""The kernel's audit of typing, from real journal files with the fields that journald gives such a record.

journald-audit.c of systemd 247 to 257: transport, type and id, facility 4, the identifier `audit`, and of the kernel's
own fields `_PID`, `_UID`, `_COMM`, `_AUDIT_SESSION`, `_AUDIT_LOGINUID` and, of those that it has no name for, `_AUDIT_FIELD_*`.
"""

from __future__ import annotations

import json
import pwd

import pytest

from pamsignal.cli.explain import explain_record
from pamsignal.journal import JournalReader, Source
from tests.harness.audit_logs import an_audited_login
from tests.harness.checkout import UNPACKED
from tests.harness.command import pamsignal
from tests.harness.daemon import a_login
from tests.harness.journals import an_entry, write_journal
from tests.harness.syslog_servers import Server
from tests.harness.trails import records_in

SECRET = "correct-horse-battery"
CANARIES = (SECRET, SECRET.encode().hex(), SECRET.encode().hex().upper())


def typing(text=f"{SECRET}\r", uid=0, auid=0, comm="bash", **fields):
    """The message of a TTY record, and the fields that an entry of journald has with it."""
    data = text.encode().hex().upper()
    message = f'TTY tty pid=4711 uid={uid} auid={auid} ses=3 major=136 minor=0 comm="{comm}" data={data}'
    return message, {
        "_TRANSPORT": "audit",
        "_AUDIT_TYPE": 1319,
        "_AUDIT_TYPE_NAME": "TTY",
        "_AUDIT_ID": 901,
        "SYSLOG_FACILITY": 4,
        "SYSLOG_IDENTIFIER": "audit",
        "_PID": 4711,
        "_UID": uid,
        "_AUDIT_LOGINUID": auid,
        "_AUDIT_SESSION": 3,
        "_COMM": comm,
        "_AUDIT_FIELD_MAJOR": 136,
        "_AUDIT_FIELD_MINOR": 0,
        "_AUDIT_FIELD_DATA": data,
        "PRIORITY": 5,
        **dict.fromkeys(("_EXE", "_GID", "_SYSTEMD_UNIT", "SYSLOG_PID")),
        **fields,
    }


def forged(text=f"{SECRET}\r"):
    """What `logger -t audit` can do: the same text and identifier, but never the transport."""
    message, _ = typing(text)
    return message, {"SYSLOG_IDENTIFIER": "audit", "_UID": 1000, "_EXE": "/usr/bin/logger", "_COMM": "logger"}


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file() and "journal" not in path.parts[-2:-1]]


def leaks(folder):
    """The files below `folder`, but for the journal itself, in which what was typed stands in any form."""
    return [
        path.name for path in files_below(folder) if any(canary.encode() in path.read_bytes() for canary in CANARIES)
    ]


def trail(service):
    """What is told of typing."""
    records = records_in(service.folder / "logs")
    return [record["event"] for record in records if record.get("event", {}).get("action") == "tty_input"]


def configure(service, audit, sink="siem: {type: console}"):
    service.configure(f"journal: {{directory: {service.folder}/journal}}\n{audit}\nsinks:\n  {sink}\n")


def a_story(service, is_told=lambda: True):
    """Typing, a forged line, and a login by which one sees that the daemon has read so far; ends when it `is_told`."""
    service.write("Server listening on :: port 22.")
    service.start()
    service.write(typing(), forged(), typing("ls\r", uid=33), a_login(1))
    service.until(lambda: "login_success" in "".join(p.read_text() for p in (service.folder / "logs").glob("*.jsonl")))
    service.until(is_told)
    assert service.stop() == 0


def test_the_matches_that_there_are_find_the_records_of_the_kernel(tmp_path):
    message, fields = typing()
    write_journal(tmp_path / "a.journal", [an_entry(message, **fields)])
    (record,) = JournalReader(Source(directory=str(tmp_path))).read(10)
    assert (record.transport, record.identifier, record.uid, record.pid) == ("audit", "audit", 0, 4711)
    assert record.message == message


@pytest.mark.parametrize("audit", ["", "audit: {enabled: false, keystrokes: false}", "audit: {keystrokes: true}"])
def test_switched_off_it_leaves_no_trace_anywhere(service, audit):
    configure(service, audit)
    a_story(service)
    assert trail(service) == []
    assert leaks(service.folder) == []
    assert "tty_input" not in (service.folder / "run/status.json").read_text()


def test_switched_on_the_trail_says_who_and_how_much_and_nothing_says_what(service):
    configure(service, "audit: {enabled: true}")
    a_story(service)
    one, other = trail(service)
    assert (one["user"], one["user_id"], one["session_id"], one["tty"]) == ("root", 0, "3", "pts/0")
    assert one["typed"] == {"program": "bash", "size_bytes": len(SECRET) + 1}
    assert other["typed"] == {"program": "bash", "size_bytes": 3}
    assert other["target_user"] == pwd.getpwuid(33).pw_name
    assert leaks(service.folder) == []


def test_history_shows_it_without_what_was_typed(service):
    configure(service, "audit: {enabled: true}")
    a_story(service)
    for options in ((), ("--json",), ("--csv",), ("--verbose",)):
        answer = pamsignal("history", "--directory", service.folder / "logs", "--action", "tty_input", *options)
        assert answer.stdout.count("bash") + answer.stdout.count("tty_input") >= 2, answer.stderr
        assert not any(canary in answer.stdout for canary in CANARIES)


def test_with_keystrokes_the_trail_says_what(service):
    configure(service, "audit: {enabled: true, keystrokes: true}")
    a_story(service)
    assert [event["typed"].get("text") for event in trail(service)] == [f"{SECRET}\r", "ls\r"]
    assert {name.rpartition(".")[2] for name in leaks(service.folder)} == {"jsonl"}


@pytest.mark.skipif(not UNPACKED.exists(), reason="no rsyslog unpacked here (Debian and Ubuntu only)")
@pytest.mark.parametrize(("keystrokes", "texts"), [("false", [None, None]), ("true", [f"{SECRET}\r", "ls\r"])])
def test_what_was_typed_leaves_the_host_only_where_it_is_switched_on(service, tmp_path, keystrokes, texts):
    with Server("rsyslog", tmp_path) as collector:
        sink = f"siem: {{type: syslog, host: 127.0.0.1, port: {collector.port}, transport: tcp, format: ecs}}"
        configure(service, f"audit: {{enabled: true, keystrokes: {keystrokes}}}", sink)
        a_story(service, lambda: len(collector.lines()) >= 3)
        documents = [json.loads(one["message"]) for one in collector.messages(3)]
    sent = [one["process"] for one in documents if one["event"]["action"] == "tty_input"]
    assert [one["io"].get("text") for one in sent] == texts
    assert [one["io"]["total_bytes_captured"] for one in sent] == [len(SECRET) + 1, 3]
    assert {one["event"]["kind"] for one in documents if one["event"]["action"] == "tty_input"} == {"event"}


def test_a_reload_switches_it_on_and_off(service):
    configure(service, "audit: {enabled: false}")
    service.write("Server listening on :: port 22.")
    service.start()
    configure(service, "audit: {enabled: true}")
    known = len(service.notified)
    service.send(1)
    service.until(lambda: any("READY=1" in text for text in service.notified[known:]))
    service.write(typing())
    service.until(lambda: trail(service))
    service.stop()


def test_explain_says_what_a_record_is_and_not_what_was_typed(tmp_path):
    message, fields = typing()
    path = write_journal(tmp_path / "a.journal", [an_entry(message, **fields)])
    for options in ((), ("--json",), ("--verbose",)):
        answer = pamsignal("explain", "--file", str(path), *options)
        assert "tty_input" in answer.stdout
        assert not any(canary in answer.stdout + answer.stderr for canary in CANARIES)
    (record,) = JournalReader(Source(files=(str(path),))).read(10)
    assert explain_record(record, "").meaning.typed.text is None


def test_replay_makes_nothing_of_it_with_the_defaults(tmp_path):
    message, fields = typing()
    path = write_journal(tmp_path / "a.journal", [an_entry(message, **fields)])
    answer = pamsignal("replay", "--file", str(path))
    assert answer.stdout == ""
    assert "0 events, 0 lines not understood" in answer.stderr


def test_a_login_that_only_the_kernel_tells_of_is_told_from_a_real_journal(tmp_path):
    config = tmp_path / "pamsignal.yaml"
    config.write_text("audit: {enabled: true}\nsinks:\n  out: {type: console}\n")
    config.chmod(0o600)
    entries = [an_entry(_PID=3), audited_entry(3, after_s=0.1), audited_entry(4, after_s=1)]
    path = write_journal(tmp_path / "a.journal", entries)
    answer = pamsignal("replay", "--file", path, "--config", config, "--json")
    documents = [json.loads(line) for line in answer.stdout.splitlines()]
    by_rule = [one["rule"]["name"] for one in documents if one["event"]["kind"] == "alert"]
    assert by_rule[:2] == ["login_success", "login_without_line"], answer.stderr
    assert [one["event"]["action"] for one in documents if one["event"]["kind"] == "event"] == ["login_success"]
    assert "uid 1000 from 198.51.100.4" in answer.stdout


def audited_entry(pid, **changes):
    fields = {**typing()[1], "_AUDIT_TYPE": 1112, "_AUDIT_TYPE_NAME": "USER_LOGIN", "_PID": pid}
    return an_entry(an_audited_login(pid=pid, address="198.51.100.4"), **{**fields, **changes})
