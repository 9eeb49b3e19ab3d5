"""The one line that installs, on real hosts, over TLS from where it says that it came from.

The hosts with dnf are Debian, and say that they are Rocky Linux.
"""

from __future__ import annotations

import contextlib
import shutil

import pytest
import trustme

from tests.system.host import GATEWAY
from tests.system.repositories import APT_HOSTS, DNF_HOSTS, NEWER, PLACE, VERSION, Server, commands_of_guide

NAME = PLACE.split("/")[2]
ROCKY = (
    b'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\nPRETTY_NAME="Rocky Linux 9.4"\n'
)
FILES = {
    "apt": ("/etc/apt/keyrings/pamsignal.asc", "/etc/apt/sources.list.d/pamsignal.sources"),
    "rpm": ("/etc/pki/rpm-gpg/RPM-GPG-KEY-pamsignal", "/etc/yum.repos.d/pamsignal.repo"),
}
# What package managers remember and write down, whether they succeed or not.
NOTES = "/var/log /var/cache/apt/*.bin /var/cache/dnf /var/cache/ldconfig /var/lib/dnf /var/lib/apt/lists/auxfiles"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def site(lab, published, authority):
    """The server of the repositories; `show` chooses which of them is there."""
    for broken in ("without_packages",):
        folder = shutil.copytree(published / "then", published / broken)
        for file in (*folder.rglob("*.deb"), *folder.rglob("*.rpm")):
            file.unlink()
    with contextlib.closing(Server(lab, published, authority.issue_cert(NAME))) as server:
        yield server


@pytest.fixture
def show(published, site):
    """Let the repository of that name be the one at PLACE."""
    place = published / PLACE.rpartition("/")[2]

    def show_one(name):
        place.unlink(missing_ok=True)
        place.symlink_to(name)

    yield show_one
    site.server.asked = lambda _path: None


@pytest.fixture(params=[*APT_HOSTS, *DNF_HOSTS])
def host(request, fresh_hosts, authority):
    """A host without pamsignal that finds the server, and believes its certificate."""
    host = fresh_hosts[request.param]
    host.run(
        f"grep -q {NAME} /etc/hosts || echo {GATEWAY} {NAME} >>/etc/hosts\n"
        "cat >>/etc/ssl/certs/ca-certificates.crt\n"
        "rm -rf /var/lib/apt/lists/* /etc/apt/sources.list.d/pamsignal.sources /etc/apt/keyrings",
        typed=authority.cert_pem.bytes(),
    )
    if request.param in DNF_HOSTS:
        host.write("/etc/os-release", ROCKY)
    yield host
    host.run(f"curl -fsS {PLACE}/install.sh | sh -s -- --uninstall --purge")
    host.run("ln -sf ../usr/lib/os-release /etc/os-release")


def install(host, options="", *, check=True):
    """Run the line, and return what it said and ended with."""
    return host.run(f"curl -fsS {PLACE}/install.sh | sh -s -- {options}", check=check)


def tree(host, *, but=""):
    """Every file of the host, with mode, size and time."""
    pruned = "".join(f" -o -path '{path}'" for path in ["/var/log/journal", "/var/lib/rpm/*-shm", *but.split()])
    shown = r"-type d -printf '%m %p\n' -o -printf '%m %s %T@ %p\n'"
    return set(host.run(rf"find / -xdev \( -false {pruned} \) -prune -o {shown}").stdout.splitlines())


def names(host):
    """Every file of the host but what package managers note, and all packages and keys that they know."""
    known = host.run("dpkg-query --show; ! command -v rpm >/dev/null || rpm --query --all").stdout.splitlines()
    return {line.split()[-1] for line in tree(host, but=NOTES)} | set(known)


def version(host):
    return host.run("pamsignal --version", check=False).stdout.removeprefix("pamsignal ").strip()


def kind(host):
    return host.name[:3]


def contents(host):
    """What stands in the files that install.sh writes."""
    return [host.run(f"cat {file}").stdout for file in FILES[kind(host)]]


def of_guide(host):
    """The source that the guide has."""
    commands = commands_of_guide("apt" if kind(host) == "apt" else "dnf")
    return commands.partition("<<'END'\n")[2].partition("END\n")[0]


def test_a_run_that_is_dry_fails_or_is_interrupted_leaves_the_host_as_it_was(host, show, site):
    show("then")
    before, known = tree(host), names(host)
    said = install(host, "--dry-run").stdout
    assert all(f"Would write {file}:" in said for file in FILES[kind(host)])
    assert tree(host) == before

    for wrong in ("signed_by_another", "without_packages"):
        show(wrong)
        refused = install(host, check=False)
        assert refused.returncode == 1
        assert "taking back" in refused.stderr
        assert names(host) == known

    def interrupt(path):
        if path.endswith((".deb", ".rpm")):
            host.run("kill -TERM $(cat /run/installer)")

    show("then")
    site.server.asked = interrupt
    ended = host.run(
        f"curl -fsS {PLACE}/install.sh | sh -c 'echo $$ >/run/installer; exec sh'; rm /run/installer", check=False
    )
    assert "taking back" in ended.stderr
    assert names(host) == known


def test_one_line_installs_updates_and_goes_back_and_another_removes(host, show, published):
    show("first")
    known = names(host)
    assert "It runs" in install(host).stdout
    assert (version(host), contents(host)) == (
        VERSION,
        [(published / "first/pamsignal.asc").read_text(), of_guide(host)],
    )

    before = tree(host, but=NOTES)
    assert "nothing to change" in install(host).stdout
    assert tree(host, but=NOTES) == before

    show("then")
    assert f"went from {VERSION} to {NEWER}" in install(host).stdout
    assert f"went from {NEWER} to {VERSION}" in install(host, f"--version {VERSION}").stdout
    assert f"It stays at {VERSION}" in install(host).stdout
    assert (version(host), host.run("systemctl is-active pamsignal").stdout) == (VERSION, "active\n")

    host.write("/etc/pamsignal/pamsignal.yaml", b"hostname: mine\n", 0o600)
    install(host, "--uninstall")
    assert host.run("cat /etc/pamsignal/pamsignal.yaml*").stdout == "hostname: mine\n"
    install(host, "--uninstall --purge")
    assert names(host) == known
