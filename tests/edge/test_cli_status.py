"""`pamsignal status`: its exit codes, for people, for programs, and again and again."""

from __future__ import annotations

import copy
import json
import os
import re
import signal
import time

import pytest

from pamsignal.audit.trail import Trail
from pamsignal.config import load
from pamsignal.daemon.report import Report, Watched
from pamsignal.deliver.store import open_store
from pamsignal.enrich import Enricher
from pamsignal.journal import JournalReader, Source
from pamsignal.pipeline import Engine
from tests.builders import NOON_US, a_record
from tests.harness.command import AS_NOBODY, json_lines, misfits, on_terminal, pamsignal, started
from tests.harness.journals import an_entry, write_journal

WELL = {
    "version": "1.0.0",
    "pid": os.getpid(),
    "state": "running",
    "started": "2026-11-23T12:00:00.000000Z",
    "written": "2026-11-23T15:04:00.000000Z",
    "uptime_seconds": 11_040,
    "journal": {
        "last_record": "2026-11-23T15:03:48.000000Z",
        "seconds_since": 12,
        "skipped": 0,
        "reopened": 1,
    },
    "records": 1200,
    "understood": 800,
    "events": {"login_failure": 30, "login_success": 2},
    "not_understood": {"sshd": 1},
    "spoofed": {},
    "provenance": {"verified": 799, "unverified": 1},
    "sinks": {
        "a-long-name-of-a-sink": {
            "queued": 0,
            "oldest_seconds": None,
            "sent": 3,
            "given_up": 0,
            "failures_in_a_row": 0,
            "last_sent": "2026-11-23T15:03:48.000000Z",
            "last_error": None,
            "held_until": None,
        }
    },
    "conditions": [],
    "store": {"trouble": False, "lost": {}},
    "trail": {"enabled": True, "head": f"1234:{'ab' * 32}", "trouble": False, "lost": 0},
    "context": {
        "geoip": {
            "city": {
                "path": "/c.mmdb",
                "edition": "GeoLite2-City",
                "built": "2026-11-20T00:00:00.000000Z",
                "age_days": 3,
            },
            "asn": None,
        },
        "cloud": {"provider": "hetzner", "region": None, "instance_id": None},
        "destinations_not_looked_up": 0,
    },
    "config": {"fingerprint": "ab" * 32, "reload_rejected": False},
    "faults": 0,
    "problems": [],
}


@pytest.fixture
def write(tmp_path):
    path = tmp_path / "status.json"

    def written(**changes):
        path.write_text(json.dumps({**copy.deepcopy(WELL), **changes}))
        return path

    return written


def test_all_well_is_0_and_a_problem_1(write):
    assert pamsignal("status", "--file", write()).returncode == 0
    answer = pamsignal(
        "status", "--file", write(problems=["the journal cannot be read", "sink team does not take alerts"])
    )
    assert answer.returncode == 1
    assert "the journal cannot be read; sink team does not take alerts" in answer.stdout


def test_what_stands_there_is_aligned(write):
    answer = pamsignal("status", "--file", write())
    lines = answer.stdout.splitlines()
    assert lines[0] == (
        f"pamsignal:                  1.0.0, pid {os.getpid()}, running since 2026-11-23T12:00:00Z (3 h 4 min ago)"
    )
    assert {re.match(r"[^:]+: +", line).end() for line in lines} == {28}
    assert "last record:                12 s ago" in lines
    assert lines[-1].split() == ["problems:", "none"]


def test_the_next_try_is_so_far_off(write):
    held_until = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + 9.5 * 3600))
    sink = {**WELL["sinks"]["a-long-name-of-a-sink"], "held_until": held_until}
    shown = pamsignal("status", "--file", write(sinks={"team": sink})).stdout
    assert re.search(r"^sink team: .*; next try in 9 h( \d+ min)?$", shown, re.MULTILINE)


def test_verbose_says_more(write):
    assert "provenance" not in pamsignal("status", "--file", write()).stdout
    assert "verified 799, unverified 1" in pamsignal("status", "-v", "--file", write()).stdout


def test_json_is_the_file_and_fits_its_schema(write):
    answer = pamsignal("status", "--json", "--file", write())
    assert json_lines(answer.stdout) == [WELL]
    assert misfits("status", [WELL]) == []


def test_what_the_daemon_writes_fits_the_schema(tmp_path):
    settings = load.defaults()
    store = open_store(str(tmp_path / "state.db"), settings.delivery)
    reader = JournalReader(Source(files=(str(write_journal(tmp_path / "a.journal", [an_entry()])),)))
    engine = Engine()
    for message in ("Accepted password for alice from 203.0.113.9 port 50022 ssh2", "what is this"):
        engine.feed(a_record(message))
    reader.read(10)
    path = tmp_path / "status.json"
    trail = Trail(str(tmp_path), settings.trail)
    watched = Watched(reader, store, trail, Enricher(settings.enrich, str(tmp_path)), settings)
    Report(str(path), NOON_US).write(NOON_US + 5_000_000, "running", engine.counts, watched)
    assert misfits("status", json_lines(path.read_text())) == []
    reader.close()
    store.close()


NOBODYS_PID = 2**22  # the first number that no process can have (PID_MAX_LIMIT, proc_sys_kernel(5))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "stopped"}, "pamsignal was stopped at 2026-11-23T15:04:00.000000Z; try: systemctl start pamsignal"),
        ({"pid": NOBODYS_PID}, "is gone; try: systemctl restart pamsignal"),
        ({"sinks": None}, "is of another version of pamsignal"),
    ],
)
def test_a_daemon_that_does_not_run_is_3(write, changes, said):
    answer = pamsignal("status", "--file", write(**changes))
    assert (answer.returncode, answer.stdout) == (3, "")
    assert said in answer.stderr


def test_a_file_that_nobody_renews_is_3(write):
    path = write()
    os.utime(path, (time.time() - 121, time.time() - 121))
    answer = pamsignal("status", "--file", path)
    assert answer.returncode == 3
    assert f"pamsignal hangs: it last wrote {path} 2 min" in answer.stderr


def test_a_file_of_somebody_else_is_3_and_says_how_to_name_another():
    answer = pamsignal("status", "--file", "/etc/passwd")
    assert answer.returncode == 3
    assert answer.stderr.startswith(
        "pamsignal: /etc/passwd is not a status file of pamsignal; name another with --file"
    )


def test_no_file_is_3_and_says_what_to_type(tmp_path):
    answer = pamsignal("status", "--file", tmp_path / "none.json")
    assert answer.returncode == 3
    assert answer.stderr == (
        f"pamsignal: {tmp_path}/none.json is not there: pamsignal is not running; try: systemctl start pamsignal\n"
    )


def test_a_missing_right_is_77_and_says_what_to_type(open_folder):
    path = open_folder / "status.json"
    path.touch(mode=0)
    answer = pamsignal("status", "--file", path, **AS_NOBODY)
    assert answer.returncode == 77
    assert answer.stderr == f"pamsignal: {path}: permission denied; try: sudo pamsignal status\n"


def test_hostile_text_in_the_file_moves_no_cursor(write):
    hostile = "\x1b[2J\u202e\n"
    answer = pamsignal("status", "--file", write(version=hostile, problems=[hostile], spoofed={hostile: 1}))
    assert "\x1b" not in answer.stdout
    assert "\u202e" not in answer.stdout
    assert answer.stdout.count("\n") == len(WELL["sinks"]) + 10


def test_a_terminal_gets_local_time_and_colours(write):
    _, shown = on_terminal("status", "--file", write(), TZ="America/New_York")
    assert "running since 2026-11-23T07:00:00-05:00" in shown
    assert "\x1b[32mproblems:" in shown
    _, in_utc = on_terminal("status", "--file", write(), "--utc", "--no-color", TZ="America/New_York")
    assert "running since 2026-11-23T12:00:00Z" in in_utc
    assert "\x1b" not in in_utc


def test_watching_goes_on_through_a_restart_and_ends_quietly(write, tmp_path):
    process = started("status", "--watch", "--json", "--file", write(state="stopped"))
    with process:
        assert "was stopped" in process.stderr.readline()
        write()
        assert json.loads(process.stdout.readline())["state"] == "running"
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert "Traceback" not in process.stderr.read()
