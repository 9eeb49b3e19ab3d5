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
NOTES = "/var/log /var/cache/apt/*.bin /var/cache/debconf /var/cache/dnf /var/cache/ldconfig /var/lib/dnf"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def site(lab, published, authority):
    """The server of the repositories; `show` chooses which of them is there."""
    folder = shutil.copytree(published / "then", published / "without_packages")
    for file in (*folder.rglob("*.deb"), *folder.rglob("*.rpm")):
        file.unlink()
    dists = shutil.copytree(published / "then", published / "with_an_older_suite") / "apt/dists"
    shutil.copytree(dists / VERSION, dists / "stable", dirs_exist_ok=True)
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
    site.asked = lambda _path: None


@pytest.fixture(params=[*APT_HOSTS, *DNF_HOSTS])
def machine(request, fresh_hosts, authority):
    """A host without pamsignal that finds the server, and believes its certificate."""
    machine = fresh_hosts[request.param]
    machine.run(
        f"grep -q {NAME} /etc/hosts || echo {GATEWAY} {NAME} >>/etc/hosts\n"
        "cat >>/etc/ssl/certs/ca-certificates.crt\n"
        "apt-get update && rm -f /etc/apt/sources.list.d/pamsignal.sources\n"
        "mkdir -p /usr/share/licenses /usr/share/man/man5 /usr/share/man/man8",  # Fedora's filesystem.rpm has them
        typed=authority.cert_pem.bytes(),
    )
    if request.param in DNF_HOSTS:
        machine.write("/etc/os-release", ROCKY)
    yield machine
    machine.run(f"curl -fsS {PLACE}/install.sh | sh -s -- --uninstall --purge")
    machine.run("ln -sf ../usr/lib/os-release /etc/os-release")


def install(machine, options="", *, check=True):
    """Run the line, and return what it said and ended with."""
    return machine.run(f"curl -fsS {PLACE}/install.sh | sh -s -- {options}", check=check)


def tree(machine, *, but=""):
    """Every file of the host, with mode, size and time."""
    pruned = "".join(f" -o -path '{path}'" for path in ["/var/log/journal", "*/rpmdb.sqlite-shm", *but.split()])
    shown = r"-type d -printf '%m %p\n' -o -printf '%m %s %T@ %p\n'"
    return set(machine.run(rf"find / -xdev \( -false {pruned} \) -prune -o {shown}").stdout.splitlines())


def names(machine):
    """Every file of the host but what package managers note, and all packages and keys that they know."""
    known = machine.run("dpkg-query --show; ! command -v rpm >/dev/null || rpm --query --all").stdout.splitlines()
    return {line.split()[-1] for line in tree(machine, but=NOTES)} | set(known)


def version(machine):
    return machine.run("pamsignal --version", check=False).stdout.removeprefix("pamsignal ").strip()


def kind(machine):
    return machine.name[:3]


def contents(machine):
    """What stands in the files that install.sh writes."""
    return [machine.run(f"cat {file}").stdout for file in FILES[kind(machine)]]


def key_of(repository):
    return (repository / "pamsignal.asc").read_text()


def source_of_guide(machine):
    """The source that the guide has."""
    commands = commands_of_guide("apt" if kind(machine) == "apt" else "dnf")
    return commands.partition("<<'END'\n")[2].partition("END\n")[0]


def keys_of_rpm(machine):
    return machine.run(commands_of_guide("dnf keys"), check=False).stdout.count("gpg-pubkey-")


def test_a_dry_run_changes_nothing_and_neither_does_one_that_fails(machine, show):
    show("first")
    before, known = tree(machine), names(machine)
    said = install(machine, "--dry-run").stdout
    assert all(f"Would write {file}:" in said for file in FILES[kind(machine)])
    assert tree(machine) == before
    wrong_ones = ["signed_by_another", "without_packages", *(["with_an_older_suite"] if kind(machine) == "apt" else [])]
    for wrong in wrong_ones:
        show(wrong)
        refused = install(machine, check=False)
        assert refused.returncode == 1
        assert "taking back" in refused.stderr
        assert names(machine) == known


def test_one_line_installs_and_updates_and_another_removes(machine, show, published):
    show("first")
    known = names(machine)
    assert "It runs" in install(machine).stdout
    assert version(machine) == VERSION
    assert contents(machine) == [key_of(published / "first"), source_of_guide(machine)]

    before = tree(machine, but=NOTES)
    assert "nothing to change" in install(machine).stdout
    assert tree(machine, but=NOTES) == before

    show("signed_by_a_new_key")
    install(machine)
    assert contents(machine) == [key_of(published / "signed_by_a_new_key"), source_of_guide(machine)]
    assert keys_of_rpm(machine) == (kind(machine) == "rpm")

    show("then")
    assert f"went from {VERSION} to {NEWER}" in install(machine).stdout
    assert (version(machine), machine.run("systemctl is-active pamsignal").stdout) == (NEWER, "active\n")

    machine.write("/etc/pamsignal/pamsignal.yaml", b"hostname: mine\n", 0o600)
    install(machine, "--uninstall")
    assert machine.run("cat /etc/pamsignal/pamsignal.yaml*").stdout == "hostname: mine\n"
    install(machine, "--uninstall --purge")
    assert names(machine) - known <= {"/etc/apt/keyrings"}


@pytest.mark.parametrize("machine", ["apt13", "rpm13"], indirect=True)
def test_what_was_interrupted_is_taken_back(machine, show, site):
    """The signal comes while the package does, so by the time that it counts all is installed."""

    def interrupt(path):
        if path.endswith((".deb", ".rpm")):
            machine.run("kill -TERM $(cat /run/installer)")

    show("then")
    known = names(machine)
    site.asked = interrupt
    line = f"curl -fsS {PLACE}/install.sh | sh -c 'echo $$ >/run/installer; exec sh'"
    ended = machine.run(line, check=False)
    assert (ended.returncode, "taking back" in ended.stderr) == (143, True)
    assert names(machine) == known


@pytest.mark.parametrize("machine", ["apt13", "rpm13"], indirect=True)
def test_a_version_that_was_asked_for_stays(machine, show):
    show("then")
    install(machine)
    assert f"went from {NEWER} to {VERSION}" in install(machine, f"--version {VERSION}").stdout
    before = contents(machine)
    assert f"It stays at {VERSION}" in install(machine).stdout
    assert (version(machine), contents(machine)) == (VERSION, before)
    assert source_of_guide(machine) in install(machine, "--version stable --dry-run").stdout.replace("    ", "")
