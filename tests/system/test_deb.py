"""The deb on real hosts: it installs and watches, upgrades without a gap or an echo, and purges without a trace."""

from __future__ import annotations

import contextlib
import json
import re

import pytest

from tests.packaging.deb import PROJECT, repack
from tests.system import attacks, tutorial
from tests.system.images import CODENAMES
from tests.system.monitor import CONFIG, Monitor
from tests.system.receiver import Receiver
from tests.system.test_survival import Logins

LATER = "99.0"
APT = "DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends"
INSTALL = "dpkg --force-confold --install"  # an edited configuration is kept, and nobody is asked

# Everything on the host but what installing any package changes, and what a running system changes by itself.
SHIFTING = ("/dev", "/proc", "/root/debs", "/run", "/sys", "/tmp", "/var/cache", "/var/lib/apt", "/var/log/journal")
SHIFTING += ("/var/lib/dpkg/*-old", "/var/log/apt/*", "/var/log/dpkg.log")
EVERYTHING = f"find / \\( {' -o '.join(f'-path {path!r}' for path in SHIFTING)} \\) -prune -o -print"


@pytest.fixture(scope="module")
def packages(built, tmp_path_factory):
    """The package of this version, and of a later one."""
    (package,) = (built / "dist").glob("*.deb")
    return package, repack(package, LATER, tmp_path_factory.mktemp("later"))


@pytest.fixture(scope="module")
def fresh_hosts(lab, packages):
    """Hosts that never saw pamsignal, with the packages lying on them."""
    hosts = lab.boot_named({f"deb{release}": release for release in sorted(CODENAMES)})
    for host in hosts.values():
        for name, package in zip(("this.deb", "later.deb"), packages):
            host.put(package, f"/root/debs/{name}")
    yield {host.release: host for host in hosts.values()}
    lab.power_off(hosts.values())


@pytest.fixture(params=sorted(CODENAMES), ids="debian{}".format)
def fresh(request, fresh_hosts):
    """A host without pamsignal; purged afterwards."""
    host = fresh_hosts[request.param]
    yield host
    host.run("dpkg --purge pamsignal")


@pytest.fixture
def packaged(fresh, lab):
    """pamsignal installed from its package, then configured to tell a receiver, as its administrator does it."""
    fresh.run(f"{INSTALL} /root/debs/this.deb")
    with contextlib.closing(Receiver(lab)) as receiver:
        monitor = Monitor(fresh, receiver)
        fresh.write("/etc/pamsignal/ca.pem", receiver.authority)
        monitor.configure()
        fresh.run("systemctl reload pamsignal")
        yield monitor


# Ends as soon as the journal has an alert about that address.
TOLD = "timeout 180 sh -c 'until journalctl -q SYSLOG_IDENTIFIER=pamsignal PAMSIGNAL_SOURCE_IP={} | grep .; do sleep 0.1; done'"


def running_version(host):
    """The version that the daemon itself says it has, not the one that is installed."""
    return json.loads(host.run("cat /run/pamsignal/status.json").stdout)["version"]


def mode(host, path):
    return host.run(f"stat -c '%a %U:%G' {path}").stdout.strip()


def test_it_watches_as_soon_as_it_is_installed_and_tells_the_journal_of_a_login(fresh, attacker):
    fresh.run(f"{APT} install /root/debs/this.deb")
    assert fresh.run("systemctl is-enabled pamsignal; systemctl is-active pamsignal").stdout == "enabled\nactive\n"
    attacks.key_login(fresh, attacker)
    fresh.run(TOLD.format(attacker))
    said = fresh.run(f"journalctl --quiet SYSLOG_IDENTIFIER=pamsignal PAMSIGNAL_SOURCE_IP={attacker} -o cat").stdout
    assert re.fullmatch(f"Login: alice from {attacker} by publickey SHA256:[A-Za-z0-9+/]{{8}}… on {fresh.name}\n", said)


def test_what_it_installs_is_closed_to_others_compiled_and_passes_its_own_autopkgtests(fresh):
    fresh.run(f"{INSTALL} /root/debs/this.deb")
    assert mode(fresh, CONFIG) == "600 root:root"
    assert mode(fresh, "/etc/pamsignal") == "755 root:root"  # the service reads CA files in there
    assert mode(fresh, "/etc/pamsignal/credentials") == "700 root:root"
    modules, compiled = (fresh.run(f"find /usr/lib/pamsignal -name '*.{end}'").stdout.split() for end in ("py", "pyc"))
    assert len(compiled) == len(modules)
    for name in ("command-line", "service", "login"):
        fresh.put(PROJECT / "packaging/debian/tests" / name, f"/root/debs/{name}", 0o755)
        fresh.run(f"AUTOPKGTEST_TMP=$(mktemp --directory) /root/debs/{name}")


def test_an_upgrade_in_the_middle_of_logins_loses_none_repeats_none_and_keeps_the_configuration(packaged, attacker):
    edited = packaged.host.run(f"cat {CONFIG}").stdout
    with Logins(packaged, attacker) as logins:
        logins.wait(2)
        packaged.host.run(f"{INSTALL} /root/debs/later.deb")
        logins.wait(2)
    logins.assert_each_was_told_once()
    assert running_version(packaged.host) == LATER
    assert packaged.host.run(f"cat {CONFIG}").stdout == edited
    assert mode(packaged.host, CONFIG) == "600 root:root"
    assert packaged.host.run(f"tail -n 1 {CONFIG}.dpkg-dist").stdout == f"# The default of {LATER}.\n"


def test_an_upgrade_starts_nothing_that_was_disabled_and_replaces_a_configuration_that_nobody_edited(fresh):
    fresh.run(f"{INSTALL} /root/debs/this.deb")
    fresh.run("systemctl disable --quiet --now pamsignal")
    fresh.run(f"{INSTALL} /root/debs/later.deb")
    shown = fresh.run("systemctl is-enabled pamsignal; systemctl is-active pamsignal", check=False).stdout
    assert shown == "disabled\ninactive\n"
    assert fresh.run(f"tail -n 1 {CONFIG}").stdout == f"# The default of {LATER}.\n"
    assert mode(fresh, CONFIG) == "600 root:root"


def test_after_a_removal_it_goes_on_where_it_was_when_it_is_installed_again(packaged, attacker):
    logins = Logins(packaged, attacker)
    attacks.key_login(packaged.host, attacker)
    packaged.receiver.wait(logins.is_mine)
    packaged.host.run("dpkg --remove pamsignal")
    attacks.key_login(packaged.host, attacker)
    packaged.host.run(f"{INSTALL} /root/debs/this.deb")
    logins.done = 2
    logins.assert_each_was_told_once()


def test_a_purge_leaves_no_trace(fresh, attacker):
    before = set(fresh.run(EVERYTHING).stdout.splitlines())
    fresh.run(f"{INSTALL} /root/debs/this.deb")
    fresh.write("/etc/pamsignal/credentials/token", b"secret", 0o600)
    attacks.key_login(fresh, attacker)
    fresh.run("pamsignal status; systemctl restart pamsignal")
    during = set(fresh.run(EVERYTHING).stdout.splitlines())
    assert {"/var/lib/private/pamsignal/state.db", "/var/log/pamsignal"} <= during - before
    fresh.run("dpkg --purge pamsignal")
    assert set(fresh.run(EVERYTHING).stdout.splitlines()) - before == set()
    assert fresh.run("systemctl list-units --all --plain --no-legend 'pamsignal*'").stdout == ""


def test_the_first_hour_of_the_tutorial_goes_as_it_is_written(fresh_hosts, attacker):
    host = fresh_hosts[13]
    host.run("install -D /root/debs/this.deb /root/dist/pamsignal_0_all.deb")
    with tutorial.channel_for(host) as phone:
        said = {}
        for name, commands in tutorial.steps().items():
            if name == "journal":
                attacks.key_login(host, attacker)
                host.run(TOLD.format(attacker))
            said[name] = host.run(f"cd /root && {{\n{commands}}}").stdout
            if name == "reload":
                attacks.key_login(host, attacker)
                phone.wait(lambda message: f"Login: alice from {attacker} by publickey" in message["title"])
                attacks.unknown_users(host, attacker, ["oracle", "postgres", "ubuntu", "git", "test"])
                phone.wait(lambda message: f"Guessing of account names: 5 attempts from {attacker}" in message["title"])
                attacks.key_login(host, attacker)
                phone.wait(lambda message: f"Login after failures: alice from {attacker}" in message["title"])
    assert f"Login: alice from {attacker} by publickey" in said["journal"].splitlines()[-1]
    assert {message["topic"] for message in phone.sent} == {said["topic"].strip()}
    assert f"Test alert from {host.name}" in phone.sent[0]["title"]
    assert said["check"] == f"{CONFIG}: good\n"
    assert f"alice from {attacker}" in said["history"]
    assert "sshd.failed" in said["explain"]
