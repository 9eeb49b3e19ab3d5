"""What was built: all of it there, of the one version, made of what git tracks, and summed up."""

from __future__ import annotations

import fnmatch
from typing import Dict, Iterator, List

from .archives import KINDS, Archive, digest_of
from .model import Disagreement, Release

# What else may lie in dist: {} is the version. Folders are looked at by themselves.
OTHERS = ("SHA256SUMS", "SHA256SUMS.asc", "pamsignal-{}.cdx.json", "pamsignal_{}_*.snap")
# What a build makes of tracked files, and git has no copy of.
MADE = (
    "*.dist-info/METADATA",
    "*.dist-info/RECORD",
    "*.dist-info/WHEEL",
    "*.dist-info/entry_points.txt",
    "PKG-INFO",
    "/usr/share/man/*",
    "/usr/share/python3/runtime.d/pamsignal.rtupdate",
)
# The terms, word for word: the file itself, or Debian's form of it.
TERMS = ("LICENSE", "packaging/debian/copyright")
LARGEST_DATABASE_BYTES = 64 * 1024
REBUILD = "make clean, and build again"


def disagreements(release: Release) -> Iterator[Disagreement]:
    """Yield what is wrong with the files in dist; a release needs all of them, a candidate what it has."""
    present = sorted(path.name for path in (release.root / "dist").glob("*") if path.is_file())
    known = [name.format(release.version) for name in (*KINDS, *OTHERS)]
    for name in present:
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in known):
            yield Disagreement(f"dist/{name}", f"not an artefact of {release.version}", REBUILD)
    for name in missing(release, present) if release.tag else ():
        yield Disagreement(f"dist/{name}", "missing", "make deb rpm wheel sbom")
    tracked = {name: digest_of(content) for name, content in tracked_files(release).items()}
    for kind, read in KINDS.items():
        name = kind.format(release.version)
        if name in present:
            yield from about_one(f"dist/{name}", read(release.root / "dist" / name), release.version, tracked)
    yield from about_the_sums(release, present)
    yield from about_the_repositories(release)


def missing(release: Release, present: List[str]) -> List[str]:
    """Return the names of what a release has and dist has not."""
    needed = [name.format(release.version) for name in (*KINDS, "pamsignal-{}.cdx.json")]
    return [name for name in (*needed, "SHA256SUMS") if name not in present]


def about_one(name: str, archive: Archive, version: str, tracked: Dict[str, str]) -> Iterator[Disagreement]:
    """Yield what is wrong with one artefact; `tracked` has the digest of each file of git's."""
    if archive.version != version:
        yield Disagreement(name, f"says version {archive.version or 'nothing'}", f"it should be {version}: {REBUILD}")
    program = {path[len("pamsignal/") :]: digest for path, digest in tracked.items() if path.startswith("pamsignal/")}
    modules = archive.modules()
    for path in sorted(path for path in {*program, *modules} if program.get(path) != modules.get(path)):
        found = "is not there" if path not in modules else "is another than the one in the checkout"
        if path in modules and path not in program:
            found = "is not tracked by git"
        yield Disagreement(name, f"pamsignal/{path} {found}", REBUILD)
    originals = set(tracked.values())
    for path, file in archive.files.items():
        is_made = any(fnmatch.fnmatchcase(path, pattern) for pattern in MADE)
        if not (path.startswith(archive.program) or is_made or file.digest in originals):
            yield Disagreement(name, f"{path} is nothing that git tracks", "add it to git, or build without it")
        if file.title and f"pamsignal {version}" not in file.title:
            yield Disagreement(name, f"{path} has the title {file.title}", f"it should name {version}: {REBUILD}")
        if path.endswith(".mmdb") and file.size > LARGEST_DATABASE_BYTES:
            yield Disagreement(name, f"{path} is a database of {file.size} bytes", "its licence is not ours: remove it")
    if {tracked.get(terms) for terms in TERMS}.isdisjoint(file.digest for file in archive.files.values()):
        yield Disagreement(name, "no LICENSE in it", "let the build install it")


def tracked_files(release: Release) -> Dict[str, bytes]:
    """Return the content of all files that git tracks, as they are in the checkout."""
    names = release.git("ls-files", "-z").split("\0")
    return {name: (release.root / name).read_bytes() for name in names if (release.root / name).is_file()}


def about_the_sums(release: Release, present: List[str]) -> Iterator[Disagreement]:
    """Yield each artefact whose sum is missing or another, and each sum of nothing."""
    if "SHA256SUMS" not in present:
        return
    lines = (line.split("  ", 1) for line in release.text("dist/SHA256SUMS").splitlines())
    listed = {name: digest for digest, name in lines}
    summed = [name for name in present if not name.startswith("SHA256SUMS")]
    real = {name: digest_of((release.root / "dist" / name).read_bytes()) for name in summed}
    for name in sorted({*listed, *real}):
        if listed.get(name) != real.get(name):
            yield Disagreement("dist/SHA256SUMS", f"not the sum of {name}", "make sums")


def about_the_repositories(release: Release) -> Iterator[Disagreement]:
    """Yield each package of dist that the repositories, if there are any, do not offer; rpms are signed there."""
    repository = release.root / "dist/repo"
    deb, rpm = (kind.format(release.version) for kind in list(KINDS)[:2])
    offered = repository / "apt/pool/main/p/pamsignal" / deb
    built = release.root / "dist" / deb
    if not repository.is_dir():
        return
    if not offered.is_file() or (built.is_file() and offered.read_bytes() != built.read_bytes()):
        yield Disagreement("dist/repo/apt", f"no {deb} as it lies in dist", "make repo")
    if not (repository / "dnf" / rpm).is_file():
        yield Disagreement("dist/repo/dnf", f"no {rpm}", "make repo")
