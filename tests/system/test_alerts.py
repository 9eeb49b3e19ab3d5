"""You hear about a login; once; and it is true: real logins and attacks on each release, real alerts over HTTPS."""

from __future__ import annotations

import json
import shlex

import pytest

from pamsignal.journal.json_lines import record_from_json
from pamsignal.parse import Trust, observe, trust
from tests.system import attacks
from tests.system.forger import WAYS
from tests.system.images import PASSWORDS

FORGED = "Accepted password for root from 198.51.100.66 port 424{} ssh2"  # {} becomes a number

IMITATION = "x: alice : PWD=/ ; USER=root ; COMMAND=/bin/sh"


def rule(name, **expected):
    """Return the question whether an alert has that rule, and these values at dotted paths (`user_name=…`)."""

    def is_wanted(alert):
        return alert["rule"]["name"] == name and all(at(alert, path) == value for path, value in expected.items())

    return is_wanted


def at(alert, path):
    for key in path.split("_"):
        alert = alert.get(key) if isinstance(alert, dict) else None
    return alert


def of_bob_as_root(alert):
    """Tell whether bob took root's rights, proven or not."""
    is_success = alert["rule"]["name"] in ("elevation_success", "success_after_failures")
    return is_success and at(alert, "user_name") == "bob" and at(alert, "user_target_name") == "root"


@pytest.fixture(scope="module")
def running(installed):
    """The service, started once for all tests here; it must not have been started again behind our back."""
    installed.configure()
    installed.restart()
    yield installed
    assert installed.shows("NRestarts") == "0", installed.log()


def test_a_login_by_key_is_told_once_with_who_where_from_and_how(running, attacker):
    attacks.key_login(running.host, attacker)
    alert = running.receiver.wait(rule("login_success", source_ip=attacker))[0]
    assert alert["user"]["name"] == "alice"
    assert alert["pamsignal"]["method"] == "publickey"
    assert alert["pamsignal"]["provenance"] == "verified"
    assert alert["pamsignal"]["key"]["fingerprint"].startswith("SHA256:")
    assert alert["event"]["outcome"] == "success"
    assert alert["host"]["hostname"] == running.host.name


def test_a_login_by_password_is_told_once(running, attacker):
    attacks.password_login(running.host, attacker)
    attacks.key_login(running.host, attacker)  # what is told after it shows that nothing more is to come
    alerts = running.receiver.wait(rule("login_success", source_ip=attacker), count=2)
    assert [alert["pamsignal"]["method"] for alert in alerts] == ["password", "publickey"]


def test_wrong_passwords_from_one_address_are_one_brute_force(running, attacker):
    attacks.wrong_passwords(running.host, attacker, connections=6)
    alerts = running.receiver.wait(rule("brute_force", source_ip=attacker))
    assert len(alerts) == 1
    assert alerts[0]["pamsignal"]["attempts"] == 5


def test_six_wrong_passwords_in_one_connection_are_six_attempts(running, attacker):
    attacks.wrong_passwords(running.host, attacker, tries=6)
    running.receiver.wait(rule("brute_force", source_ip=attacker))


def test_four_wrong_passwords_are_nothing_to_tell(running, attacker, attackers):
    attacks.wrong_passwords(running.host, attacker, connections=4)
    later = next(attackers)
    attacks.key_login(running.host, later)
    running.receiver.wait(rule("login_success", source_ip=later))
    assert running.receiver.alerts(rule("brute_force", source_ip=attacker)) == []


def test_tries_with_accounts_that_do_not_exist_are_told_with_their_names(running, attacker):
    names = ["oracle", "postgres", "ubuntu", "git", "test"]
    attacks.unknown_users(running.host, attacker, names)

    def is_report(alert):
        return alert["rule"]["name"] in ("brute_force", "user_enumeration") and at(alert, "source_ip") == attacker

    alert = running.receiver.wait(is_report)[0]
    assert set(names) <= set(alert["related"]["user"])


def test_a_login_after_failures_is_critical(running, attacker):
    attacks.wrong_passwords(running.host, attacker, user="alice", tries=3)
    attacks.password_login(running.host, attacker)
    alert = running.receiver.wait(rule("success_after_failures", source_ip=attacker))[0]
    assert alert["pamsignal"]["severity"] == "critical"


def test_a_login_is_told_in_the_middle_of_an_attack(running, attacker, attackers):
    friend = next(attackers)
    attacks.many_connections(running.host, attacker, 20)
    attacks.key_login(running.host, friend)
    attacks.many_connections(running.host, attacker, 20)
    assert len(running.receiver.wait(rule("login_success", source_ip=friend))) == 1


def test_a_right_sudo_is_told_with_its_command(running):
    assert attacks.sudo(running.host, "alice", PASSWORDS["alice"], command="/usr/bin/id -u") == 0
    alert = running.receiver.wait(rule("elevation_success", service_name="sudo", pamsignal_command="/usr/bin/id -u"))[0]
    assert (alert["user"]["name"], alert["user"]["target"]["name"]) == ("alice", "root")


def test_a_wrong_sudo_is_told(running):
    assert attacks.sudo(running.host, "alice", "a", "b", "c") == 1
    running.receiver.wait(rule("elevation_failure", service_name="sudo", user_name="alice"))


def test_a_sudo_that_is_not_allowed_is_told(running):
    assert attacks.sudo(running.host, "bob", PASSWORDS["bob"]) == 1
    running.receiver.wait(rule("elevation_denied", service_name="sudo", user_name="bob"))


def test_a_refused_sudo_cannot_spell_the_line_of_one_that_ran(running):
    ran = rule("elevation_success", service_name="sudo", user_name="alice")
    so_far = len(running.receiver.alerts(ran))
    command = f"-u {shlex.quote(IMITATION)} id"
    assert attacks.sudo(running.host, "alice", PASSWORDS["alice"], command=command) == 1
    running.receiver.wait(rule("elevation_denied", service_name="sudo", user_name="alice"))
    assert len(running.receiver.alerts(ran)) == so_far


@pytest.mark.parametrize("login", [False, True], ids=["su", "su -"])
def test_a_right_su_is_told(running, login):
    so_far = len(running.receiver.alerts(rule("elevation_success", service_name="su")))
    assert attacks.su(running.host, "bob", PASSWORDS["root"], login=login) == 0
    alerts = running.receiver.wait(rule("elevation_success", service_name="su"), count=so_far + 1)
    assert (alerts[-1]["user"]["name"], alerts[-1]["user"]["target"]["name"]) == ("bob", "root")


@pytest.mark.parametrize("tag", ["pamsignal", "x y", "sshd"])
def test_su_cannot_hide_behind_a_name_that_its_caller_gave_it(running, tag):
    so_far = len(running.receiver.alerts(of_bob_as_root))
    assert attacks.su(running.host, "bob", PASSWORDS["root"], tag=tag) == 0
    assert len(running.receiver.wait(of_bob_as_root, count=so_far + 1)) == so_far + 1


def test_a_wrong_su_is_told(running):
    assert attacks.su(running.host, "bob", "wrong") == 1
    running.receiver.wait(rule("elevation_failure", service_name="su", user_name="bob"))


def test_a_login_at_the_console_is_told(running):
    attacks.console_login(running.host, "root", PASSWORDS["root"])
    running.receiver.wait(rule("login_success", service_name="login", user_name="root"))


def test_whoever_writes_in_sshds_name_and_however_it_is_no_login_and_is_reported(running, attacker):
    attacks.forge(running.host, "bob", FORGED, tuple(WAYS))
    attacks.forge(running.host, "root", FORGED, ("syslog", "native"))
    records = [
        record_from_json(json.dumps(fields).encode())
        for fields in running.host.journal("--identifier=sshd --grep='from 198[.]51[.]100[.]66 port '")
    ]
    assert sorted(record.uid for record in records) == [0, 0, *[1001] * len(WAYS)]
    assert {trust(observe(record), record) for record in records} == {Trust.SPOOF}
    for account in ("bob", "root"):
        running.receiver.wait(rule("spoofed_line", user_name=account))
    attacks.key_login(running.host, attacker)
    running.receiver.wait(rule("login_success", source_ip=attacker))
    assert running.receiver.alerts(rule("login_success", source_ip="198.51.100.66")) == []


def test_a_web_scanner_on_port_22_disturbs_nobody(running, attacker):
    attacks.http_to_sshd(running.host, attacker)
    attacks.key_login(running.host, attacker)
    running.receiver.wait(rule("login_success", source_ip=attacker))
