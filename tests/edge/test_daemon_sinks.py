"""What the daemon does for its sinks and what it tells of them: slow, dead, revoked, refusing; and the heartbeat."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

from tests.harness.daemon import a_failure, a_login, about, documents, ports, webhook_config
from tests.harness.receiver import Receiver, Reply
from tests.harness.waiting import PATIENCE_S
from tests.harness.web import unused_port


def test_an_endpoint_that_is_down_gets_everything_in_order_when_it_is_back(service, authority, tmp_path):
    port = unused_port()
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


def test_a_revoked_endpoint_is_told_on_the_other_channel(service, authority, receiver, tmp_path):
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


def test_what_stands_is_told_once_over_a_death_of_the_daemon_and_its_end_is_told(
    service, authority, receiver, tmp_path
):
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


def test_no_secret_leaves_but_in_the_request(service, receiver, tmp_path):
    canary = "canary0secret0path"
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


def test_the_heart_beats_while_the_daemon_sees_and_not_when_the_journal_is_gone(service, authority, receiver, tmp_path):
    with Receiver(Reply(500), certificate=authority.issue_cert("127.0.0.1")) as switch:
        beat = f"heartbeat: {{url: '{switch.url()}', every_seconds: 3600, ca_file: {tmp_path}/ca.pem}}\n"
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


def test_in_quiet_hours_a_login_comes_at_once_and_guessing_waits(service, receiver, tmp_path):
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
