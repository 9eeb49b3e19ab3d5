"""The files that name the version, the day and the state of a release: they have to name the same."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Iterator, NamedTuple, Tuple

from .model import Disagreement, Release

# Every file that names the version of what is built, and how it stands there.
STATEMENTS = (
    ("CHANGELOG.md", r"(?m)^## (?:Unreleased: )?(\d\S*)"),
    ("docs/how-to/webhook.md", r'"observer": \{[^}]*"version": "([^"]+)"'),
    ("galaxy.yml", r"(?m)^version: (\S+)"),
    ("packaging/debian/changelog", r"\Apamsignal \(([^)]+)\)"),
    ("packaging/rpm/pamsignal.spec", r"(?m)^%changelog\n\* .* - (\S+)-1$"),
)

# The first entry of each, with its day, if it has one.
HEADING = re.compile(r"\A(?:(?!## ).*\n)*## \d\S* - (\S+)\n")
DEBIANS = re.compile(r"\Apamsignal \([^)]+\) (?!UNRELEASED)\S+;(?s:.*?)\n -- .*>  (.+)")
RPMS = re.compile(r"(?m)^%changelog\n\* (\w{3} \w{3} \d+ \d{4}) ")


class Entry(NamedTuple):
    """The newest entry of a change log: its file, and its day as YYYY-MM-DD, "" while it is not released."""

    file: str
    day: str


def disagreements(release: Release) -> Iterator[Disagreement]:
    """Yield each file that names another version or another day; of a tag, each that is not released."""
    yield from other_versions(release)
    ours, debians, rpms = entries(release)
    if bool(ours.day) != bool(debians.day):
        one, other = (ours, debians) if ours.day else (debians, ours)
        yield Disagreement(other.file, f"not released, while {one.file} has the day {one.day}", "make both the same")
    yield from (unreleased(release, ours, debians) if release.tag else ())
    for entry in (debians, rpms):
        if ours.day and entry.day and entry.day != ours.day:
            yield Disagreement(entry.file, f"of {entry.day}", f"CHANGELOG.md has {ours.day}")


def other_versions(release: Release) -> Iterator[Disagreement]:
    """Yield each file of STATEMENTS that does not name the version of the program."""
    for name, pattern in STATEMENTS:
        found = re.search(pattern, release.text(name))
        named = f"version {found[1]}" if found else "no version"
        if not found or found[1] != release.version:
            yield Disagreement(name, named, f"pamsignal/__init__.py has {release.version}")


def unreleased(release: Release, *found: Entry) -> Iterator[Disagreement]:
    """Yield each of these entries that has no day."""
    for entry in found:
        if not entry.day:
            yield Disagreement(entry.file, "says that it is not released", f"{release.tag} needs a day there")


def entries(release: Release) -> Tuple[Entry, Entry, Entry]:
    """Return the newest entries: ours, Debian's, the rpm's. One that is not released, or cannot be read, has no day."""
    heading = HEADING.search(release.text("CHANGELOG.md"))
    debians = DEBIANS.search(release.text("packaging/debian/changelog"))
    rpms = RPMS.search(release.text("packaging/rpm/pamsignal.spec"))
    return (
        Entry("CHANGELOG.md", heading[1] if heading else ""),
        Entry("packaging/debian/changelog", parsedate_to_datetime(debians[1]).date().isoformat() if debians else ""),
        Entry("packaging/rpm/pamsignal.spec", day_of(rpms[1]) if rpms else ""),
    )


def day_of(text: str) -> str:
    """Return the day of an entry of an rpm, such as Mon Nov 23 2026, as YYYY-MM-DD."""
    return datetime.strptime(text, "%a %b %d %Y").replace(tzinfo=timezone.utc).date().isoformat()
