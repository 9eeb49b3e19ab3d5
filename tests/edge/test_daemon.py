"""The daemon itself, as a process: real journal files, a real HTTPS receiver, a real notification socket, real signals."""

from __future__ import annotations

import random
import time

import pytest

from tests.harness.daemon import ATTACKER, a_failure, a_login, documents, ports, webhook_config
from tests.harness.receiver import Receiver, Reply


def test_a_login_reaches_the_receiver_and_what_was_before_the_first_start_does_not(watched, receiver):
    watched.write(a_login(1))
    watched.start()
    watched.write(a_login(2))
    watched.until(lambda: ports(receiver))
    assert watched.stop() == 0
    assert ports(receiver) == [20_002]
    (document,) = documents(receiver)
    assert document["user"]["name"] == "alice"
    assert document["source"]["ip"] == ATTACKER
    assert document["pamsignal"]["method"] == "password"


def test_it_tells_systemd_how_it_is(watched):
    watched.start(WATCHDOG_USEC="400000")
    watched.until(lambda: watched.notified.count("WATCHDOG=1") >= 3)
    watched.stop()
    assert watched.notified[0].startswith("READY=1\nSTATUS=watching")
    assert any(text.startswith("STOPPING=1") for text in watched.notified)


def test_logins_while_it_was_away_arrive_when_it_is_back_and_are_marked_late(watched, receiver):
    watched.start()
    watched.stop()
    watched.write(*map(a_login, range(10)), at_us=time.time_ns() // 1000 - 3600 * 1_000_000)
    watched.start()
    watched.until(lambda: len(ports(receiver)) == 10)
    watched.stop()
    assert ports(receiver) == [20_000 + number for number in range(10)]
    assert all(document["pamsignal"]["late"] for document in documents(receiver))


def test_killed_again_and_again_it_loses_nothing_and_repeats_nothing_under_another_id(watched, receiver):
    chance = random.Random(20261123)
    wanted = 0
    watched.start()
    for _ in range(8):
        for _ in range(chance.randrange(1, 4)):
            watched.write(*(a_login(wanted + number) for number in range(3)))
            wanted += 3
            time.sleep(chance.random() * 0.1)
        watched.kill()
        watched.start(ready=False)
        time.sleep(chance.random() * 0.6)
    watched.until(lambda: len(set(ports(receiver))) == wanted)
    watched.stop()
    assert sorted(set(ports(receiver))) == [20_000 + number for number in range(wanted)]
    ids = {}
    for document in documents(receiver):
        ids.setdefault(document["source"]["port"], set()).add(document["event"]["id"])
    assert all(len(one) == 1 for one in ids.values())


@pytest.mark.parametrize("trail", ["true", "false"])
def test_a_power_cut_in_its_first_life_loses_no_alert_that_waited(watched, authority, tmp_path, trail):
    """Of the store the disk has what was synced alone: none of what SQLite's log holds."""
    with Receiver(*[Reply(500)] * 500, certificate=authority.issue_cert("127.0.0.1")) as broken:
        watched.configure(webhook_config(broken.url(), tmp_path, f"trail: {{enabled: {trail}}}\n"))
        watched.start()
        watched.write(a_login(1))
        watched.until(lambda: watched.report()["sinks"]["hook"]["queued"] == 1)
    watched.kill()
    for name in ("state.db-wal", "state.db-shm"):
        (watched.folder / "state" / name).unlink()
    with Receiver(certificate=authority.issue_cert("127.0.0.1")) as receiver:
        watched.configure(webhook_config(receiver.url(), tmp_path, f"trail: {{enabled: {trail}}}\n"))
        watched.start()
        watched.until(lambda: ports(receiver))
        assert watched.stop() == 0
    assert len(set(ports(receiver))) == len(ports(receiver)) == 1


def test_a_window_goes_on_over_a_restart(watched, receiver):
    watched.start()
    watched.write(*map(a_failure, range(3)))
    watched.until(lambda: watched.log().count("watching") == 1)
    time.sleep(0.5)
    watched.stop()
    watched.start()
    watched.write(*map(a_failure, range(3, 5)))
    watched.until(lambda: documents(receiver))
    watched.stop()
    (document,) = documents(receiver)
    assert document["rule"]["name"] == "brute_force"
    assert document["pamsignal"]["attempts"] == 5


def test_a_restart_in_an_attack_does_not_report_it_again(watched, receiver):
    watched.start()
    watched.write(*map(a_failure, range(8)))
    watched.until(lambda: documents(receiver))
    watched.stop()
    watched.start()
    watched.write(*map(a_failure, range(8, 30)), a_login(99))
    watched.until(lambda: len(documents(receiver)) >= 2)
    watched.stop()
    rules = [document["rule"]["name"] for document in documents(receiver)]
    assert rules == ["brute_force", "success_after_failures"]


def test_what_an_account_was_seen_with_is_known_after_a_restart_without_the_journal(service, authority, tmp_path):
    with Receiver(certificate=authority.issue_cert("127.0.0.1")) as receiver:
        sinks = webhook_config(receiver.url(), tmp_path, "detect: {familiar: {learning_days: 0}}\n")
        service.configure(sinks.replace("journal: {", "journal: {rewind_entries: 0, "))
        service.write("Server listening on :: port 22.")
        service.start()
        service.write(a_login(1))
        service.until(lambda: ports(receiver) == [20_001])
        service.kill()
        service.start()
        service.write(a_login(2), a_login(3, user="bob"))
        service.until(lambda: {20_001, 20_002, 20_003} == set(ports(receiver)))
        service.stop()
        news = {one["source"]["port"]: one["pamsignal"].get("reasons") for one in documents(receiver)}
    assert news == {20_001: ["first_login"], 20_002: None, 20_003: ["first_login"]}


def test_a_second_daemon_on_the_same_state_is_refused(watched):
    watched.start()
    first, watched._process = watched._process, None
    try:
        watched.start(ready=False)
        assert watched.wait() == 2
        assert "runs already" in watched.log()
    finally:
        watched._process = first
        watched.stop()


def test_without_a_journal_it_waits_says_so_and_reads_what_appears(watched, receiver):
    for path in watched.journal.iterdir():
        path.unlink()
    watched.start()
    watched.until(lambda: any("waiting for the journal" in text for text in watched.notified))
    watched.write(a_login(1))
    watched.until(lambda: ports(receiver))
    watched.stop()


def test_a_journal_that_was_vacuumed_is_a_gap_that_is_told(watched, receiver):
    watched.start()
    watched.write(a_login(1))
    watched.until(lambda: ports(receiver))
    watched.stop()
    for path in watched.journal.iterdir():
        path.unlink()
    watched.write(a_login(2))
    watched.start()
    watched.until(lambda: len(documents(receiver)) >= 3)
    watched.stop()
    rules = {document["rule"]["name"] for document in documents(receiver)}
    assert rules == {"login_success", "journal_gap"}
    assert ports(receiver) == [20_001, 20_002]


def test_a_damaged_store_is_put_aside_and_told_and_the_watch_goes_on(watched, receiver):
    watched.start()
    watched.stop()
    (watched.folder / "state" / "state.db").write_bytes(b"not a database" * 1000)
    for beside in ("state.db-wal", "state.db-shm"):
        (watched.folder / "state" / beside).unlink(missing_ok=True)
    watched.start()
    watched.write(a_login(1))
    watched.until(lambda: ports(receiver))
    watched.until(lambda: any(one["rule"]["name"] == "store_trouble" for one in documents(receiver)))
    watched.stop()


def test_a_session_that_outlives_the_daemon_gets_its_duration(watched, receiver, tmp_path):
    watched.configure(
        webhook_config(receiver.url(), tmp_path, "alerts: {actions: [session_closed]}\n")
        .replace("sinks:\n", "sinks:\n")
        .replace("noise_per_10", "min_severity: info, noise_per_10")
    )
    watched.start()
    begun_us = time.time_ns() // 1000
    process = {"_PID": 777, "SYSLOG_PID": 777}
    watched.write(
        (f"Accepted password for alice from {ATTACKER} port 50022 ssh2", process),
        ("pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)", process),
        at_us=begun_us,
    )
    time.sleep(0.5)
    watched.kill()
    watched.write(("pam_unix(sshd:session): session closed for user alice", process), at_us=begun_us + 60_000_000)
    watched.start()
    watched.until(lambda: documents(receiver))
    watched.stop()
    (document,) = documents(receiver)
    assert document["event"]["action"] == "session_closed"
    assert 59 < document["event"]["duration"] / 1e9 < 61
    assert document["source"]["ip"] == ATTACKER


def test_its_files_are_for_it_alone_but_for_the_status(watched):
    watched.start()
    watched.until((watched.folder / "run" / "status.json").exists)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (watched.folder / "state").iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert (watched.folder / "run" / "status.json").stat().st_mode & 0o777 == 0o644
    watched.stop()
    assert watched.status()["state"] == "stopped"


def test_what_was_before_the_very_first_start_makes_no_digest(watched, receiver):
    watched.write(*map(a_failure, range(30)))
    watched.start()
    watched.write(a_login(1))
    watched.until(lambda: documents(receiver))
    watched.stop()
    assert [document["rule"]["name"] for document in documents(receiver)] == ["login_success"]


FAULTY = """
import sys
from pamsignal import correlate, detect, parse
from pamsignal.cli import main

work = {work}

def faulty(*given):
    if "20001" in repr(given[-3:]):
        raise RuntimeError("made up")
    return work(*given)

{work} = faulty
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("work", ["parse.observe", "correlate.Correlator.feed", "detect.Detector.judge"])
def test_a_record_that_raises_ends_neither_the_watch_nor_any_later_start(watched, receiver, work):
    """It is read again after a restart, to rebuild the windows: there it must not be worse than it was."""
    watched.program = ["-c", FAULTY.format(work=work)]
    watched.start()
    watched.write(a_login(1), a_login(2))
    watched.until(lambda: ports(receiver) == [20_002])
    watched.stop()
    watched.start()
    watched.write(a_login(3))
    watched.until(lambda: ports(receiver) == [20_002, 20_003])
    assert watched.stop() == 0
    assert "could not be handled" in watched.log()
