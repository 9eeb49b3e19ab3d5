"""The lab, its three hosts, and the service on each of them: made once for all system tests."""

from __future__ import annotations

import contextlib
import shutil

import pytest

from tests.system.images import CODENAMES
from tests.system.lab import ATTACKERS, Lab
from tests.system.monitor import Monitor, build_wheel
from tests.system.receiver import Receiver
from tests.system.repositories import APT_HOSTS, DNF_HOSTS, NEWER, KeyRing, build_shim, packages
from tests.system.tampering import APT, DNF


@pytest.fixture(scope="session")
def lab():
    with contextlib.closing(Lab()) as made:
        yield made


def pytest_addoption(parser):
    parser.addoption("--release", type=int, choices=sorted(CODENAMES), help="try the service on this release alone")


def pytest_generate_tests(metafunc):
    """Try the service on a host of each release, or on the one that is asked for."""
    if "host" in metafunc.fixturenames:
        only = metafunc.config.getoption("--release")
        releases = sorted(CODENAMES) if only is None else [only]
        metafunc.parametrize("host", releases, indirect=True, scope="session", ids="debian{}".format)


@pytest.fixture(scope="session")
def hosts(lab, pytestconfig):
    """The hosts that the service is tried on, booted side by side."""
    only = pytestconfig.getoption("--release")
    return {host.release: host for host in lab.boot(sorted(CODENAMES) if only is None else [only])}


@pytest.fixture(scope="session")
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


# The hosts have no curl: this does what the guides ask of it, to a file or not.
CURL = b"""#!/usr/bin/python3
import shutil, ssl, sys, urllib.request
believed = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
with urllib.request.urlopen(sys.argv[-1], context=believed) as got:
    with open(sys.argv[-2], "wb") if sys.argv[-2].endswith(".asc") else sys.stdout.buffer as to:
        shutil.copyfileobj(got, to)
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A checkout with the packages of this version in its dist; nobody changes it."""
    return packages(tmp_path_factory.mktemp("built") / "tree")


@pytest.fixture(scope="session")
def published(built, tmp_path_factory):
    """A folder of repositories: "first" and "then", as one would publish them, and one that is wrong in each way."""
    folder = tmp_path_factory.mktemp("published")
    tree = shutil.copytree(built, folder / "tree", symlinks=True)
    with contextlib.closing(KeyRing(folder / "keys")) as ring:
        key, stranger = ring.make("pamsignal packages"), ring.make("A stranger")
        shutil.copytree(ring.publish(tree, key), folder / "first")
        for change in {**APT, **DNF}:
            change(shutil.copytree(folder / "first", folder / change.__name__), ring, key, stranger)
        anew = shutil.copytree(tree / "dist", folder / "anew/dist", ignore=shutil.ignore_patterns("repo")).parent
        for needed in ("tools", "packaging", "docs/how-to"):
            shutil.copytree(tree / needed, anew / needed)
        shutil.copytree(ring.publish(anew, ring.make("The new key")), folder / "signed_by_a_new_key")
        for package in (packages(folder / "newer", NEWER) / "dist").glob("*.*"):
            shutil.copy(package, tree / "dist")
        shutil.copytree(ring.publish(tree, key), folder / "then")
    return folder


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    build_shim(folder / "shim.rpm", folder / "build")
    return folder / "shim.rpm"


@pytest.fixture(scope="module")
def fresh_hosts(lab, shim):
    """Hosts without pamsignal, with what the guides take for granted."""
    hosts = lab.boot_named({**APT_HOSTS, **DNF_HOSTS})
    for name, host in hosts.items():
        host.write("/usr/bin/curl", CURL, 0o755)
        if name in DNF_HOSTS:
            host.put(shim, "/root/shim.rpm")
            host.run("mkdir -p /etc/pki/rpm-gpg /etc/yum.repos.d && rpm --install /root/shim.rpm")
    yield hosts
    lab.power_off(hosts.values())
