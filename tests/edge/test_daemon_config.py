"""The daemon's configuration: wrong at the start, changed while it runs, refused then."""

from __future__ import annotations

import signal
import time

from tests.harness.daemon import ATTACKER, a_failure, a_login, about, documents, ports, webhook_config


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
