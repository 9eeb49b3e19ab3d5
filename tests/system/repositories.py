"""Packages and signed repositories as `make deb rpm repo` builds them, keys to throw away, and a server on a lab."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.harness import web
from tests.harness.checkout import PROJECT
from tests.harness.waiting import PATIENCE_S
from tests.packaging.deb import check_out
from tests.system.images import CODENAMES

if TYPE_CHECKING:
    import trustme

    from tests.system.lab import Lab

GUIDE = PROJECT / "docs/how-to/repository.md"
OFFLINE = PROJECT / "docs/how-to/install-offline.md"
VERSION = re.search(r'__version__ = "(.+)"', (PROJECT / "pamsignal/__init__.py").read_text()).group(1)
NEWER = "99.0.0"
# Each host by its name, and what kind it is.
APT_HOSTS = {f"apt{release}": release for release in CODENAMES}
DNF_HOSTS = {"rpm12": "dnf12", "rpm13": "dnf13"}
# Where the guide and install.sh have the repository.
PLACE = "https://packages.example.org/pamsignal"

KEY = """
%no-protection
Key-Type: RSA
Key-Length: 3072
Key-Usage: sign
Name-Real: {name}
Expire-Date: 0
"""

# What Fedora and RHEL have and Debian has under other names: an empty rpm that says so lets dnf install there.
SHIM = """
Name: debian-host
Version: 1
Release: 1
Summary: What a Debian host has
License: MIT
BuildArch: noarch
Provides: /bin/sh /usr/bin/python3 findutils python3 = 3.11 systemd = 252
Provides: python3-jsonschema python3-pyyaml python3-requests python3-systemd
%description
What a Debian host has. Fedora's package filesystem owns these directories.
%install
mkdir -p %{buildroot}/usr/share/man/man5 %{buildroot}/usr/share/man/man8
%files
%dir /usr/share/man/man5
%dir /usr/share/man/man8
"""


def checkout(folder: Path, version: str = VERSION) -> Path:
    """Lay what git tracks into `folder`, as it is but for the version; a build of it touches nothing else."""
    check_out(folder)
    for name in ("pamsignal/__init__.py", "packaging/debian/changelog"):
        file = folder / name
        file.write_text(file.read_text().replace(VERSION, version, 1))
    return folder


def packages(folder: Path, version: str = VERSION) -> Path:
    """Return a checkout in `folder` that has both packages of `version` in its dist."""
    tree = checkout(folder, version)
    for kind in ("deb", "rpm"):
        build(tree, f"build_{kind}.sh")
    return tree


def build(tree: Path, script: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a script of tools/ in a checkout without anybody to ask; fail with what it said."""
    done = run_tool(tree, script, *arguments, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def run_tool(tree: Path, script: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a script of tools/ in a checkout."""
    command = [str(tree / "tools" / script), *arguments]
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
        **options,
    )


def build_shim(rpm: Path, folder: Path) -> None:
    """Build the rpm that tells dnf what a Debian host has."""
    folder.mkdir()
    (folder / "shim.spec").write_text(SHIM)
    command = ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}", folder / "shim.spec"]
    subprocess.run(command, capture_output=True, check=True)
    shutil.copy(next(folder.rglob("*.rpm")), rpm)


class KeyRing:
    """A key ring of GnuPG's in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.folder = folder
        self.environment = {**os.environ, "GNUPGHOME": str(folder), "URL": PLACE}

    def make(self, name: str, parameters: str = KEY, *, clock: str = "") -> str:
        """Make a key and return its fingerprint; `clock` is the time at which that seems to happen."""
        before = self.fingerprints()
        faked = [f"--faked-system-time={clock}"] if clock else []
        self.gpg(*faked, "--generate-key", typed=parameters.format(name=name).encode())
        return (self.fingerprints() - before).pop()

    def fingerprints(self) -> set[str]:
        """The fingerprints of all keys."""
        listed = self.gpg("--with-colons", "--list-keys").decode()
        return set(re.findall(r"(?m)^fpr:+(\w+):", listed))

    def gpg(self, *arguments: str, typed: bytes = b"") -> bytes:
        """Run gpg and return what it prints."""
        command = ["gpg", "--batch", "--quiet", *arguments]
        return subprocess.run(command, env=self.environment, input=typed, capture_output=True, check=True).stdout

    def publish(self, tree: Path, *keys: str) -> Path:
        """Build the repositories of a checkout's dist, signed with the first of `keys`."""
        build(tree, "build_repo.sh", " ".join(keys), env=self.environment)
        return tree / "dist/repo"

    def sign_rpm(self, rpm: Path, key: str) -> None:
        """Sign an rpm, in place of what signature it had."""
        macros = ["--define", f"__gpg {shutil.which('gpg')}", "--key-id", key]
        subprocess.run(["rpmsign", *macros, "--resign", rpm], env=self.environment, capture_output=True, check=True)

    def sign_metadata(self, dnf: Path, key: str) -> None:
        """Describe the rpms of a dnf repository anew, and sign that."""
        subprocess.run(["createrepo_c", "--quiet", dnf], check=True)
        self.gpg("--yes", "--armor", "--local-user", key, "--detach-sign", str(dnf / "repodata/repomd.xml"))

    def close(self) -> None:
        """End the agent that gpg has started for this ring."""
        subprocess.run(["gpgconf", "--kill", "all"], env=self.environment, check=True)


class Server(web.Server):
    """Serves a folder on a lab's network, at `url` by HTTP; with a certificate by TLS, on the port of HTTPS."""

    def __init__(self, lab: Lab, folder: Path, certificate: trustme.LeafCert | None = None) -> None:
        handler = functools.partial(Telling, directory=str(folder))
        super().__init__(handler, lab.listen(443 if certificate else 0), certificate)

    def asked(self, path: str) -> None:
        """Hear of each path before it is answered."""


class Telling(web.Files):
    """One that tells its server's `asked` of each path before it answers."""

    def send_head(self):
        """Begin to answer."""
        self.server.asked(self.path)
        return super().send_head()


def commands_of_guide(name: str, guide: Path = GUIDE) -> str:
    """Return the shell block of the guide that stands behind `<!-- name -->`."""
    block = re.search(rf"<!-- {name} -->\n+```sh\n(.*?)```", guide.read_text(), re.DOTALL)
    assert block, f"{guide.name} has no commands named {name}"
    return block.group(1)
