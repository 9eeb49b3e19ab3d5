"""The signed repositories on real hosts: the guide's commands install, update and go back, and dnf's leave nothing.

What was changed, signed by a stranger or not signed at all is refused, for the reason that it should be.
"""

from __future__ import annotations

import contextlib
import shutil

import pytest

from tests.system.images import CODENAMES
from tests.system.repositories import (
    NEWER,
    SHIM,  # noqa: F401 - artefacts.py looks for it here
    VERSION,
    KeyRing,
    Server,
    build_shim,
    commands_of_guide,
    packages,
)
from tests.system.tampering import APT, DNF

PLACE = "https://packages.example.org/pamsignal"
APT_HOSTS = {f"apt{release}": release for release in CODENAMES}
DNF_HOSTS = {"rpm12": "dnf12", "rpm13": "dnf13"}

# The hosts have no curl: this does what the guide asks of it.
CURL = b"""#!/usr/bin/python3
import sys, urllib.request
urllib.request.urlretrieve(sys.argv[-1], sys.argv[-2])
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder of repositories: "first" and "then", as one would publish them, and one that is wrong in each way."""
    folder = tmp_path_factory.mktemp("published")
    tree = packages(folder / "tree")
    with contextlib.closing(KeyRing(folder / "keys")) as ring:
        key, stranger = ring.make("pamsignal packages"), ring.make("A stranger")
        shutil.copytree(ring.publish(tree, key), folder / "first")
        for change in {**APT, **DNF}:
            change(shutil.copytree(folder / "first", folder / change.__name__), ring, key, stranger)
        for package in (packages(folder / "newer", NEWER) / "dist").glob("*.*"):
            shutil.copy(package, tree / "dist")
        shutil.copytree(ring.publish(tree, key), folder / "then")
    return folder


@pytest.fixture(scope="module")
def url(lab, published):
    """Where all of these repositories are."""
    with contextlib.closing(Server(lab, published)) as server:
        yield server.url


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    build_shim(folder / "shim.rpm", folder / "build")
    return folder / "shim.rpm"


@pytest.fixture(scope="module")
def fresh_hosts(lab, shim):
    """Hosts without pamsignal, with what the guide takes for granted."""
    hosts = lab.boot_named({**APT_HOSTS, **DNF_HOSTS})
    for name, host in hosts.items():
        host.write("/usr/local/bin/curl", CURL, 0o755)
        if name in DNF_HOSTS:
            host.put(shim, "/root/shim.rpm")
            host.run("mkdir -p /etc/pki/rpm-gpg /etc/yum.repos.d && rpm --install /root/shim.rpm")
    return hosts


@pytest.fixture(params=APT_HOSTS)
def apt_host(request, fresh_hosts):
    """A host with apt; whatever a test installs there goes again."""
    host = fresh_hosts[request.param]
    yield host
    host.run("dpkg --purge pamsignal && rm -rf /var/lib/apt/lists/*")


@pytest.fixture(params=DNF_HOSTS)
def dnf_host(request, fresh_hosts):
    """A host with dnf; whatever a test installs there goes again."""
    host = fresh_hosts[request.param]
    yield host
    host.run("rpm --query --quiet pamsignal && rpm --erase pamsignal; rm -rf /etc/pamsignal /var/cache/dnf")


def follow_guide(host, name, place="", *, check=True):
    """Run the commands of that name from the guide, with the repository at `place`."""
    commands = commands_of_guide(name).replace(PLACE, place).replace("0.1.0", VERSION)
    return host.run(f"set -eu\n{commands}", check=check)


def update_with_dnf(host, place):
    """Let the repository be at `place`, and install what is newer there."""
    host.run(f"sed -i 's|^baseurl=.*|baseurl={place}/dnf|' /etc/yum.repos.d/pamsignal.repo")
    host.run("dnf upgrade --assumeyes pamsignal")


def write_as_an_administrator(host):
    """Change the configuration, and add a secret."""
    host.write("/etc/pamsignal/pamsignal.yaml", b"hostname: mine\n", 0o600)
    host.write("/etc/pamsignal/credentials/token", b"secret\n", 0o600)


def version_by_dpkg(host):
    return host.run("dpkg-query --show --showformat='${Version}' pamsignal", check=False).stdout


def version_by_rpm(host):
    return host.run("rpm --query --queryformat '%{VERSION}' pamsignal", check=False).stdout


def is_active(host):
    return host.run("systemctl is-active pamsignal", check=False).stdout == "active\n"


@pytest.mark.parametrize("change", APT, ids=lambda change: change.__name__)
def test_apt_refuses_a_repository(apt_host, url, change):
    refused = follow_guide(apt_host, "apt", f"{url}/{change.__name__}", check=False)
    assert refused.returncode != 0
    assert any(words in refused.stdout + refused.stderr for words in APT[change])
    assert version_by_dpkg(apt_host) == ""


@pytest.mark.parametrize("change", DNF, ids=lambda change: change.__name__)
def test_dnf_refuses_a_repository(dnf_host, url, change):
    refused = follow_guide(dnf_host, "dnf", f"{url}/{change.__name__}", check=False)
    assert refused.returncode != 0
    assert any(words in refused.stdout + refused.stderr for words in DNF[change])
    assert version_by_rpm(dnf_host) == "package pamsignal is not installed\n"


def test_apt_installs_what_the_key_has_signed_and_goes_back(apt_host, url):
    follow_guide(apt_host, "apt", f"{url}/then")
    assert (version_by_dpkg(apt_host), is_active(apt_host)) == (NEWER, True)
    follow_guide(apt_host, "apt rollback")
    apt_host.run("apt-get upgrade --yes")
    assert (version_by_dpkg(apt_host), is_active(apt_host)) == (VERSION, True)


def test_dnf_installs_what_the_key_has_signed(dnf_host, url):
    follow_guide(dnf_host, "dnf", f"{url}/first")
    assert (version_by_rpm(dnf_host), is_active(dnf_host)) == (VERSION, True)
    assert dnf_host.run("rpm --verify pamsignal").stdout == ""
    assert dnf_host.run("pamsignal --version").stdout == f"pamsignal {VERSION}\n"
    modules = dnf_host.run("cd /usr/lib/pamsignal && find . -name '*.py' | wc -l").stdout
    tag = dnf_host.run("python3 -c 'import sys; print(sys.implementation.cache_tag)'").stdout.strip()
    assert dnf_host.run(f"cd /usr/lib/pamsignal && find . -name '*.{tag}.pyc' | wc -l").stdout == modules


def test_a_dnf_update_restarts_the_service_and_like_the_way_back_keeps_what_the_administrator_wrote(dnf_host, url):
    follow_guide(dnf_host, "dnf", f"{url}/first")
    write_as_an_administrator(dnf_host)
    before = dnf_host.run("systemctl show --property=MainPID --value pamsignal").stdout
    update_with_dnf(dnf_host, f"{url}/then")
    assert (version_by_rpm(dnf_host), is_active(dnf_host)) == (NEWER, True)
    assert dnf_host.run("systemctl show --property=MainPID --value pamsignal").stdout != before
    follow_guide(dnf_host, "dnf rollback")
    assert (version_by_rpm(dnf_host), is_active(dnf_host)) == (VERSION, True)
    kept = dnf_host.run("cd /etc/pamsignal && tail --quiet --lines=+1 pamsignal.yaml credentials/token").stdout
    assert kept == "hostname: mine\nsecret\n"
    modes = dnf_host.run("cd /etc/pamsignal && stat --format='%n %a %U' . credentials pamsignal.yaml").stdout
    assert modes == ". 755 root\ncredentials 700 root\npamsignal.yaml 600 root\n"


def test_removal_by_the_guide_leaves_what_the_administrator_wrote_and_nothing_else(dnf_host, url):
    follow_guide(dnf_host, "dnf", f"{url}/first")
    write_as_an_administrator(dnf_host)
    follow_guide(dnf_host, "dnf remove")
    left = dnf_host.run(
        "find / -xdev -name '*pamsignal*' ! -path '/var/cache/*' ! -path '/var/lib/dnf/*'"
    ).stdout.split()
    of_the_source = {"/etc/pki/rpm-gpg/RPM-GPG-KEY-pamsignal", "/etc/yum.repos.d/pamsignal.repo"}
    assert set(left) - of_the_source == {"/etc/pamsignal", "/etc/pamsignal/pamsignal.yaml.rpmsave"}
    assert dnf_host.run("ls /etc/pamsignal/credentials").stdout == "token\n"
