"""Reading the kernel's tables of connections: any byte order, any bytes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.enrich import sockets
from pamsignal.model import Endpoint

BYTE_ORDERS = ["little", "big"]
addresses = st.ip_addresses(v=4) | st.ip_addresses(v=6)
ports = st.integers(1, 65535)


def row(number, local, remote, state=b"01"):
    return b"%4d: %s %s %s 00000000:00000000 00:00000000 00000000     0        0 1 1 0 20 0 0 10 -1\n" % (
        number,
        local.strip(),
        remote.strip(),
        state,
    )


def local_sides(table, remote):
    return sockets._local_sides(sockets._rows(table, remote))


def table_of(ip):
    return "tcp" if ip.version == 4 else "tcp6"


@pytest.mark.parametrize("byteorder", BYTE_ORDERS)
@given(local=addresses, local_port=ports, remote=addresses, remote_port=ports)
def test_an_address_and_port_come_back_from_their_column(byteorder, local, local_port, remote, remote_port):
    wanted = sockets._remote_column(table_of(remote), remote, remote_port, byteorder)
    written = sockets._remote_column(table_of(local), local, local_port, byteorder)
    (found,) = local_sides(row(0, written, wanted), wanted)
    mapped = local.ipv4_mapped if local.version == 6 else None
    assert sockets._endpoint(found, byteorder) == Endpoint(mapped or local, local_port)


@pytest.mark.parametrize(
    ("table", "ip", "byteorder", "column"),
    [
        ("tcp", IPv4Address("203.0.113.9"), "little", b" 097100CB:C366 "),
        ("tcp", IPv4Address("203.0.113.9"), "big", b" CB007109:C366 "),
        ("tcp6", IPv6Address("2001:db8::9"), "little", b" B80D0120000000000000000009000000:C366 "),
        ("tcp6", IPv6Address("2001:db8::9"), "big", b" 20010DB8000000000000000000000009:C366 "),
        ("tcp6", IPv4Address("203.0.113.9"), "little", b" 0000000000000000FFFF0000097100CB:C366 "),
        ("tcp6", IPv4Address("203.0.113.9"), "big", b" 00000000000000000000FFFFCB007109:C366 "),
    ],
)
def test_the_kernel_writes_words_in_the_order_of_the_machine(table, ip, byteorder, column):
    assert sockets._remote_column(table, ip, 50022, byteorder) == column


def test_an_established_connection_counts_more_than_one_that_ends():
    remote = b" 097100CB:C366 "
    table = row(0, b"057100CB:01BB", remote, b"06") + row(1, b"057100CB:0016", remote)
    assert local_sides(table, remote) == {b"057100CB:0016"}


def test_a_peer_that_is_this_host_is_found_at_its_own_side_of_the_connection():
    """Both ends of such a connection stand in the table."""
    table = row(0, b"0100007F:C366", b"0100007F:0016") + row(1, b"0100007F:0016", b"0100007F:C366")
    assert local_sides(table, b" 0100007F:C366 ") == {b"0100007F:0016"}


def test_a_row_that_was_cut_off_by_the_limit_does_no_harm():
    remote = b" 097100CB:C366 "
    whole = row(0, b"057100CB:0016", remote)
    for length in range(len(whole)):
        assert local_sides(whole[:length], remote) in (set(), {b"057100CB:0016"})


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_no_bytes_in_a_table_raise(before, after):
    remote = b" 097100CB:C366 "
    for column in local_sides(before + remote + after, remote):
        sockets._endpoint(column, "little")


@given(st.binary(max_size=48))
def test_a_column_that_is_none_has_no_endpoint(column):
    assert sockets._endpoint(column, "little") is None
