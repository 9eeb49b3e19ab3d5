"""parse.observe: a record of any writer. First byte: the identifier; second byte: who the kernel says it was; message.

Whatever the message is, an observation says nothing that does not stand in it, and no login comes of an account that
is not root's.
"""

from __future__ import annotations

import re

from pamsignal.model import Observation, Unparsed
from pamsignal.parse import Trust, observe, trust
from pamsignal.parse.address import address
from pamsignal.parse.programs import BY_IDENTIFIER
from pamsignal.parse.table import TEXT_LIMIT, bounded
from pamsignal.terms import Action
from tests.builders import EXECUTABLES, a_record
from tests.fuzz.supply import text_of

IDENTIFIERS = (*sorted(BY_IDENTIFIER), "stranger", None)
WRITERS = (
    {"uid": 0},
    {"uid": 0, "exe": None},
    {"uid": 1000},
    {"uid": 1000, "exe": None},
    {"uid": 1000, "exe": "/home/carol/sshd"},
    {"uid": 1000, "exe": "/usr/bin/su"},
    {"uid": 990, "exe": "/usr/lib/polkit-1/polkitd"},
    {"uid": None, "exe": None},
)
LOGINS = frozenset((Action.LOGIN_SUCCESS, Action.LOGIN_PARTIAL, Action.ACCOUNT_CREATED, Action.ACCOUNT_GROUP_ADDED))
_ADDRESSES = re.compile("[0-9A-Fa-f:.]+")


def target(data: bytes) -> None:
    """Read one record."""
    if len(data) < 2:
        return
    identifier = IDENTIFIERS[data[0] % len(IDENTIFIERS)]
    changes = {"exe": EXECUTABLES.get(identifier, f"/usr/sbin/{identifier}"), **WRITERS[data[1] % len(WRITERS)]}
    record = a_record(text_of(data[2:]), identifier, **changes)
    seen = observe(record)
    assert observe(record) == seen, "the second reading differs"
    if not isinstance(seen, Observation):
        assert seen is None or isinstance(seen, Unparsed)
        return
    says_only_what_stands_there(seen, record.message)
    verdict = trust(seen, record)
    if record.uid and seen.action in LOGINS:
        assert verdict in (Trust.SPOOF, Trust.IGNORE), f"{verdict} for {seen.action} by an ordinary account"
    short = bounded(seen)
    assert all(len(text) <= TEXT_LIMIT for text in short if isinstance(text, str))


def says_only_what_stands_there(seen: Observation, message: str) -> None:
    """Hold every name and address of `seen` against the message that it was read from."""
    assert seen.attempts >= 1 or "0" in message
    for name in (seen.user, seen.target_user, seen.command, seen.cwd, seen.tty, seen.group):
        assert name is None or name == "root" or name in message, name
    for end in (seen.source, seen.destination):
        if end is not None and end.port is not None:
            assert 0 < end.port < 65536
            assert str(end.port) in message
        if end is not None and end.ip is not None:
            assert end.ip in addresses_in(message), end.ip
        if end is not None and end.host is not None:
            assert end.host in message


def addresses_in(message: str) -> set:
    """Return every address that a part of `message` could be, whatever is around it."""
    words = [word.rstrip(":.") for word in _ADDRESSES.findall(message)]
    parts = [part for word in words for part in (word, word.rpartition(":")[0], word.lstrip(":"))]
    return {address(part) for part in parts} - {None}
