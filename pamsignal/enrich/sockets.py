"""Which address of this host a connection reached, from the kernel's tables /proc/self/net/tcp and tcp6 (proc(5)).

A row is there as long as its connection, so the table is read when the login is, and what was found is remembered.
Reading is dear: the kernel walks all places of its hash table, 0.2 ms for the 8,192 of a small host and 5 ms for the
262,144 of one with 32 GB, and 2 µs more for each connection (Linux 6.18, 2026-11-23). Hence a budget.
"""

from __future__ import annotations

import re
import sys
from collections import OrderedDict
from ipaddress import IPv4Address, ip_address
from typing import Dict, Iterable, Iterator, List, Optional, Set, Tuple

from pamsignal.enrich.files import content_of
from pamsignal.model import Address, Endpoint

MOST_BYTES = 4 * 1024 * 1024  # 28,000 connections over IPv4, 23,000 over IPv6
MOST_REMEMBERED = 1024
READS_AT_ONCE = 20
MICROSECONDS_PER_READ = 200_000

_END = re.compile(rb"([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})")
_ESTABLISHED = b"01"
_MAPPED = b"\0" * 10 + b"\xff\xff"  # RFC 4291 section 2.5.5.2


class Sockets:
    """The tables in `folder`, each read at most once between two calls of `look`.

    `unread` counts the readings that the budget refused.
    """

    def __init__(self, folder: str, byteorder: str = sys.byteorder) -> None:
        self.unread = 0
        self._folder = folder
        self._byteorder = byteorder
        self._now_us = 0
        self._reads_us = READS_AT_ONCE * MICROSECONDS_PER_READ
        self._tables: Dict[str, bytes] = {}
        self._known: OrderedDict[Endpoint, Endpoint] = OrderedDict()

    def look(self, time_us: int) -> None:
        """Begin a turn: what was read before is old."""
        self._tables.clear()
        passed_us = max(0, time_us - self._now_us)
        self._reads_us = min(self._reads_us + passed_us, READS_AT_ONCE * MICROSECONDS_PER_READ)
        self._now_us = time_us

    def find(self, peer: Endpoint) -> Optional[Endpoint]:
        """Return the local side of the connection that `peer` has now, None if it is gone or could be two."""
        if peer.ip is None or not peer.port:
            return None
        found = self._found(peer.ip, peer.port)
        if found is not None:
            self._known[peer] = found
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return found

    def remembered(self, peer: Endpoint) -> Optional[Endpoint]:
        """Return what was found for the last login of `peer`."""
        return self._known.get(peer)

    def forget(self, peer: Endpoint) -> None:
        """Remember nothing about `peer`."""
        self._known.pop(peer, None)

    def _found(self, ip: Address, port: int) -> Optional[Endpoint]:
        tables = ("tcp", "tcp6") if ip.version == 4 else ("tcp6",)  # a listener on :: has IPv4 connections in tcp6
        rows: List[Tuple[bytes, bytes]] = []
        for name in tables:
            rows += _rows(self._table(name), _remote_column(name, ip, port, self._byteorder))
            if any(state == _ESTABLISHED for state, _ in rows):
                break  # else the other table may have what is there still
        sides = _local_sides(rows)
        return _endpoint(sides.pop(), self._byteorder) if len(sides) == 1 else None

    def _table(self, name: str) -> bytes:
        if name not in self._tables:
            if self._reads_us < MICROSECONDS_PER_READ:
                self.unread += 1
                return b""
            self._reads_us -= MICROSECONDS_PER_READ
            self._tables[name] = content_of(f"{self._folder}/{name}", MOST_BYTES)
        return self._tables[name]


def _remote_column(table: str, ip: Address, port: int, byteorder: str) -> bytes:
    """Return the column of a remote side with its blanks: words of 32 bits in the machine's byte order (tcp_ipv4.c)."""
    packed = _MAPPED + ip.packed if table == "tcp6" and ip.version == 4 else ip.packed
    return b" %s:%04X " % (_turned(packed, byteorder).hex().upper().encode(), port)


def _local_sides(rows: Iterable[Tuple[bytes, bytes]]) -> Set[bytes]:
    """Return the local columns of the connections that are established, else of those that end."""
    rows = list(rows)
    return {local for state, local in rows if state == _ESTABLISHED} or {local for _, local in rows}


def _rows(table: bytes, remote: bytes) -> Iterator[Tuple[bytes, bytes]]:
    """Yield state and local column of each connection to `remote`."""
    at = table.find(remote)
    while at >= 0:
        before = table[table.rfind(b"\n", 0, at) + 1 : at].split()
        if len(before) == 2:  # number and local side: this is the remote one
            yield table[at + len(remote) : at + len(remote) + 2], before[1]
        at = table.find(remote, at + 1)


def _endpoint(column: bytes, byteorder: str) -> Optional[Endpoint]:
    match = _END.fullmatch(column)
    if match is None:
        return None
    packed = _turned(bytes.fromhex(match[1].decode("ascii")), byteorder)
    ip: Address = IPv4Address(packed[12:]) if packed.startswith(_MAPPED) else ip_address(packed)
    return Endpoint(ip, int(match[2], 16))


def _turned(packed: bytes, byteorder: str) -> bytes:
    """Turn each word of 32 bits around on a little-endian machine."""
    if byteorder == "big":
        return packed
    return b"".join(packed[at : at + 4][::-1] for at in range(0, len(packed), 4))
