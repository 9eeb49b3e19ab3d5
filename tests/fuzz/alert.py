"""An alert with every free text of a login or of a sudo chosen by others, and what no reader may get to see of it."""

from __future__ import annotations

import unicodedata
from typing import List

from pamsignal.model import Alert, Key
from pamsignal.terms import Action
from tests.builders import a_login, an_alert
from tests.fuzz.supply import fields_of

COUNT = 8
_BIDI = frozenset(("R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"))


def texts_of(data: bytes) -> List[str]:
    """Return user, target, host, command, terminal, reason, certificate and directory: the fields of `data`."""
    return fields_of(data, COUNT)


def alert_with(texts: List[str]) -> Alert:
    """Return an alert about a login, or about a command if there is one, with these texts; empty ones are unknown."""
    user, target, hostname, command, tty, reason, certificate, cwd = (text or None for text in texts)
    event = a_login(
        user=user, hostname=hostname, tty=tty, reason=reason, key=Key("RSA-CERT", "SHA256:abc", certificate)
    )
    if command is not None:
        event = event._replace(
            action=Action.ELEVATION_SUCCESS, service="sudo", key=None, target_user=target, command=command, cwd=cwd
        )
    return an_alert(subject=event)


def bland(texts: List[str]) -> List[str]:
    """Return the like of `texts` that nobody minds: the same where they are the same, and root where they are root."""
    return [text if text in ("", "root") else f"x{texts.index(text)}" for text in texts]


def harm_in(text: str) -> str:
    """Return the characters of `text` that move, cover or hide others; a line end is our own, if it is one."""
    return "".join(
        one
        for one in text
        if one != "\n"
        and (unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") or unicodedata.bidirectional(one) in _BIDI)
    )
