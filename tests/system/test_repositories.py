"""The signed repositories on real hosts: the guide's commands install, update and go back, and dnf's leave nothing.

What was changed, signed by a stranger or not signed at all is refused, for the reason that it should be.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from tests.system.repositories import APT_HOSTS, DNF_HOSTS, NEWER, OFFLINE, PLACE, VERSION, Server, commands_of_guide
from tests.system.tampering import APT, DNF, signed_by_another

KEY_FILE = "/root/pamsignal.asc"


@pytest.fixture(scope="module")
def url(lab, published):
    """Where all of these repositories are."""
    with contextlib.closing(Server(lab, published)) as server:
        yield server.url


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
    forget_keys(host)


def follow_guide(host, name, place="", *, check=True):
    """Run the commands of that name from the guide, with the repository at `place`."""
    commands = commands_of_guide(name).replace(PLACE, place).replace("0.1.0", VERSION)
    return host.run(f"set -eu\ncd {Path(KEY_FILE).parent}\n{commands}", check=check)


def add_to_host(host, manager, place, *, check=True):
    """Fetch the key and install, with the repository at `place`."""
    follow_guide(host, "key", place)
    return follow_guide(host, manager, place, check=check)


def keys_of_rpm(host):
    """The names of the keys that rpm believes, by the guide's list."""
    return [
        line.split()[0]
        for line in follow_guide(host, "dnf keys", check=False).stdout.splitlines()
        if line.startswith("gpg-pubkey-")
    ]


def forget_keys(host):
    """Erase every key that rpm believes, by the guide."""
    for name in keys_of_rpm(host):
        host.run(commands_of_guide("dnf forget").replace("gpg-pubkey-01234567-89abcdef", name))


def update_with_dnf(host, place):
    """Let the repository be at `place`, and install what is newer there."""
    host.run(f"sed -i 's|^baseurl=.*|baseurl={place}/dnf|' /etc/yum.repos.d/pamsignal.repo")
    host.run("dnf upgrade --assumeyes pamsignal")


def reinstall_with_apt(host):
    """Let apt fetch the installed version again, and return what it says; that it cannot is no error to it."""
    return host.run("apt-get install --yes --reinstall pamsignal").stdout


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
    refused = add_to_host(apt_host, "apt", f"{url}/{change.__name__}", check=False)
    assert refused.returncode != 0
    assert any(words in refused.stdout + refused.stderr for words in APT[change])
    assert version_by_dpkg(apt_host) == ""


@pytest.mark.parametrize("change", DNF, ids=lambda change: change.__name__)
def test_dnf_refuses_a_repository(dnf_host, url, change):
    refused = add_to_host(dnf_host, "dnf", f"{url}/{change.__name__}", check=False)
    assert refused.returncode != 0
    assert any(words in refused.stdout + refused.stderr for words in DNF[change])
    assert version_by_rpm(dnf_host) == "package pamsignal is not installed\n"


def test_apt_installs_what_the_key_has_signed_and_goes_back(apt_host, url):
    add_to_host(apt_host, "apt", f"{url}/then")
    assert (version_by_dpkg(apt_host), is_active(apt_host)) == (NEWER, True)
    follow_guide(apt_host, "apt rollback")
    apt_host.run("apt-get upgrade --yes")
    assert (version_by_dpkg(apt_host), is_active(apt_host)) == (VERSION, True)


def test_dnf_installs_what_the_key_has_signed(dnf_host, url):
    add_to_host(dnf_host, "dnf", f"{url}/first")
    assert (version_by_rpm(dnf_host), is_active(dnf_host)) == (VERSION, True)
    assert dnf_host.run("rpm --verify pamsignal").stdout == ""
    assert dnf_host.run("pamsignal --version").stdout == f"pamsignal {VERSION}\n"
    modules = dnf_host.run("cd /usr/lib/pamsignal && find . -name '*.py' | wc -l").stdout
    tag = dnf_host.run("python3 -c 'import sys; print(sys.implementation.cache_tag)'").stdout.strip()
    assert dnf_host.run(f"cd /usr/lib/pamsignal && find . -name '*.{tag}.pyc' | wc -l").stdout == modules


@pytest.mark.parametrize("dnf_host", ["rpm13"], indirect=True)
def test_dnf_installs_from_a_folder_that_was_carried_over(dnf_host, published, tmp_path):
    dnf_host.put(shutil.make_archive(tmp_path / "carried", "tar", published / "first"), "/root/carried.tar")
    dnf_host.run("mkdir /srv/pamsignal && tar --extract --file /root/carried.tar --directory /srv/pamsignal")
    dnf_host.run(f"set -eu\n{commands_of_guide('dnf', OFFLINE)}")
    assert (version_by_rpm(dnf_host), is_active(dnf_host)) == (VERSION, True)
    dnf_host.run("rm -rf /root/carried.tar /srv/pamsignal")


def test_a_dnf_update_restarts_the_service_and_like_the_way_back_keeps_what_the_administrator_wrote(dnf_host, url):
    add_to_host(dnf_host, "dnf", f"{url}/first")
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
    add_to_host(dnf_host, "dnf", f"{url}/first")
    write_as_an_administrator(dnf_host)
    follow_guide(dnf_host, "dnf remove")
    left = dnf_host.run(
        "find / -xdev -name '*pamsignal*' ! -path '/var/cache/*' ! -path '/var/lib/dnf/*'"
    ).stdout.split()
    assert set(left) == {KEY_FILE, "/etc/pamsignal", "/etc/pamsignal/pamsignal.yaml.rpmsave"}
    assert dnf_host.run("ls /etc/pamsignal/credentials").stdout == "token\n"
    assert len(keys_of_rpm(dnf_host)) == 1
    forget_keys(dnf_host)
    assert keys_of_rpm(dnf_host) == []


def test_removal_by_the_guide_leaves_nothing_with_apt(apt_host, url):
    add_to_host(apt_host, "apt", f"{url}/first")
    follow_guide(apt_host, "apt remove")
    left = apt_host.run("find / -xdev -name '*pamsignal*' ! -path '/var/log/journal/*'").stdout.split()
    assert left == [KEY_FILE]


def test_after_a_theft_apt_refuses_what_the_old_key_has_signed(apt_host, url):
    add_to_host(apt_host, "apt", f"{url}/first")
    follow_guide(apt_host, "key", f"{url}/signed_by_a_new_key")
    refused = follow_guide(apt_host, "apt new key", check=False)
    assert any(words in refused.stdout + refused.stderr for words in APT[signed_by_another])
    assert "it cannot be downloaded" in reinstall_with_apt(apt_host)
    apt_host.run(f"sed -i 's|^URIs: .*|URIs: {url}/signed_by_a_new_key/apt|' /etc/apt/sources.list.d/pamsignal.sources")
    follow_guide(apt_host, "apt new key")
    assert "it cannot be downloaded" not in reinstall_with_apt(apt_host)


def test_after_a_theft_dnf_refuses_what_the_old_key_has_signed(dnf_host, url):
    add_to_host(dnf_host, "dnf", f"{url}/first")
    follow_guide(dnf_host, "key", f"{url}/signed_by_a_new_key")
    forget_keys(dnf_host)
    refused = follow_guide(dnf_host, "dnf new key", check=False)
    assert any(words in refused.stdout + refused.stderr for words in DNF[signed_by_another])
    assert dnf_host.run("dnf reinstall --assumeyes pamsignal", check=False).returncode != 0
    repo = "/etc/yum.repos.d/pamsignal.repo"
    dnf_host.run(f"sed -i 's|^baseurl=.*|baseurl={url}/signed_by_a_new_key/dnf|' {repo}")
    follow_guide(dnf_host, "dnf new key")
    dnf_host.run("dnf reinstall --assumeyes pamsignal")
    assert len(keys_of_rpm(dnf_host)) == 1
