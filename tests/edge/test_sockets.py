"""Destinations from the kernel's tables: captured ones in both byte orders, and this machine's own."""

from __future__ import annotations

import re
import socket
import sys
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

import pytest

from pamsignal.enrich import sockets
from pamsignal.enrich.network import own_addresses
from pamsignal.enrich.sockets import MICROSECONDS_PER_READ, READS_AT_ONCE, Sockets
from pamsignal.model import Endpoint
from tests.builders import NOON_US, an_endpoint

# From a host with 203.0.113.5, 192.0.2.77 and 2001:db8::5: listeners on 0.0.0.0:22 and :443, [::]:22 and, for both
# families, [::]:2222. 203.0.113.9 has one connection from ports 50022, 50024 and 50026, two from port 50025.
CAPTURED = Path(__file__).parents[1] / "data" / "proc"


def turned(table: bytes) -> bytes:
    """The table as a machine of the other byte order writes it: the bytes of each word of an address turned around."""
    columns = re.compile(rb"(?<= )((?:[0-9A-F]{8}){1,4})(?=:[0-9A-F]{4} )")
    words = re.compile(rb"(..)(..)(..)(..)")
    return columns.sub(lambda match: words.sub(rb"\4\3\2\1", match[1]), table)


@pytest.fixture(params=["little", "big"])
def captured(request, tmp_path):
    """The tables, which a little-endian machine wrote, in either byte order."""
    for name in ("tcp", "tcp6"):
        table = (CAPTURED / name).read_bytes()
        (tmp_path / name).write_bytes(table if request.param == "little" else turned(table))
    return Sockets(str(tmp_path), request.param)


@pytest.mark.parametrize(
    ("peer", "destination"),
    [
        (("203.0.113.9", 50022), ("203.0.113.5", 22)),
        (("2001:db8::9", 50023), ("2001:db8::5", 22)),
        (("203.0.113.9", 50024), ("192.0.2.77", 2222)),
        (("203.0.113.9", 50026), ("203.0.113.5", 22)),
        (("203.0.113.9", 50027), None),
        (("203.0.113.8", 50022), None),
        (("2001:db8::9", 50022), None),
        (("203.0.113.5", 22), None),
    ],
    ids=["IPv4", "IPv6", "IPv4 in tcp6", "ending", "other port", "other host", "other family", "our own side"],
)
def test_the_address_that_was_reached_is_found_by_the_peers(captured, peer, destination):
    assert captured.find(an_endpoint(*peer)) == (an_endpoint(*destination) if destination else None)


def test_a_port_with_two_connections_has_no_destination(captured):
    """A NAT gives one port to several connections: one was to port 22, the other to 443."""
    assert captured.find(an_endpoint(port=50025)) is None


def test_a_connection_that_is_there_goes_before_one_of_the_same_port_that_ends(tmp_path):
    """To another socket, in the other table: the system gives a port again for another destination."""
    tcp, tcp6 = ((CAPTURED / name).read_bytes() for name in ("tcp", "tcp6"))
    row = next(line for line in tcp.split(b"\n") if b":C366 " in line)
    (tmp_path / "tcp").write_bytes(tcp + row.replace(b":C366 01 ", b":C368 06 ") + b"\n")
    (tmp_path / "tcp6").write_bytes(tcp6)
    assert Sockets(str(tmp_path), "little").find(an_endpoint("203.0.113.9", 50024)) == an_endpoint("192.0.2.77", 2222)


def test_a_peer_without_an_address_or_port_has_no_destination(captured):
    assert captured.find(Endpoint(host="client.example.org", port=50022)) is None
    assert captured.find(Endpoint(ip_address("203.0.113.9"))) is None


def test_what_was_found_is_remembered_when_the_connection_is_gone(captured, tmp_path):
    peer = an_endpoint()
    found = captured.find(peer)
    (tmp_path / "tcp").write_bytes(b"")
    captured.look(NOON_US)
    assert captured.find(peer) is None
    assert captured.remembered(peer) == found
    captured.forget(peer)
    assert captured.remembered(peer) is None


def test_what_is_remembered_is_bounded(captured, monkeypatch):
    monkeypatch.setattr(sockets, "MOST_REMEMBERED", 1)
    captured.find(an_endpoint(port=50022))
    captured.find(an_endpoint(port=50026))
    assert captured.remembered(an_endpoint(port=50022)) is None
    assert captured.remembered(an_endpoint(port=50026)) is not None


def test_a_table_is_read_once_in_a_turn(captured, tmp_path):
    captured.find(an_endpoint())
    (tmp_path / "tcp").unlink()
    assert captured.find(an_endpoint(port=50026)) is not None
    captured.look(NOON_US)
    assert captured.find(an_endpoint(port=50026)) is None


def test_readings_have_a_budget_that_time_refills(captured):
    for _ in range(READS_AT_ONCE):
        assert captured.find(an_endpoint()) is not None
        captured.look(0)
    assert captured.find(an_endpoint()) is None
    assert captured.unread == 1 + 1  # tcp, and for an IPv4 address that is not there tcp6
    captured.look(MICROSECONDS_PER_READ)
    assert captured.find(an_endpoint()) is not None


def test_a_clock_that_is_set_back_costs_no_budget(captured):
    captured.look(NOON_US)
    captured.look(0)
    assert captured.find(an_endpoint()) is not None


def test_a_host_without_the_tables_has_no_destinations(tmp_path):
    assert Sockets(str(tmp_path)).find(an_endpoint()) is None


@pytest.mark.parametrize(
    ("family", "listening", "target"),
    [
        (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET6, "::1", "::1"),
        (socket.AF_INET6, "::", "127.0.0.1"),
    ],
    ids=["IPv4", "IPv6", "both families"],
)
def test_a_connection_of_this_machine_is_found(family, listening, target):
    if family == socket.AF_INET6 and not has_loopback_6():
        pytest.skip("no ::1 here")
    with closing(socket.create_server((listening, 0), family=family, dualstack_ipv6=listening == "::")) as server:
        port = server.getsockname()[1]
        # From an address that nothing else on this machine uses: the system gives a port to several connections.
        whence = (target.replace("127.0.0.1", "127.9.8.7"), 0)
        with closing(socket.create_connection((target, port), 60, whence)) as client, closing(server.accept()[0]):
            peer = an_endpoint(*client.getsockname()[:2])
            assert Sockets("/proc/self/net", sys.byteorder).find(peer) == an_endpoint(target, port)


def has_loopback_6():
    return ip_address("::1") in own_addresses("/proc/self/net")


def test_the_hosts_addresses_are_those_of_the_kernels_lists():
    own = {"127.0.0.1", "192.0.2.77", "203.0.113.5", "::1", "2001:db8::5", "fe80::681b:b2ff:fe6e:6dd4"}
    assert set(map(str, own_addresses(str(CAPTURED)))) == own


def test_this_machine_knows_its_loopback_addresses():
    assert ip_address("127.0.0.1") in own_addresses("/proc/self/net")


def test_lists_that_are_missing_or_damaged_give_no_address(tmp_path):
    assert own_addresses(str(tmp_path)) == frozenset()
    (tmp_path / "fib_trie").write_bytes(b"  |-- 999.0.0.1\n     /32 host LOCAL\n|-- \xff\n")
    (tmp_path / "if_inet6").write_bytes(b"zz\n0000 01\n")
    assert own_addresses(str(tmp_path)) == frozenset()
