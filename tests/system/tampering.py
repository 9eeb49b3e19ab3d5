"""What may be wrong with a repository: each way changes a good copy, and says how apt and dnf put it when they refuse.

`APT` and `DNF` map a name to the change and the words, one of which must come. A change gets the repository's folder,
the key ring, the key that is trusted, and the key of a stranger.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.system.repositories import KeyRing


def flip_a_bit(file: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def without_signature(repository: Path, _ring: KeyRing, _key: str, _stranger: str) -> None:
    for name in ("InRelease", "Release.gpg", "repomd.xml.asc"):
        for file in repository.rglob(name):
            file.unlink()


def signed_by_another(repository: Path, ring: KeyRing, _key: str, stranger: str) -> None:
    for file in repository.rglob("InRelease"):
        file.unlink()
        ring.gpg("--local-user", stranger, "--output", str(file), "--clear-sign", str(file.with_name("Release")))
    ring.sign_metadata(repository / "dnf", stranger)


def with_a_changed_head(repository: Path, _ring: KeyRing, _key: str, _stranger: str) -> None:
    for name, old, new in (("InRelease", "Origin: p", "Origin: P"), ("repomd.xml", "<revision>", "<revision>1")):
        for file in repository.rglob(name):
            file.write_text(file.read_text().replace(old, new))


def with_a_changed_list(repository: Path, _ring: KeyRing, _key: str, _stranger: str) -> None:
    for file in (*repository.rglob("Packages*"), *repository.rglob("*-primary.xml.gz")):
        flip_a_bit(file)


def with_a_changed_package(repository: Path, _ring: KeyRing, _key: str, _stranger: str) -> None:
    for file in (*repository.rglob("*.deb"), *repository.rglob("*.rpm")):
        flip_a_bit(file)


# With the next three the list is signed by the trusted key: only gpgcheck, about the package itself, is in the way.


def with_a_signed_list_of_an_unsigned_rpm(repository: Path, ring: KeyRing, key: str, _stranger: str) -> None:
    for rpm in repository.rglob("*.rpm"):
        subprocess.run(["rpmsign", "--delsign", rpm], capture_output=True, check=True)
    ring.sign_metadata(repository / "dnf", key)


def with_a_signed_list_of_a_strangers_rpm(repository: Path, ring: KeyRing, key: str, stranger: str) -> None:
    for rpm in repository.rglob("*.rpm"):
        ring.sign_rpm(rpm, stranger)
    ring.sign_metadata(repository / "dnf", key)


def with_a_signed_list_of_a_changed_rpm(repository: Path, ring: KeyRing, key: str, _stranger: str) -> None:
    for rpm in repository.rglob("*.rpm"):
        flip_a_bit(rpm)
    ring.sign_metadata(repository / "dnf", key)


# Debian 13's apt asks sqv instead of gpgv, which has words of its own.
APT = {
    without_signature: ("is not signed",),
    signed_by_another: ("NO_PUBKEY", "Missing key"),
    with_a_changed_head: ("BADSIG", "Message has been manipulated"),
    with_a_changed_list: ("Hash Sum mismatch",),
    with_a_changed_package: ("Hash Sum mismatch",),
}
DNF = {
    without_signature: ("GPG signature is not available",),
    signed_by_another: ("repomd.xml GPG signature verification error",),
    with_a_changed_head: ("repomd.xml GPG signature verification error",),
    with_a_changed_list: ("checksum doesn't match",),
    with_a_changed_package: ("Error downloading packages",),
    with_a_signed_list_of_an_unsigned_rpm: ("is not signed",),
    with_a_signed_list_of_a_strangers_rpm: ("Import of key(s) didn't help, wrong key(s)?",),
    with_a_signed_list_of_a_changed_rpm: ("Problem opening package",),
}
