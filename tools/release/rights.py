"""Who owns what the packages install, and who may change it: root alone; and that nothing runs with more rights.

The packages' scripts are not read here; that they are ours is what building again shows (rebuild.py).
"""

from __future__ import annotations

import io
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import Callable, Iterator, Mapping, NamedTuple

from .artefacts import REBUILD
from .model import Disagreement, Release, ask

# What only root may read, and its mode.
PRIVATE = {"/etc/pamsignal/pamsignal.yaml": 0o600, "/etc/pamsignal/credentials": 0o700}
# The only links, and where each leads: one manual page under two names.
LINKS = {"/usr/share/man/man5/pamsignal.yaml.5.gz": "pamsignal.conf.5.gz"}
# setuid, setgid, sticky; writable by the group, by others.
NEVER = 0o7022
# How rpm tells each file; the link's target comes last, because it may be empty.
QUERY = "[%{FILEMODES}\t%{FILEUSERNAME}:%{FILEGROUPNAME}\t%{FILECAPS}\t%{FILENAMES}\t%{FILELINKTOS}\n]"


class Entry(NamedTuple):
    """What a package installs: its path, type and mode as stat(2) has them, owner:group, capabilities, target."""

    path: str
    mode: int
    owner: str
    capabilities: str
    target: str


def disagreements(release: Release) -> Iterator[Disagreement]:
    """Yield each file of the deb and the rpm in dist, as far as they are there, with rights that it must not have."""
    for kind, read in KINDS.items():
        artefact = release.root / "dist" / kind.format(release.version)
        if artefact.is_file():
            for entry in read(artefact):
                for wrong in wrongs(entry):
                    yield Disagreement(f"dist/{artefact.name}", f"{entry.path} {wrong}", REBUILD)


def wrongs(entry: Entry) -> Iterator[str]:
    """Yield what is wrong with the rights of one file, in words."""
    mode = stat.S_IMODE(entry.mode)
    if entry.owner != "root:root":
        yield f"belongs to {entry.owner}"
    if entry.capabilities:
        yield f"has the capabilities {entry.capabilities}"
    if entry.target and LINKS.get(entry.path) != entry.target:
        yield f"is a link to {entry.target}"
    elif not (entry.target or stat.S_ISREG(entry.mode) or stat.S_ISDIR(entry.mode)):
        yield "is neither a file nor a directory"
    elif not entry.target and (mode & NEVER or mode != PRIVATE.get(entry.path, mode)):
        yield f"has the mode {mode:04o}"


def entries_of_deb(artefact: Path) -> Iterator[Entry]:
    """Yield what a deb installs; a hard link counts as a link. dpkg knows no capabilities."""
    types = {tarfile.REGTYPE: stat.S_IFREG, tarfile.AREGTYPE: stat.S_IFREG, tarfile.DIRTYPE: stat.S_IFDIR}
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", artefact], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as archive:
        for member in archive:
            owner = f"{member.uname or member.uid}:{member.gname or member.gid}"
            mode = types.get(member.type, 0) | member.mode
            yield Entry(member.name[1:] or "/", mode, owner, "", member.linkname)


def entries_of_rpm(artefact: Path) -> Iterator[Entry]:
    """Yield what an rpm installs."""
    listed = ask("rpm", "--query", "--package", "--nosignature", "--queryformat", QUERY, str(artefact))
    for line in listed.splitlines():
        mode, owner, capabilities, path, target = line.split("\t", 4)
        yield Entry(path, int(mode) & 0xFFFF, owner, "" if capabilities == "(none)" else capabilities, target)


KINDS: Mapping[str, Callable[[Path], Iterator[Entry]]] = {
    "pamsignal_{}_all.deb": entries_of_deb,
    "pamsignal-{}-1.noarch.rpm": entries_of_rpm,
}
