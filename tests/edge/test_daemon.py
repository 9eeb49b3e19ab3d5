"""The daemon itself, as a process: real journal files, a real HTTPS receiver, a real notification socket, real signals."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

import pytest

from tests.harness.daemon import ATTACKER, a_failure, a_login, documents, ports, webhook_config
from tests.harness.receiver import Receiver, Reply
from tests.harness.waiting import PATIENCE_S
from tests.harness.web import unused_port


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
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
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


def test_an_endpoint_that_is_down_gets_everything_in_order_when_it_is_back(service, authority, tmp_path):
    port = unused_port()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    service.configure(webhook_config(f"https://127.0.0.1:{port}/hook", tmp_path))
    service.write("Server listening on :: port 22.")
    service.start()
    service.write(*map(a_login, range(5)))
    service.until(lambda: "does not take alerts" in service.log())
    service.stop()
    with Receiver(certificate=authority.issue_cert("127.0.0.1")) as receiver:
        service.configure(webhook_config(receiver.url(), tmp_path))
        service.start()
        service.until(lambda: len(ports(receiver)) == 5)
        service.stop()
        assert ports(receiver) == [20_000 + number for number in range(5)]


# Would wait for an answer for longer than any test does.
PATIENT = f"""
import sys
from pamsignal.deliver.sinks import guard
guard.ANSWER_SECONDS = {10 * PATIENCE_S}
from pamsignal.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_an_endpoint_that_hangs_delays_neither_the_other_sink_nor_the_end(service, authority, receiver, tmp_path):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    service.program = ["-c", PATIENT]
    with Receiver(
        *(Reply(raw=b"HTTP/1.1 200 OK\r\n", drip=b"X-Slow: 1\r\n") for _ in range(50)),
        certificate=authority.issue_cert("127.0.0.1"),
    ) as slow:
        text = webhook_config(receiver.url(), tmp_path)
        service.configure(
            text + text.splitlines()[-1].replace("hook:", "slow:").replace(receiver.url(), slow.url()) + "\n"
        )
        service.write("Server listening on :: port 22.")
        service.start()
        service.write(*map(a_login, range(3)))
        service.until(lambda: len(ports(receiver)) == 3)
        assert service.stop() == 0  # which is not waited for as long as the answer would be


def test_hup_takes_a_changed_configuration(watched, receiver, tmp_path):
    watched.start()
    with_trust = webhook_config(receiver.url(), tmp_path, f"trusted: {{networks: [{ATTACKER}/32]}}\n")
    watched.configure(with_trust)
    watched.send(signal.SIGHUP)
    watched.until(lambda: "reloaded" in watched.log())
    watched.write(a_login(1), (a_login(2)[0].replace(ATTACKER, "198.51.100.7"), a_login(2)[1]))
    watched.until(lambda: ports(receiver))
    watched.stop()
    assert ports(receiver) == [20_002]
    reloading = next(n for n, text in enumerate(watched.notified) if text.startswith("RELOADING=1\nMONOTONIC_USEC="))
    assert any("READY=1" in text for text in watched.notified[reloading:])


def test_a_reload_that_is_wrong_keeps_the_old_settings_and_says_so(watched, receiver, tmp_path):
    watched.start()
    watched.configure(webhook_config(receiver.url(), tmp_path, "detekt: {}\n"))
    watched.send(signal.SIGHUP)
    watched.until(lambda: documents(receiver))
    watched.write(a_login(1))
    watched.until(lambda: ports(receiver))
    watched.send(signal.SIGUSR1)
    watched.until(lambda: watched.status()["config"]["reload_rejected"])
    watched.stop()
    assert documents(receiver)[0]["rule"]["name"] == "config_rejected"
    assert "did you mean" in watched.log()


def test_a_reload_in_the_middle_of_an_attack_loses_no_count(watched, receiver):
    watched.start()
    watched.write(*map(a_failure, range(3)))
    time.sleep(0.5)
    watched.send(signal.SIGHUP)
    watched.until(lambda: "reloaded" in watched.log())
    watched.write(*map(a_failure, range(3, 5)))
    watched.until(lambda: documents(receiver))
    watched.stop()
    assert documents(receiver)[0]["pamsignal"]["attempts"] == 5


def test_a_configuration_that_is_wrong_ends_with_78_and_every_problem(service):
    service.configure("brute_froce: 3\nsinks: {x: {type: telegramm}}\n")
    service.start(ready=False)
    assert service.wait() == 78
    assert service.log().count("pamsignal.yaml:") >= 2
    assert "Traceback" not in service.log()


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


def test_a_revoked_endpoint_is_told_on_the_other_channel(service, authority, receiver, tmp_path):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with Receiver(*(Reply(401) for _ in range(99)), certificate=authority.issue_cert("127.0.0.1")) as revoked:
        text = webhook_config(receiver.url(), tmp_path)
        service.configure(
            text + text.splitlines()[-1].replace("hook:", "old:").replace(receiver.url(), revoked.url()) + "\n"
        )
        service.write("Server listening on :: port 22.")
        service.start()
        service.write(a_login(1))
        service.until(lambda: any(one["rule"]["name"] == "sink_paused" for one in documents(receiver)))
        service.send(signal.SIGUSR1)
        service.until(lambda: "sink old does not take alerts" in service.status()["problems"])
        service.stop()


def about(receiver, rule):
    """Whether each alert of `rule` speaks of the end; one that came twice, as after a kill, is one."""
    found = {one["event"]["id"]: one for one in documents(receiver) if one["rule"]["name"] == rule}
    return [bool(one["pamsignal"].get("over")) for one in found.values()]


def test_what_stands_is_told_once_over_a_death_of_the_daemon_and_its_end_is_told(
    service, authority, receiver, tmp_path
):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    answers = [Reply(401) for _ in range(3)]
    with Receiver(*answers, certificate=authority.issue_cert("127.0.0.1")) as revoked:
        text = webhook_config(receiver.url(), tmp_path)
        other = text.splitlines()[-1].replace("hook:", "old:").replace(receiver.url(), revoked.url())
        service.configure(f"{text}{other}\n")
        service.write("Server listening on :: port 22.")
        service.start()
        service.write(a_login(1))
        service.until(lambda: about(receiver, "sink_paused") == [False])
        service.kill()
        service.start()
        service.write(a_login(2))
        service.until(lambda: set(ports(receiver)) == {20_001, 20_002})
        (standing,) = [one for one in service.report()["conditions"] if one["rule"] == "sink_paused"]
        assert standing["about"] == "old"
        assert about(receiver, "sink_paused") == [False]
        # Each reload tries again at once, and uses up a refusal.
        service.until(lambda: "takes alerts again" in service.log() or service.send(signal.SIGHUP) or time.sleep(1))
        service.until(lambda: about(receiver, "sink_paused") == [False, True])
        assert about(revoked, "sink_paused") == []
        service.stop()
        assert service.status()["conditions"] == []


def test_a_journal_that_is_gone_and_a_configuration_that_is_refused_are_told_with_their_ends(watched, receiver):
    watched.start()
    good = watched.config.read_text()
    watched.configure("sinks: [nonsense\n")
    watched.send(signal.SIGHUP)
    watched.until(lambda: about(receiver, "config_rejected") == [False])
    watched.send(signal.SIGHUP)
    watched.configure(good)
    watched.send(signal.SIGHUP)
    watched.until(lambda: about(receiver, "config_rejected") == [False, True])
    watched.stop()


def test_the_status_knows_a_sink_before_it_is_needed_and_its_failure_after(watched, receiver, tmp_path):
    changed = webhook_config(receiver.url(), tmp_path).replace(receiver.url(), f"https://127.0.0.1:{unused_port()}/")
    watched.configure(changed)
    watched.start()
    watched.until((watched.folder / "run" / "status.json").exists)
    assert watched.status()["sinks"]["hook"]["sent"] == 0
    assert watched.status()["problems"] == []
    watched.write(a_login(1))
    watched.until(lambda: watched.status()["problems"] == ["sink hook does not take alerts"])
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


def test_no_secret_leaves_but_in_the_request(service, authority, receiver, tmp_path):
    canary = "canary0secret0path"
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    service.configure(webhook_config(receiver.url(f"/{canary}"), tmp_path, "log_level: debug\n"))
    service.write("Server listening on :: port 22.")
    service.start()
    service.write(a_login(1))
    service.until(lambda: ports(receiver))
    pid = service._process.pid
    told = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
    service.send(signal.SIGUSR1)
    service.stop()
    told += [service.log().encode(), json.dumps(service.status()).encode(), "".join(service.notified).encode()]
    told += [path.read_bytes() for path in (tmp_path / "state").iterdir()]
    assert not any(canary.encode() in one for one in told)


def test_a_sink_that_refuses_everything_takes_nothing_from_the_others(service, authority, receiver, tmp_path):
    """Its own losses are told to the others together, and use up nobody's budget."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with Receiver(*(Reply(302) for _ in range(500)), certificate=authority.issue_cert("127.0.0.1")) as refusing:
        text = webhook_config(receiver.url(), tmp_path).replace("noise_per_10_minutes: 600", "noise_per_10_minutes: 3")
        other = text.splitlines()[-1].replace("hook:", "moved:").replace(receiver.url(), refusing.url())
        service.configure(f"{text}{other}\n")
        service.write("Server listening on :: port 22.")
        service.start()
        for number in range(10):
            service.write(a_login(number))
        service.until(lambda: len(ports(receiver)) == 10)
        service.write(*map(a_failure, range(5)))
        service.until(
            lambda: any(
                one["rule"]["name"] == "success_after_failures" or one["rule"]["name"] == "brute_force"
                for one in documents(receiver)
            )
        )
        service.stop()
        told = [json.loads(request.body)["rule"]["name"] for request in refusing.requests]
    rules = [document["rule"]["name"] for document in documents(receiver)]
    assert 1 <= rules.count("undelivered") <= 2
    assert "undelivered" not in told


def test_what_was_before_the_very_first_start_makes_no_digest(watched, receiver):
    watched.write(*map(a_failure, range(30)))
    watched.start()
    watched.write(a_login(1))
    watched.until(lambda: documents(receiver))
    watched.stop()
    assert [document["rule"]["name"] for document in documents(receiver)] == ["login_success"]


def test_a_reload_takes_the_log_level_and_names_what_needs_a_restart(watched, receiver, tmp_path):
    watched.start()
    changed = webhook_config(receiver.url(), tmp_path, "log_level: debug\ndelivery: {max_rows: 500}\n")
    watched.configure(changed)
    watched.send(signal.SIGHUP)
    watched.until(lambda: "reloaded" in watched.log())
    watched.write(a_login(1))
    watched.until(lambda: "debug: delivered" in watched.log())
    watched.stop()
    assert "needs a restart" in watched.log()
    assert "key=delivery" in watched.log()


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


def test_the_heart_beats_while_the_daemon_sees_and_not_when_the_journal_is_gone(service, authority, receiver, tmp_path):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with Receiver(Reply(500), certificate=authority.issue_cert("127.0.0.1")) as switch:
        beat = f"heartbeat: {{url: '{switch.url()}', every_seconds: 30, ca_file: {tmp_path}/ca.pem}}\n"
        service.configure(webhook_config(receiver.url(), tmp_path, beat))
        service.write("Server listening on :: port 22.")
        service.start()
        service.until(lambda: len(switch.requests) == 1)
        assert (switch.requests[0].method, switch.requests[0].body) == ("GET", b"")
        service.send(signal.SIGUSR1)
        time.sleep(0.5)
        assert len(switch.requests) == 1
        assert documents(receiver) == []
        for path in service.journal.iterdir():
            path.unlink()
        service.stop()
        service.start()
        service.send(signal.SIGUSR1)
        service.until(lambda: "there is no journal yet" in service.status()["problems"])
        assert len(switch.requests) == 1
        service.write("Server listening on :: port 22.")
        service.until(lambda: len(switch.requests) == 2)
        service.stop()


def test_in_quiet_hours_a_login_comes_at_once_and_guessing_waits(service, authority, receiver, tmp_path):
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    sinks = webhook_config(receiver.url(), tmp_path)
    service.configure(sinks.replace("signing: none", "quiet_hours: ['00:00-24:00'], signing: none"))
    service.write("Server listening on :: port 22.")
    service.start()
    service.write(*(a_failure(number, address="198.51.100.7") for number in range(8)), a_login(1))
    service.until(lambda: ports(receiver) == [20_001])
    service.kill()
    service.start()
    service.write(a_login(2))
    service.until(lambda: set(ports(receiver)) == {20_001, 20_002})
    service.stop()
    assert {one["rule"]["name"] for one in documents(receiver)} == {"login_success"}
