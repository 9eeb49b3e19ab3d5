"""The lab, its three hosts, and the service on each of them: made once for all system tests."""

from __future__ import annotations

import contextlib

import pytest

from tests.system.images import CODENAMES
from tests.system.lab import ATTACKERS, Lab
from tests.system.monitor import Monitor, build_wheel
from tests.system.receiver import Receiver


@pytest.fixture(scope="session")
def lab():
    with contextlib.closing(Lab()) as made:
        yield made


@pytest.fixture(scope="session")
def hosts(lab):
    """All hosts, booted side by side."""
    return {host.release: host for host in lab.boot(sorted(CODENAMES))}


@pytest.fixture(scope="session", params=sorted(CODENAMES), ids="debian{}".format)
def host(request, hosts):
    """One host of each release."""
    return hosts[request.param]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(host, lab, wheel):
    """pamsignal on a host, configured, not started."""
    with contextlib.closing(Receiver(lab)) as receiver:
        monitor = Monitor(host, receiver)
        monitor.install(wheel)
        monitor.configure()
        yield monitor


@pytest.fixture
def monitor(installed):
    """pamsignal running on a host with the usual configuration."""
    installed.configure()
    installed.restart()
    return installed


@pytest.fixture(scope="session")
def attackers():
    """Addresses that no other test has used."""
    return iter(ATTACKERS)


@pytest.fixture
def attacker(attackers):
    """An address of this test's own: no other test's attempts count against it."""
    return next(attackers)
