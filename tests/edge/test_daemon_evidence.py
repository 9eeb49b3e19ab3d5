"""The trail as the daemon keeps it: whole after any death, told when it is in trouble, remembered beside itself."""

from __future__ import annotations

import json
import random
import time

from tests.harness.command import pamsignal
from tests.harness.daemon import a_failure, a_login, documents, ports
from tests.harness.trails import records_in


def of_kind(watched, kind):
    return [record[kind] for record in records_in(watched.folder / "logs") if kind in record]


def verified(watched, *options):
    return pamsignal("verify", "--json", "--directory", watched.folder / "logs", *options)


def test_each_event_and_alert_stands_in_the_trail_before_it_is_sent(watched, receiver):
    watched.start()
    watched.write(a_login(1), a_failure(2))
    watched.until(lambda: ports(receiver))
    (alert,) = documents(receiver)
    assert alert["event"]["id"] in {record["id"] for record in of_kind(watched, "alert")}
    watched.until(lambda: len(of_kind(watched, "event")) == 2)
    watched.stop()
    assert verified(watched).returncode == 0


def test_the_first_alert_carries_the_head_of_the_trail_away_and_the_next_does_not(watched, receiver):
    watched.start()
    watched.write(a_login(1), a_login(2))
    watched.until(lambda: len(ports(receiver)) == 2)
    watched.stop()
    first, second = documents(receiver)
    assert verified(watched, "--anchor", first["pamsignal"]["trail_head"]).returncode == 0
    assert "trail_head" not in second["pamsignal"]
    assert verified(watched, "--anchor", f"1:{'0' * 64}").returncode != 0


def test_after_kill_9_at_any_moment_the_trail_is_whole_and_has_each_record_once(watched, receiver):
    dice = random.Random(7)
    for number in range(12):
        watched.start()
        watched.write(*(a_login(number * 10 + one) for one in range(10)))
        time.sleep(dice.random() / 2)
        watched.kill()
    watched.start()
    watched.until(lambda: len(set(ports(receiver))) == 120)
    watched.stop()
    found = [record["id"] for kind in ("event", "alert") for record in of_kind(watched, kind)]
    assert len(found) == len(set(found)) == 240
    assert verified(watched).returncode == 0


def test_a_trail_that_was_cut_while_the_daemon_was_away_is_told(watched, receiver):
    watched.start()
    watched.write(a_login(1), a_login(2))
    watched.until(lambda: len(ports(receiver)) == 2)
    watched.stop()
    (file,) = (watched.folder / "logs").glob("trail-*.jsonl")
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-2]))
    watched.start()
    watched.until(lambda: any(one["rule"]["name"] == "trail_trouble" for one in documents(receiver)))
    watched.until(lambda: "the trail is in trouble; see: journalctl -u pamsignal" in watched.status()["problems"])
    watched.write(a_login(3))
    watched.until(lambda: len(ports(receiver)) == 3)
    watched.stop()


def test_without_a_place_for_the_trail_alerts_go_on_and_it_heals(watched, receiver):
    logs = watched.folder / "logs"
    watched.start()
    watched.stop()
    kept = logs.rename(watched.folder / "kept")
    logs.write_text("no directory")
    watched.start(ready=False)
    watched.until(lambda: "logs" in watched.log())
    logs.unlink()
    kept.rename(logs)
    watched.stop()


def test_the_head_is_told_in_the_log_so_that_it_can_be_compared_elsewhere(watched, receiver, tmp_path):
    watched.start()
    watched.write(a_login(1))
    watched.until(lambda: ports(receiver))
    watched.until(lambda: "the trail goes on head=" in watched.log())
    watched.stop()
    (tmp_path / "told").write_text(watched.log())
    answer = verified(watched, "--anchors", tmp_path / "told")
    assert answer.returncode == 0
    assert json.loads(answer.stdout)["anchors"]["checked"] >= 1


def test_switched_off_it_writes_nothing(watched, receiver):
    watched.configure(watched.config.read_text() + "trail: {enabled: false}\n")
    watched.start()
    watched.write(a_login(1))
    watched.until(lambda: ports(receiver))
    watched.stop()
    assert list((watched.folder / "logs").iterdir()) == []
