"""The tag of a release, and the state of the checkout that it stands for."""

from __future__ import annotations

from typing import Iterator, Optional

from .model import Disagreement, Release

# Addresses that stand for ones of ours that there are not yet, and files that show them as anybody's.
STAND_INS = ("@pamsignal.invalid", "pamsignal@localhost", "packages.example.org", "//example.org/pamsignal")
EXAMPLES = (
    "docs/how-to/deploy.md",
    "docs/how-to/release.md",
    "docs/how-to/repository.md",
    "inventories/example/",
    "tests/",
    "tools/",
)
SIGNATURES = ("-----BEGIN PGP SIGNATURE-----", "-----BEGIN SSH SIGNATURE-----")


def tag_at_head(release: Release) -> Optional[str]:
    """Return the tag v... of the commit that is checked out, None if it has none."""
    tags = release.git("tag", "--points-at", "HEAD", "--list", "v[0-9]*").split()
    return f"v{release.version}" if f"v{release.version}" in tags else next(iter(tags), None)


def disagreements(release: Release) -> Iterator[Disagreement]:
    """Yield what stands against publishing the release's tag; a candidate has none."""
    if not release.tag:
        return
    yield from about_the_tag(release, release.tag)
    for line in release.git("status", "--porcelain").splitlines():
        yield Disagreement(line[3:], "not as it was committed", "commit it, or remove it; then build again")
    patterns = [f"-e{word}" for word in STAND_INS]
    for line in release.git("grep", "--fixed-strings", "--line-number", *patterns).splitlines():
        file, number, _ = line.split(":", 2)
        if not file.startswith(EXAMPLES):
            found = next(word for word in STAND_INS if word in line)
            yield Disagreement(f"{file}:{number}", f"{found} stands for an address of ours", "write the real one")


def about_the_tag(release: Release, tag: str) -> Iterator[Disagreement]:
    """Yield what is wrong with the tag itself."""
    if tag != f"v{release.version}":
        yield Disagreement(f"tag {tag}", f"pamsignal/__init__.py has {release.version}", "they have to be the same")
    elif release.git("rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}") != release.git("rev-parse", "HEAD"):
        yield Disagreement(f"tag {tag}", "not at the commit that is checked out", "make it, or check it out")
    elif not any(signature in release.git("cat-file", "tag", tag) for signature in SIGNATURES):
        yield Disagreement(f"tag {tag}", "not signed", f"git tag --sign --force {tag}")
