"""A release, and each way to break it: a function changes a checkout, and returns how the line begins that names it."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import tarfile
import zipfile

from pamsignal import __version__
from tools.release import artefacts, sbom, tag, versions

DAY, TAG = "2025-12-01", f"v{__version__}"
WHEEL, SOURCE = f"pamsignal-{__version__}-py3-none-any.whl", f"pamsignal-{__version__}.tar.gz"
DEB, RPM = f"pamsignal_{__version__}_all.deb", f"pamsignal-{__version__}-1.noarch.rpm"
BILL = f"pamsignal-{__version__}.cdx.json"


def run(tree, *command, **environment):
    ours = {**os.environ, **environment}
    return subprocess.run(command, cwd=tree, env=ours, capture_output=True, text=True, check=False)


def git(tree, *arguments):
    done = run(tree, "git", "-c", "user.name=One", "-c", "user.email=one@example.org", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rewrite(tree, name, before, after):
    """Change a file of the checkout; `before` has to be in it."""
    text = (tree / name).read_text()
    assert re.search(before, text), (name, before)
    replace(tree / name, re.sub(before, after, text, count=1).encode())


def replace(file, content):
    file.unlink(missing_ok=True)
    file.write_bytes(content)


def another_version_in_galaxy(tree):
    rewrite(tree, "galaxy.yml", r"(?m)^version: \S+", "version: 9.9.9")
    return "galaxy.yml: version 9.9.9; "


def another_version_in_our_change_log(tree):
    rewrite(tree, "CHANGELOG.md", f"## {__version__} - ", "## 9.9.9 - ")
    return "CHANGELOG.md: version 9.9.9; "


def another_version_in_debians_change_log(tree):
    rewrite(tree, "packaging/debian/changelog", r"\(\S+\)", "(9.9.9)")
    return "packaging/debian/changelog: version 9.9.9; "


def another_version_in_the_spec(tree):
    rewrite(tree, "packaging/rpm/pamsignal.spec", rf"{__version__}-1\n", "9.9.9-1\n")
    return "packaging/rpm/pamsignal.spec: version 9.9.9; "


def no_version_in_a_document(tree):
    rewrite(tree, "docs/how-to/webhook.md", r'"observer": \{[^}]*\}', '"observer": {}')
    return "docs/how-to/webhook.md: no version; "


def no_day_in_our_change_log(tree):
    rewrite(tree, "CHANGELOG.md", rf"## {__version__} - .*", f"## Unreleased: {__version__}")
    return f"CHANGELOG.md: says that it is not released; {TAG} needs a day there"


def not_released_for_debian(tree):
    rewrite(tree, "packaging/debian/changelog", "stable;", "UNRELEASED;")
    return f"packaging/debian/changelog: not released, while CHANGELOG.md has the day {DAY}; "


def another_day_in_the_spec(tree):
    rewrite(tree, "packaging/rpm/pamsignal.spec", "Mon Dec 01", "Tue Dec 02")
    return f"packaging/rpm/pamsignal.spec: of 2025-12-02; CHANGELOG.md has {DAY}"


def a_change_that_is_not_committed(tree):
    rewrite(tree, "README.md", r"\Z", "More.\n")
    return "README.md: not as it was committed; "


def a_file_that_git_does_not_know(tree):
    (tree / "notes").touch()
    return "notes: not as it was committed; "


def an_address_that_is_none(tree):
    rewrite(tree, "README.md", r"\Z", "https://packages.example.org\n")
    number = (tree / "README.md").read_text().count("\n")
    return f"README.md:{number}: packages.example.org stands for an address of ours; "


def a_tag_that_is_not_signed(tree):
    git(tree, "tag", "--force", "--annotate", "--message=One", TAG)
    return f"tag {TAG}: not signed; "


def a_tag_without_a_message(tree):
    git(tree, "tag", "--force", TAG)
    return f"tag {TAG}: not signed; "


def a_tag_of_another_version(tree):
    git(tree, "tag", "--delete", TAG)
    git(tree, "tag", "v9.9.9")
    return f"tag v9.9.9: pamsignal/__init__.py has {__version__}; "


def an_artefact_that_is_missing(tree):
    (tree / "dist" / WHEEL).unlink()
    return f"dist/{WHEEL}: missing; make deb rpm wheel sbom"


def an_artefact_of_an_older_version(tree):
    shutil.copy(tree / "dist" / RPM, tree / "dist/pamsignal-0.0.9-1.noarch.rpm")
    return f"dist/pamsignal-0.0.9-1.noarch.rpm: not an artefact of {__version__}; "


def wheel_with(tree, name, content, *, but=()):
    """Write the wheel again, with one more file."""
    with zipfile.ZipFile(tree / "dist" / WHEEL) as archive:
        files = {each: archive.read(each) for each in archive.namelist() if each not in but}
    (tree / "dist" / WHEEL).unlink()
    with zipfile.ZipFile(tree / "dist" / WHEEL, "w") as archive:
        for each, bytes_ in {**files, name: content}.items():
            archive.writestr(each, bytes_)


def a_wheel_of_another_version(tree):
    wheel_with(tree, f"pamsignal-{__version__}.dist-info/METADATA", b"Version: 9.9.9\n")
    return f"dist/{WHEEL}: says version 9.9.9; it should be {__version__}: "


def a_module_that_git_does_not_track(tree):
    wheel_with(tree, "pamsignal/more.py", b"")
    return f"dist/{WHEEL}: pamsignal/more.py is not tracked by git; "


def a_module_that_is_another(tree):
    wheel_with(tree, "pamsignal/cli/run.py", b"pass")
    return f"dist/{WHEEL}: pamsignal/cli/run.py is another than the one in the checkout; "


def a_module_that_is_missing(tree):
    wheel_with(tree, "pamsignal/__main__.py", b"", but=["pamsignal/cli/run.py"])
    return f"dist/{WHEEL}: pamsignal/cli/run.py is not there; "


def a_wheel_without_a_licence(tree):
    wheel_with(tree, f"pamsignal-{__version__}.dist-info/licenses/LICENSE", b"None.\n")
    return f"dist/{WHEEL}: no LICENSE in it; "


def deb_after(tree, change):
    """Build the deb again, after a change to its unpacked files, among which DEBIAN has its scripts."""
    unpacked, deb = tree / "build/unpacked-deb", tree / "dist" / DEB
    subprocess.run(["dpkg-deb", "--raw-extract", deb, unpacked], check=True)
    change(unpacked)
    deb.unlink()
    command = ["dpkg-deb", "--build", "-Zgzip", "--root-owner-group", unpacked, deb]
    subprocess.run(command, capture_output=True, check=True)


def deb_with(tree, path, content):
    """Build the deb again, with one more file or another one in its place."""

    def change(unpacked):
        (unpacked / path).parent.mkdir(parents=True, exist_ok=True)
        replace(unpacked / path, content)

    deb_after(tree, change)


def a_deb_with_a_database(tree):
    deb_with(tree, "usr/share/GeoIP/City.mmdb", bytes(65537))
    return f"dist/{DEB}: /usr/share/GeoIP/City.mmdb is a database of 65537 bytes; "


def a_deb_with_a_page_of_another_version(tree):
    title = '.TH "PAMSIGNAL" "8" "2025-12-01" "pamsignal 9.9.9"'
    deb_with(tree, "usr/share/man/man8/pamsignal.8.gz", gzip.compress(f"{title}\n".encode()))
    return f"dist/{DEB}: /usr/share/man/man8/pamsignal.8.gz has the title {title}; "


def a_source_archive_with_a_stray_file(tree):
    unpacked = tree / "build/unpacked-source"
    with tarfile.open(tree / "dist" / SOURCE) as archive:
        archive.extractall(unpacked)
    (unpacked / f"pamsignal-{__version__}/token").write_text("s3cret")
    (tree / "dist" / SOURCE).unlink()
    with tarfile.open(tree / "dist" / SOURCE, "w:gz") as archive:
        archive.add(unpacked / f"pamsignal-{__version__}", f"pamsignal-{__version__}")
    return f"dist/{SOURCE}: token is nothing that git tracks; "


def an_rpm_of_an_older_program(tree):
    rewrite(tree, "pamsignal/__main__.py", r"\Z", "# newer than the rpm\n")
    return f"dist/{RPM}: pamsignal/__main__.py is another than the one in the checkout; "


def an_rpm_with(tree, before, after):
    """Build the rpm again, of a spec with another line."""
    rewrite(tree, "packaging/rpm/pamsignal.spec", rf"(?m)^{before}$", after)
    (tree / "dist" / RPM).unlink()
    done = run(tree, "tools/build_rpm.sh")
    assert done.returncode == 0, done.stderr


def sums_of_something_else(tree):
    rewrite(tree, "dist/SHA256SUMS", r"[0-9a-f]{64}  pamsignal_", f"{'0' * 64}  pamsignal_")
    return f"dist/SHA256SUMS: not the sum of {DEB}; "


def a_bill_of_other_artefacts(tree):
    rewrite(tree, f"dist/{BILL}", r'"content": "[0-9a-f]{64}"', f'"content": "{"0" * 64}"')
    return f"dist/{BILL}: not of the artefacts in dist; make sbom"


def a_repository_without_the_deb(tree):
    (tree / "dist/repo/apt/pool/main/p/pamsignal" / DEB).unlink()
    return f"dist/repo/apt: no {DEB} as it lies in dist; make repo"


def a_repository_without_the_rpm(tree):
    (tree / "dist/repo/dnf" / RPM).unlink()
    return f"dist/repo/dnf: no {RPM}; make repo"


# The check that names each.
BREAKS = {
    versions: [
        another_version_in_galaxy,
        another_version_in_our_change_log,
        another_version_in_debians_change_log,
        another_version_in_the_spec,
        no_version_in_a_document,
        no_day_in_our_change_log,
        not_released_for_debian,
        another_day_in_the_spec,
    ],
    tag: [
        a_change_that_is_not_committed,
        a_file_that_git_does_not_know,
        an_address_that_is_none,
        a_tag_that_is_not_signed,
        a_tag_without_a_message,
        a_tag_of_another_version,
    ],
    artefacts: [
        an_artefact_that_is_missing,
        an_artefact_of_an_older_version,
        a_wheel_of_another_version,
        a_module_that_git_does_not_track,
        a_module_that_is_another,
        a_module_that_is_missing,
        a_wheel_without_a_licence,
        a_deb_with_a_database,
        a_deb_with_a_page_of_another_version,
        a_source_archive_with_a_stray_file,
        an_rpm_of_an_older_program,
        sums_of_something_else,
        a_repository_without_the_deb,
        a_repository_without_the_rpm,
    ],
    sbom: [a_bill_of_other_artefacts],
}
