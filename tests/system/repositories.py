"""Packages and signed repositories as `make deb rpm repo` builds them, keys to throw away, and a server on a lab."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tests.system.host import GATEWAY

if TYPE_CHECKING:
    from tests.system.lab import Lab

PROJECT = Path(__file__).parents[2]
GUIDE = PROJECT / "docs/how-to/repository.md"
VERSION = re.search(r'__version__ = "(.+)"', (PROJECT / "pamsignal/__init__.py").read_text()).group(1)
NEWER = "99.0.0"

KEY = """
%no-protection
Key-Type: RSA
Key-Length: 3072
Key-Usage: sign
Name-Real: {name}
Expire-Date: 0
"""


def checkout(folder: Path, version: str = VERSION) -> Path:
    """Copy what git tracks, as it is, into `folder` and track it there; a build of it touches nothing else."""
    folder.mkdir()
    files = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=True).stdout
    subprocess.run(
        ["xargs", "-0", "cp", "--parents", f"--target-directory={folder}"], cwd=PROJECT, input=files, check=True
    )
    (folder / "pamsignal/__init__.py").write_text(f'"""Tried."""\n\n__version__ = "{version}"\n')
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def build(tree: Path, script: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a script of tools/ in a checkout without anybody to ask; fail with what it said."""
    done = run_tool(tree, script, *arguments, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def run_tool(tree: Path, script: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a script of tools/ in a checkout."""
    command = [str(tree / "tools" / script), *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False, **options
    )


def renumbered(deb: Path, version: str) -> Path:
    """Pack a deb again beside itself under another version."""
    tree, other = deb.with_suffix(".tree"), deb.with_name(f"pamsignal_{version}_all.deb")
    subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {version}", control.read_text()))
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, other], stdout=subprocess.DEVNULL, check=True)
    shutil.rmtree(tree)
    return other


class KeyRing:
    """A key ring of GnuPG's in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.environment = {**os.environ, "GNUPGHOME": str(folder)}

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


class Server:
    """Serves a folder by HTTP on a lab's network, at `url`."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        listener = lab.listen()
        self.url = f"http://{GATEWAY}:{listener.getsockname()[1]}"
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = ThreadingHTTPServer((GATEWAY, 0), handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = listener
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """A file server that keeps no log."""

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""


def commands_of_guide(name: str) -> str:
    """Return the shell block of the guide that stands behind `<!-- name -->`."""
    block = re.search(rf"<!-- {name} -->\n+```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert block, f"{GUIDE.name} has no commands named {name}"
    return block.group(1)
