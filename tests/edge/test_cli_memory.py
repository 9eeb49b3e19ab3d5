"""`pamsignal memory`: read beside a running daemon, forgotten by it, and never through a link."""

from __future__ import annotations

import os
import signal
import sqlite3

import pytest

from pamsignal.daemon import familiarity
from pamsignal.deliver.store import open_store
from pamsignal.deliver.turn import Turn
from pamsignal.detect.familiar import LEARNING, Change, Fact
from tests.builders import NOON_US
from tests.harness.command import json_lines, misfits, on_terminal, pamsignal
from tests.harness.daemon import a_login, documents, webhook_config
from tests.harness.receiver import Receiver

HOSTILE = "eve\x1b[2J\n"
FACTS = [
    LEARNING,
    Fact("login", "alice", ""),
    Fact("address", "alice", "203.0.113.9"),
    Fact("network", "alice", "64500"),
    Fact("address", "bob", "2001:db8::/64"),
    Fact("login", HOSTILE, ""),
]


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "state.db"
    store = open_store(str(path))
    changes = [Change(fact, NOON_US + number) for number, fact in enumerate(FACTS)]
    store.commit(Turn(NOON_US, remembered=familiarity.rows(changes)))
    store.close()
    return path


def memory(database, *words):
    return pamsignal("memory", "--file", database, *words)


def remembered(database, *words):
    answer = memory(database, "--json", *words)
    assert (answer.returncode, answer.stderr) == (0, "")
    return [(one["user"], one["kind"], one["value"]) for one in json_lines(answer.stdout)]


def test_it_shows_who_was_seen_with_what_and_when(database):
    lines = memory(database, "--user", "alice").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["alice", "address", "203.0.113.9", "2026-11-23T12:00:00Z"],
        ["alice", "login", "-", "2026-11-23T12:00:00Z"],
        ["alice", "network", "64500", "2026-11-23T12:00:00Z"],
    ]
    assert "(learning began)" in memory(database).stdout


def test_a_hostile_name_stays_on_its_line_on_a_terminal(database):
    code, shown = on_terminal("memory", "--file", database)
    assert code == 0
    assert "\x1b[2J" not in shown
    assert len(shown.splitlines()) == len(FACTS)


def test_in_json_it_fits_its_schema(database):
    answers = json_lines(memory(database, "--json").stdout)
    assert len(answers) == len(FACTS)
    assert misfits("memory", answers) == []


def test_what_is_forgotten_is_gone_and_nothing_else(database):
    answer = memory(database, "--forget", "--user", "alice", "--kind", "address")
    assert (answer.returncode, answer.stdout) == (0, "forgotten: 1\n")
    assert "systemctl reload pamsignal" in answer.stderr
    assert ("alice", "address", "203.0.113.9") not in remembered(database)
    assert len(remembered(database)) == len(FACTS) - 1
    assert b"203.0.113.9" not in database.read_bytes()


def test_a_value_names_the_same_thing_of_every_account(database):
    assert memory(database, "--forget", "--value", "2001:db8::/64", "--quiet").stdout == "forgotten: 1\n"
    assert memory(database, "--forget", "--value", "2001:db8::/64").stdout == "forgotten: 0\n"


def test_everything_is_forgotten_only_when_it_is_said(database):
    for words in ((), ("--everything", "--user", "bob")):
        answer = memory(database, "--forget", *words)
        assert (answer.returncode, answer.stdout) == (2, "")
        assert "say what to forget" in answer.stderr
    assert len(remembered(database)) == len(FACTS)
    assert memory(database, "--forget", "--everything").stdout == f"forgotten: {len(FACTS)}\n"
    assert remembered(database) == []


def test_a_link_is_not_followed(database, tmp_path):
    for name, make in (("soft", os.symlink), ("hard", os.link)):
        link = tmp_path / name
        make(database, link)
        answer = memory(link, "--forget", "--everything")
        assert answer.returncode == 1
        assert "look who put this there" in answer.stderr
        link.unlink()
    assert len(remembered(database)) == len(FACTS)


@pytest.mark.parametrize("content", [None, b"", b"no database at all, and long enough to be read as one" * 9])
def test_what_is_no_state_is_said_and_left_alone(tmp_path, content):
    path = tmp_path / "other.db"
    if content is not None:
        path.write_bytes(content)
    for words in ((), ("--forget", "--everything")):
        answer = memory(path, *words)
        assert answer.returncode == 1
        assert answer.stderr.startswith(f"pamsignal: {path}: ")
        assert "Traceback" not in answer.stderr
    assert [one.name for one in tmp_path.iterdir()] == ([] if content is None else ["other.db"])
    assert content is None or path.read_bytes() == content


def test_a_daemon_that_writes_at_the_moment_is_waited_for_and_then_said(database):
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = memory(database, "--forget", "--everything")
    other.close()
    assert answer.returncode == 1
    assert "nothing was forgotten, try again" in answer.stderr
    assert len(remembered(database)) == len(FACTS)


def test_a_running_daemon_forgets_with_the_next_reload(service, authority, tmp_path):
    with Receiver(certificate=authority.issue_cert("127.0.0.1")) as receiver:
        service.configure(webhook_config(receiver.url(), tmp_path, "detect: {familiar: {learning_days: 0}}\n"))
        service.write("Server listening on :: port 22.")
        service.start()
        service.write(a_login(1), a_login(2, user="bob"))
        service.until(lambda: len(documents(receiver)) == 2)
        database = tmp_path / "state" / "state.db"
        service.until(lambda: ("alice", "login", "") in remembered(database))
        assert memory(database, "--forget", "--user", "alice").stdout == "forgotten: 3\n"
        known = len(service.notified)
        service.send(signal.SIGHUP)
        service.until(lambda: any("READY=1" in text for text in service.notified[known:]))
        service.write(a_login(3), a_login(4, user="bob"))
        service.until(lambda: len(documents(receiver)) == 4)
        service.stop()
        news = [(one["user"]["name"], one["pamsignal"].get("reasons")) for one in documents(receiver)]
    assert news[2:] == [("alice", ["first_login"]), ("bob", None)]
