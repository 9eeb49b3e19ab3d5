"""Text to address."""

from ipaddress import ip_address

import pytest

from pamsignal.model import Endpoint
from pamsignal.parse.address import address, endpoint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:0DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%eth0]", "fe80::1"),
    ],
)
def test_an_address_is_read_in_every_spelling(text, expected):
    assert address(text) == ip_address(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "999.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "1",
        "2001:db8::7::",
        "[",
        "[]",
        "[198.51.100.77",
        "198.51.100.7]",
        "%",
        "1.2.3.4 ",
        "١.2.3.4",
        "2001:db8::7" + "0" * 60,
        "a" * 100_000,
    ],
)
def test_what_is_not_an_address_gives_nothing(text):
    assert address(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("65535", 65535),
        ("0", None),
        ("65536", None),
        ("", None),
        (None, None),
        ("-1", None),
        ("²", None),
        ("9" * 5000, None),
    ],
)
def test_a_port_is_1_to_65535(text, expected):
    assert endpoint("198.51.100.7", text) == Endpoint(ip_address("198.51.100.7"), expected)


def test_a_host_name_stands_where_sshd_writes_one():
    assert endpoint("client.example.net", "22") == Endpoint(None, 22, "client.example.net")


@pytest.mark.parametrize("text", ["UNKNOWN", "", "a b", "<script>", "x" * 300, "1.2.3", "a:b", "é.example"])
def test_what_is_neither_address_nor_host_name_gives_nothing(text):
    assert endpoint(text) is None


def test_a_host_name_is_as_long_as_dns_allows_and_no_longer():
    longest = "x" * 253
    assert endpoint(longest) == Endpoint(None, None, longest)
    assert endpoint(f"{longest}x") is None
