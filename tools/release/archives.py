"""What lies in the artefacts: the files of a deb, an rpm, a wheel and a source archive, and the version each names."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Callable, Dict, Mapping, NamedTuple

from .model import ask


class Packed(NamedTuple):
    """A file in an artefact: the SHA-256 of its content (gzip undone where it can be), and its size in bytes.

    A manual page that was read has its title, which names the version.
    """

    digest: str
    size: int
    title: str = ""


class Archive(NamedTuple):
    """An artefact: the version that it names, the folder that the program lies in, and its files by path."""

    version: str
    program: str
    files: Mapping[str, Packed]

    def modules(self) -> Dict[str, str]:
        """Return the digest of each file of the program, by its path below `pamsignal/`."""
        length = len(self.program)
        return {path[length:]: file.digest for path, file in self.files.items() if path.startswith(self.program)}


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def packed(path: str, content: bytes) -> Packed:
    """Describe a file of an artefact."""
    plain = gzip.decompress(content) if path.endswith(".gz") else content
    titles = re.findall(rb"(?m)^\.TH .*$", plain) if path.startswith("/usr/share/man/") else []
    return Packed(digest_of(plain), len(content), titles[0].decode() if titles else "")


def read_deb(artefact: Path) -> Archive:
    """Read a deb with dpkg's own program."""
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", artefact], capture_output=True, check=True).stdout
    files = {f"/{path.lstrip('./')}": content for path, content in members(unpacked).items()}
    version = ask("dpkg-deb", "--field", str(artefact), "Version")
    return Archive(version, "/usr/lib/pamsignal/pamsignal/", {path: packed(path, files[path]) for path in files})


def read_rpm(artefact: Path) -> Archive:
    """Read an rpm's own list: it has the digests, and only of regular files."""
    form = "%{VERSION}\n[%{FILEDIGESTS} %{FILESIZES} %{FILENAMES}\n]"
    version, *lines = ask("rpm", "--query", "--package", "--nosignature", "--queryformat", form, str(artefact)).split(
        "\n"
    )
    listed = [line.split(" ", 2) for line in lines]
    files = {path: Packed(digest, int(size)) for digest, size, path in listed if digest}
    return Archive(version, "/usr/lib/pamsignal/pamsignal/", files)


def read_wheel(artefact: Path) -> Archive:
    """Read a wheel."""
    with zipfile.ZipFile(artefact) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    metadata = next((content for name, content in files.items() if name.endswith(".dist-info/METADATA")), b"")
    return Archive(python_version(metadata), "pamsignal/", {path: packed(path, files[path]) for path in files})


def read_sdist(artefact: Path) -> Archive:
    """Read a source archive, without the folder that everything lies in."""
    files = {path.partition("/")[2]: content for path, content in members(artefact.read_bytes()).items()}
    version = python_version(files.get("PKG-INFO", b""))
    return Archive(version, "pamsignal/", {path: packed(path, files[path]) for path in files})


def members(content: bytes) -> Dict[str, bytes]:
    """Return the regular files of a tar archive."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        readers = ((member.name, archive.extractfile(member)) for member in archive if member.isfile())
        return {name: reader.read() for name, reader in readers if reader}


def python_version(metadata: bytes) -> str:
    """Return the version in the metadata of a Python package, "" if there is none."""
    found = re.search(rb"(?m)^Version: (.+)$", metadata)
    return found[1].decode() if found else ""


# How each kind is called, and what reads it. The name holds the version.
KINDS: Mapping[str, Callable[[Path], Archive]] = {
    "pamsignal_{}_all.deb": read_deb,
    "pamsignal-{}-1.noarch.rpm": read_rpm,
    "pamsignal-{}-py3-none-any.whl": read_wheel,
    "pamsignal-{}.tar.gz": read_sdist,
}
