"""Secrets that do not stand in the configuration: from systemd's credentials, or from files nobody else can read.

No error quotes what was read. A secret's file is hostile until proved otherwise: no link is followed, no pipe waited
for.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import Any, Mapping, NamedTuple, Optional, Union

from pamsignal.errors import ConfigError
from pamsignal.secret import Secret

MAX_SECRET_BYTES = 8192
MAX_STAGED_BYTES = 1 << 20  # 64 of them, escaped
Reference = Union[str, Mapping[str, Any]]


FOLDER = "credentials"  # beside the configuration: one file for each
STAGED = "credentials.json"  # the same, as the unit's copy step hands them to the service


class MissingCredentialError(ConfigError):
    """Nobody gives a credential of this name."""


class Vaults(NamedTuple):
    """Where `{credential: NAME}` is looked up: in `systemd`'s directory, then in the configuration's `folder`."""

    systemd: Optional[str]
    folder: str


NO_VAULTS = Vaults(None, "/nonexistent")


def vaults_of(path: str) -> Vaults:
    """Return the places for the configuration at `path` and a process with this environment (systemd.exec(5))."""
    return Vaults(os.environ.get("CREDENTIALS_DIRECTORY") or None, os.path.dirname(path) or ".")


class GuardedFile(NamedTuple):
    """The content of a regular file, with owner and mode of exactly the file that was read."""

    content: bytes
    uid: int
    mode: int


def read_guarded(path: str, limit_bytes: int) -> GuardedFile:
    """Read a regular file of at most `limit_bytes`; ConfigError says what stands in the way and what to do."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(_why_not(error)) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError("expected a regular file, found something else; write the text into a file")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(limit_bytes + 1)
    finally:
        os.close(descriptor)
    if len(content) > limit_bytes:
        raise ConfigError(f"expected at most {limit_bytes} bytes, found more; is this the right file?")
    return GuardedFile(content, status.st_uid, stat.S_IMODE(status.st_mode))


def _why_not(error: OSError) -> str:
    if error.errno == errno.ELOOP:  # O_NOFOLLOW met a link
        return "expected a file, found a symbolic link; name the file that it points to"
    if isinstance(error, PermissionError):
        return "expected a file that can be read, found no right to read it; try sudo, or change its owner"
    return f"expected a file, found none ({os.strerror(error.errno or 0)}); create it or correct the path"


def secret_of(reference: Reference, vaults: Vaults) -> Secret:
    """Return the secret itself: written out, `{credential: NAME}` or `{file: PATH}`; ConfigError if there is none."""
    if isinstance(reference, str):
        return Secret(reference)
    if "credential" in reference:
        content = _credential(reference["credential"], vaults)
    else:
        # The service has a user of its own, but the group of the journal: so it can read the file, and others cannot.
        path = reference["file"]
        content = _secret_file(path, f"chgrp systemd-journal {path} && chmod 640 {path}")
    return Secret(_text(content))


def _credential(name: str, vaults: Vaults) -> bytes:
    given = f"{vaults.systemd}/{name}"
    if vaults.systemd and os.access(given, os.F_OK):
        return read_guarded(given, MAX_SECRET_BYTES).content
    staged = _staged(f"{vaults.folder}/{STAGED}").get(name)
    if staged is not None:
        return staged.encode()
    path = f"{vaults.folder}/{FOLDER}/{name}"
    if os.path.lexists(path):
        return _secret_file(path, f"chmod 600 {path}")
    remedy = f"write it into /etc/pamsignal/{FOLDER}/{name} (of root, mode 0600), then systemctl reload pamsignal"
    raise MissingCredentialError(f"expected the credential {name}, found none of that name; {remedy}")


def _staged(path: str) -> Mapping[str, str]:
    """Return what the copy step left, nothing where there is none.

    A configuration that is checked can lie anywhere, and so can a stranger's file of this name beside it.
    """
    if not os.path.lexists(path):
        return {}
    guarded = read_guarded(path, MAX_STAGED_BYTES)
    if guarded.uid not in {0, os.geteuid()} or guarded.mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise ConfigError(f"expected nobody else's credentials, found {path} of uid {guarded.uid}; remove it")
    try:
        credentials = json.loads(guarded.content)
        is_sound = all(isinstance(text, str) for text in credentials.values())
    except (AttributeError, ValueError):
        is_sound = False
    if not is_sound:
        raise ConfigError(f"expected the credentials that the unit copies, found {path} broken; remove it")
    return dict(credentials)


def _secret_file(path: str, remedy: str) -> bytes:
    guarded = read_guarded(path, MAX_SECRET_BYTES)
    if guarded.uid not in {0, os.geteuid()}:
        raise ConfigError(f"expected a file of root, found one of uid {guarded.uid}; run: chown root {path}")
    if guarded.mode & (stat.S_IRWXO | stat.S_IWGRP):
        found = f"found mode {guarded.mode:04o}"
        raise ConfigError(f"expected a file that others cannot read, {found}; run: {remedy}")
    return guarded.content


def _text(content: bytes) -> str:
    """Strip the one line end that editors add; anything else unprintable is a mistake that would show up late.

    Only keys in PEM form have lines (RFC 7468).
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ConfigError("expected a secret in UTF-8, found other bytes; write the file anew") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ConfigError("expected a secret, found an empty file; write the secret into it")
    lines = text.splitlines() if text.startswith("-----BEGIN ") else [text]
    if not all(line.isprintable() for line in lines):
        raise ConfigError("expected a secret on one line, found line breaks or control characters; remove them")
    return text
