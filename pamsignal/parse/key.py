"""The text that sshd writes after `ssh2: `: which key, certificate or principal was shown (auth2-*.c).

Parts of it are chosen by the client or by a certificate authority, so it is taken apart from its fixed ends only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Optional

from pamsignal.model import Key

# The certificate id is free text of the CA: the serial and CA that sshd adds are the last ones.
_CERTIFICATE = re.compile(r"(\S+) (\S+) ID (.*) \(serial (\d+)\) CA (\S+ \S+)(?: \[preauth\])?", re.DOTALL | re.ASCII)
_KEY = re.compile(
    r"([A-Z][A-Z0-9-]*) ((?:[A-Z0-9]+:|[0-9a-f]{2}:)[^\s,]+)(?:, client .*| \[preauth\])?", re.DOTALL | re.ASCII
)
_PRINCIPAL = re.compile(r"[^\s@,]+@[^\s@,]+", re.ASCII)
_LONGEST = 1024  # log.c: MSGBUFSIZ


def key(text: str) -> Optional[Key]:
    """Return the offered key, with its certificate's id, serial and CA if it was one; None for a Kerberos principal."""
    return _key(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=256)
def _key(text: str) -> Optional[Key]:
    certificate = _CERTIFICATE.fullmatch(text)
    if certificate is not None:
        return Key(*certificate.groups())
    plain = _KEY.fullmatch(text)
    return Key(plain[1], plain[2]) if plain else None


def principal(text: str) -> Optional[str]:
    """Return the Kerberos principal (`alice@EXAMPLE.ORG`) that gssapi-with-mic logs in place of a key."""
    return text if _PRINCIPAL.fullmatch(text) else None
