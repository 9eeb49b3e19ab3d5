"""Whatever umask it is started with: each file that it makes, as a service or by root's hands, is on this list."""

from __future__ import annotations

import fnmatch

import pytest

from tests.harness.waiting import until
from tests.system import attacks

LAX = "/run/systemd/system/pamsignal.service.d/lax.conf"
METRICS = {"enabled": True, "listen": "127.0.0.1:9816"}

# Pattern of a path → owner, and mode. The service's own user is "service".
SERVICE_FILES = {
    "/run/pamsignal": ("service", "755"),
    "/run/pamsignal/credentials.json": ("service", "400"),
    "/run/pamsignal/pamsignal.yaml": ("service", "400"),
    "/run/pamsignal/metrics.prom": ("service", "644"),
    "/run/pamsignal/status.json": ("service", "644"),
    "/var/lib/private": ("root", "700"),
    "/var/lib/private/pamsignal": ("service", "755"),
    "/var/lib/private/pamsignal/lock": ("service", "600"),
    "/var/lib/private/pamsignal/state.db": ("service", "600"),
    "/var/lib/private/pamsignal/state.db-shm": ("service", "600"),
    "/var/lib/private/pamsignal/state.db-wal": ("service", "600"),
    "/var/log/private": ("root", "700"),
    "/var/log/private/pamsignal": ("service", "755"),
    "/var/log/private/pamsignal/trail-*.jsonl": ("service", "600"),
}
SERVICE_PLACES = "/run/pamsignal /var/lib/private /var/log/private"

# What root's verbs write, where root can read it alone.
ROOT_FILES = {
    "/root/made/pamsignal.yaml": ("root", "600"),
    "/root/made/below": ("root", "755"),
    "/root/made/below/pamsignal.yaml": ("root", "600"),
    "/root/made/report.html": ("root", "600"),
}
ROOT_VERBS = """
umask 0000; mkdir -m 0755 /root/made
pamsignal init --yes --output /root/made/pamsignal.yaml --webhook-url https://siem.example.org/in
pamsignal init --yes --output /root/made/below/pamsignal.yaml --webhook-url https://siem.example.org/in
pamsignal report --html /root/made/report.html
pamsignal status; pamsignal history; pamsignal history --csv; pamsignal top --once; pamsignal memory; pamsignal verify
pamsignal geoip; pamsignal check-config; pamsignal support-dump
pamsignal explain 'Accepted publickey for root'; pamsignal memory --forget --everything
"""


@pytest.fixture
def lax(installed):
    """A service that is started with no umask at all, and makes all its files anew."""
    host = installed.host
    host.write(LAX, b"[Service]\nUMask=0000\n")
    host.run("systemctl daemon-reload; systemctl stop pamsignal; rm -rf /var/lib/private/* /var/log/private/*")
    installed.configure(metrics=METRICS)
    installed.restart()
    yield installed
    host.run(f"rm -rf /root/made {LAX}; systemctl daemon-reload; systemctl stop pamsignal")
    installed.configure()


def found(host, places):
    """Every file below these places, by path: its owner and mode."""
    service = host.run("stat -c %u /run/pamsignal").stdout.strip()
    names = {"0": "root", service: "service"}
    lines = host.run(f"find {places} -printf '%U %m %p\\n'").stdout.splitlines()
    return {path: (names.get(uid, uid), mode) for uid, mode, path in (line.split(" ", 2) for line in lines)}


def unlike(files, expected):
    """What is on no list, or not as the list says; and what of the list is not there."""
    wrong = {
        path: kind for path, kind in files.items() if kind not in [expected[one] for one in matching(path, expected)]
    }
    missing = {pattern for pattern in expected if not fnmatch.filter(files, pattern)}
    return wrong, missing


def matching(path, expected):
    return [pattern for pattern in expected if fnmatch.fnmatchcase(path, pattern)]


def test_the_services_files_have_their_modes_whatever_the_umask(lax, attacker):
    attacks.key_login(lax.host, attacker)
    lax.receiver.wait(lambda alert: alert.get("source", {}).get("ip") == attacker)
    differences = []

    def are_right():
        differences.append(unlike(found(lax.host, SERVICE_PLACES), SERVICE_FILES))
        return differences[-1] == ({}, set())

    until(are_right, lambda: differences[-1], pause_s=0.5)


def test_what_roots_verbs_write_is_roots_alone(lax):
    lax.host.run(ROOT_VERBS, check=False)
    assert unlike(found(lax.host, "/root/made/*"), ROOT_FILES) == ({}, set())
    wrong, _ = unlike(found(lax.host, SERVICE_PLACES), SERVICE_FILES)
    assert wrong == {}
