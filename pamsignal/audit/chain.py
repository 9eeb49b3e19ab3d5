"""The hash chain: what follows what, and whether a line still says what it said. Pure.

A line is canonical JSON (RFC 8785): a body, and behind it `hash`, perhaps `mac`, `prev` and `seq`. Every body's key
sorts before these, so both are found from the end without reading the body. `hash` is SHA-256 over the line without
`hash`, `prev` the hash of the line before. `mac` is HMAC-SHA256 (RFC 2104) over the line without `hash` and `mac`:
whoever can write the file can make hashes anew, but no mac without the key.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Iterable, NamedTuple, Optional, Sequence, Tuple

_BLOCK_BYTES = 64  # of SHA-256
_DIGITS = 64
_MAC_BYTES = len('"mac":"",') + _DIGITS
_HASH_BYTES = len('"hash":"",') + _DIGITS
_LINK = re.compile(
    rb'"hash":"([0-9a-f]{64})",(?:"mac":"([0-9a-f]{64})",)?"prev":"([0-9a-f]{64})","seq":([1-9][0-9]{0,15})\}\Z'
)
_LONGEST_LINK = 300
_HEAD = re.compile(r"([1-9][0-9]{0,15}):([0-9a-f]{64})")


class Head(NamedTuple):
    """The last record of a chain: its number and its hash. As text, `NUMBER:HASH`, it is an anchor."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


NO_RECORD = Head(0, "0" * _DIGITS)


class Link(NamedTuple):
    """What a line says of its place, and what `hash` and `mac` should be over."""

    head: Head
    prev: str
    mac: Optional[str]
    hashed: bytes
    sealed: bytes

    @property
    def is_whole(self) -> bool:
        """Whether nobody changed the line without making its hash anew."""
        return sha256(self.hashed).hexdigest() == self.head.hash


class Seal:
    """HMAC-SHA256 with one key, its two halves begun once."""

    def __init__(self, key: bytes) -> None:
        block = (key if len(key) <= _BLOCK_BYTES else sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def mac(self, content: bytes) -> str:
        """Return the mac of `content`, hexadecimal."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(content)
        outer.update(inner.digest())
        return outer.hexdigest()


def linked(head: Head, bodies: Iterable[str], seal: Optional[Seal] = None) -> Tuple[bytes, Head]:
    """Return the lines that follow `head`, one for each body (`{"event":{…},`), and the head after them."""
    seq, digest = head
    lines = []
    for body in bodies:
        seq += 1
        rest = f'"prev":"{digest}","seq":{seq}}}'
        if seal is not None:
            rest = f'"mac":"{seal.mac((body + rest).encode())}",{rest}'
        digest = sha256((body + rest).encode()).hexdigest()
        lines.append(f'{body}"hash":"{digest}",{rest}\n')
    return "".join(lines).encode(), Head(seq, digest)


def followed(head: Head, lines: Sequence[bytes], seal: Optional[Seal] = None) -> Tuple[int, Head]:
    """Return how many of `lines` (without line ends) follow `head` one after the other, and the head after those.

    With `seal`, each of them has its mac, too.
    """
    seq, digest = head[0], head[1].encode()
    for number, line in enumerate(lines):
        end = b'"prev":"%b","seq":%d}' % (digest, seq + 1)
        at = len(line) - len(end)
        has_mac = line[at - _MAC_BYTES : at - _DIGITS - 2] == b'"mac":"'
        split = at - _HASH_BYTES - (_MAC_BYTES if has_mac else 0)
        body, rest = line[:split], line[split + _HASH_BYTES :]
        found = sha256(body + rest).hexdigest().encode()
        if line[split : split + _HASH_BYTES] != b'"hash":"%b",' % found or not rest.endswith(end):
            return number, Head(seq, digest.decode())
        if seal is not None and rest[:_MAC_BYTES] != b'"mac":"%b",' % seal.mac(body + end).encode():
            return number, Head(seq, digest.decode())
        seq, digest = seq + 1, found
    return len(lines), Head(seq, digest.decode())


def link_of(line: bytes) -> Optional[Link]:
    """Return what `line` (without its end) says of its place, None where it is no record at all."""
    found = _LINK.search(line, max(0, len(line) - _LONGEST_LINK))
    if found is None:
        return None
    head = Head(int(found[4]), found[1].decode())
    mac = found[2].decode() if found[2] else None
    body, rest = line[: found.start()], line[found.start() + _HASH_BYTES :]
    sealed = body + (rest[_MAC_BYTES:] if mac else rest)
    return Link(head, found[3].decode(), mac, body + rest, sealed)


def has_mac(line: bytes) -> bool:
    """Tell whether `line` is sealed. Only the end is looked at: no text can hold these bytes unescaped."""
    return b'","mac":"' in line[-_LONGEST_LINK:]


def heads_in(text: str) -> Sequence[Head]:
    """Return every anchor that stands in `text`, whatever is around it."""
    return [Head(int(seq), digest) for seq, digest in _HEAD.findall(text)]
