"""`pamsignal history` and `pamsignal verify` as people and programs run them."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
from pathlib import Path

import pytest

from pamsignal.audit.files import files_in
from pamsignal.audit.pack import pack
from pamsignal.cli import main
from pamsignal.digest import identity
from pamsignal.model import NO_CONTEXT, Context
from pamsignal.secret import Secret
from pamsignal.terms import Method
from tests.builders import NOON_US, a_finding, a_login, a_sudo, an_alert, an_endpoint, an_event
from tests.harness.command import json_lines, misfits, on_terminal, pamsignal, started
from tests.harness.trails import a_trail, events, newest, written

HOUR_US = 3_600_000_000
HOSTILE = "=cmd\n\x1b[2J\u202e"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A login, two failures of different people from different places an hour later, and a finding; in two files."""
    directory = tmp_path_factory.mktemp("trail")
    trail = a_trail(directory, key=Secret("the key"))
    login = a_login(id=identity("login"), source=an_endpoint("2001:db8::5"))
    trail.append(NOON_US, [(login, Context(country="NL"))], [an_alert(id=identity("alert"), subject=login)])
    trail.tend(NOON_US + 24 * HOUR_US)
    later = {"time_us": NOON_US + 25 * HOUR_US}
    failures = [an_event(id=identity("bob"), user="bob", **later), an_event(id=identity("x"), user=HOSTILE, **later)]
    sudo = a_sudo(id=identity("sudo"), user="bob", method=Method.PASSWORD, hostname="web-02", **later)
    finding = an_alert(id=identity("finding"), subject=a_finding(), **later)
    trail.append(NOON_US + 25 * HOUR_US, [(event, NO_CONTEXT) for event in (*failures, sudo)], [finding])
    trail.close()
    pack(files_in(str(directory))[0].path)
    return directory


def history(place, *words):
    """What the verb prints; in this process, which is faster than one for each question."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main(["history", "--directory", str(place), *words]) == 0
    return printed.getvalue()


def test_history_tells_what_happened_in_order(place):
    lines = history(place).splitlines()
    assert lines[0] == "2026-11-23T12:00:00Z  event           Login: alice from 2001:db8::5 (NL) by publickey on web-01"
    assert [line.split()[1] for line in lines] == ["event", "event", "event", "event", "ALERT"]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ([], ["login", "alert", "bob", "x", "sudo", "finding"]),
        (["--user", "bob"], ["bob", "sudo"]),
        (["--user", "root"], ["sudo", "finding"]),
        (["--user", HOSTILE], ["x"]),
        (["--address", "2001:db8::/32"], ["login", "alert"]),
        (["--address", "203.0.113.0/24"], ["bob", "x", "finding"]),
        (["--address", "203.0.113.9"], ["bob", "x", "finding"]),
        (["--country", "nl"], ["login"]),
        (["--action", "login_failure"], ["bob", "x"]),
        (["--action", "brute_force"], ["finding"]),
        (["--host", "web-02"], ["sudo"]),
        (["--outcome", "success"], ["login", "alert", "sudo"]),
        (["--outcome", "success", "--user", "bob"], ["sudo"]),
        (["--since", "2026-11-23T13:00:00Z"], ["bob", "x", "sudo", "finding"]),
        (["--until", "2026-11-23T13:00:00Z"], ["login", "alert"]),
        (["--since", "2 hours ago", "--until", "now"], None),
        (["--only", "alerts"], ["alert", "finding"]),
        (["--only", "events", "--user", "bob"], ["bob", "sudo"]),
        (["--user", "nobody"], []),
        (["--service", "sudo"], ["sudo"]),
        (["--ip", "2001:db8::/32"], ["login", "alert"]),
        (["-n", "2"], ["sudo", "finding"]),
        (["-n", "5"], ["alert", "bob", "x", "sudo", "finding"]),
        (["-n", "0"], []),
        (["--lines", "1", "--user", "bob", "--only", "events"], ["sudo"]),
        (["-r"], ["finding", "sudo", "x", "bob", "alert", "login"]),
        (["-r", "-n", "1", "--until", "2026-11-23T13:00:00Z"], ["alert"]),
    ],
)
def test_history_finds_exactly_what_is_asked_for(place, words, ids):
    documents = json_lines(history(place, "--json", *words))
    if ids is not None:
        assert [document["event"]["id"] for document in documents] == list(map(identity, ids))
    assert misfits("history", documents) == []


def test_a_table_is_safe_for_spreadsheets_and_terminals(place):
    rows = list(csv.DictReader(io.StringIO(history(place, "--csv"))))
    assert [row["record"] for row in rows] == ["2", "3", "5", "6", "7", "8"]
    assert rows[0]["address"] == "2001:db8::5"
    assert rows[0]["country"] == "NL"
    assert rows[3]["user"] == r"'=cmd\x0a\x1b[2J\u202e"
    assert (rows[4]["user"], rows[4]["target_user"], rows[4]["action"]) == ("bob", "root", "elevation_success")


def test_on_a_terminal_nothing_hostile_moves_the_cursor(place):
    code, shown = on_terminal("history", "--directory", str(place), "--user", HOSTILE, "--no-color")
    assert code == 0
    assert "\x1b" not in shown
    assert r"\x1b[2J" in shown


def test_the_last_lines_for_people_are_lines_that_people_see(place):
    everything = history(place).splitlines()
    assert len(everything) == 5  # the alert about the login says no more than the login
    assert history(place, "-n", "5").splitlines() == everything
    assert history(place, "-r").splitlines() == everything[::-1]


def test_following_shows_the_last_lines_and_goes_on_over_a_change_of_files_until_ctrl_c(tmp_path):
    trail = a_trail(tmp_path, rotate_bytes=2000)
    trail.append(NOON_US, events(0, 12), ())
    with started("history", "--directory", tmp_path, "-f", "--json", "--user", "root") as process:
        shown = [process.stdout.readline() for _ in range(10)]
        for number in range(12, 14):
            trail.append(NOON_US, [*events(number), *events(99, user="bob")], ())
            trail.tend(NOON_US + number)
            shown.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr.read() == ""
    assert [document["process"]["pid"] for document in map(json.loads, shown)] == list(range(2, 14))
    assert len(files_in(str(tmp_path))) > 1
    trail.close()


@pytest.mark.parametrize(
    ("words", "pager", "first"),
    [((), "sed s/^/paged:/", "paged:2026"), (("--no-pager",), "sed s/^/paged:/", "2026"), ((), "head -n 1", "2026")],
)
def test_on_a_terminal_it_goes_through_the_pager(place, words, pager, first):
    secure = {"SYSTEMD_PAGERSECURE": "0", "SYSTEMD_PAGER": pager}
    code, shown = on_terminal("history", "--directory", str(place), "--no-color", *words, **secure)
    assert code == 0
    assert shown.startswith(first)
    assert len(shown.splitlines()) == (1 if pager.startswith("head") else 5)


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["--action", "login_sucess"], 2, "did you mean login_success?"),
        (["--address", "example.org"], 2, "no address and no network"),
        (["--since", "recently"], 2, "'recently' is no time"),
        (["--csv", "--json"], 2, "either --json or --csv"),
        (["-f", "-r"], 2, "either --follow or --reverse"),
        (["-n", "few"], 2, "'few' is no number of lines"),
        (["--directory", "/nowhere"], 1, "--directory"),
    ],
)
def test_a_wrong_question_is_answered_with_what_is_right(place, words, code, hint):
    answer = pamsignal("history", "--directory", place, *words)
    assert answer.returncode == code
    assert hint in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_line_that_is_no_record_does_not_end_the_history(place, tmp_path):
    written(tmp_path, 0, 2)
    with newest(tmp_path).open("ab") as file:
        file.write(b'garbage "root"\n{"event":{},"hash"')
    assert len(history(tmp_path, "--user", "root").splitlines()) == 2


def test_verify_says_well_and_shows_the_anchor(place):
    answer = pamsignal("verify", "--directory", place)
    assert answer.returncode == 0
    assert "8 records in 2 files, 1 to 8: well" in answer.stdout
    assert answer.stdout.splitlines()[-1].startswith("head 8:")


def test_verify_names_file_line_and_kind_and_ends_with_4(tmp_path):
    written(tmp_path, 0, 5)
    path = newest(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"pid":2', b'"pid":7'))
    answer = pamsignal("verify", "--directory", tmp_path)
    assert answer.returncode == 4
    assert answer.stdout.startswith(f"{path}:4: edited: record 4 does not fit its hash")
    (document,) = json_lines(pamsignal("verify", "--directory", tmp_path, "--json").stdout)
    assert misfits("verify", [document]) == []
    assert document["ok"] is False
    assert document["damage"][0]["line"] == 4


def test_verify_checks_macs_with_a_key_from_a_file(place, tmp_path):
    key = tmp_path / "key"
    key.write_text("the key\n")
    key.chmod(0o600)
    assert "macs checked from record 1" in pamsignal("verify", "--directory", place, "--key-file", key).stdout
    key.write_text("another key\n")
    assert pamsignal("verify", "--directory", place, "--key-file", key).returncode == 4
    key.chmod(0o644)
    answer = pamsignal("verify", "--directory", place, "--key-file", key)
    assert (answer.returncode, "chmod" in answer.stderr) == (78, True)


def test_verify_finds_anchors_in_whatever_they_were_told_in(tmp_path):
    head = written(tmp_path, 0, 5)
    told = f'{{"PAMSIGNAL_CHAIN_HEAD":"{head}","MESSAGE":"…"}}\n'
    assert pamsignal("verify", "--directory", tmp_path, "--anchors", "-", input=told).returncode == 0
    path = newest(tmp_path)
    os.truncate(path, path.read_bytes()[:-1].rfind(b"\n") + 1)
    assert pamsignal("verify", "--directory", tmp_path).returncode == 0
    answer = pamsignal("verify", "--directory", tmp_path, "--anchor", head)
    assert answer.returncode == 4
    assert "truncated: an anchor saw record 6, the trail ends with 5" in answer.stdout


def test_verify_of_a_part_says_which_anchors_it_could_not_look_up(tmp_path):
    head = written(tmp_path, 0, 20, rotate_bytes=2000)
    answer = pamsignal("verify", "--directory", tmp_path, "--to", "5", "--anchor", head)
    assert (answer.returncode, f"anchor {head.seq}: its record" in answer.stdout) == (1, True)
    assert pamsignal("verify", "--directory", tmp_path, "--from", "7", "--to", "15").returncode == 0


def test_verify_knows_what_is_no_anchor(place):
    answer = pamsignal("verify", "--directory", place, "--anchor", "8")
    assert (answer.returncode, "is no anchor" in answer.stderr) == (2, True)


def test_without_the_right_to_read_it_says_what_to_type(tmp_path):
    if os.geteuid() != 0:
        tmp_path.chmod(0)
        answer = pamsignal("history", "--directory", tmp_path)
    else:  # root may read everything: ask as nobody, who cannot
        Path(tmp_path).chmod(0o700)
        answer = pamsignal("history", "--directory", tmp_path, user=65534, env={**os.environ, "HOME": "/"})
    assert (answer.returncode, "try: sudo pamsignal history" in answer.stderr) == (77, True)
