"""Which addresses are somewhere, and which events never crossed a network."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from pamsignal.enrich.network import is_somewhere, origin_of, origin_without_address
from pamsignal.model import Endpoint
from pamsignal.terms import Action, Method, Origin
from tests.builders import a_login, an_event

OWN = frozenset(map(ip_address, ("203.0.113.5", "2001:db8::5")))


@pytest.mark.parametrize(
    "text",
    [
        *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
        *("192.168.255.255", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fd00::1", "ff02::1"),
    ],
)
def test_nobodys_addresses_are_nowhere(text):
    assert not is_somewhere(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        *("1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"),
        *("192.167.255.255", "192.169.0.0", "203.0.113.9", "223.255.255.255"),
        *("2001:db8::1", "2001:4860:4860::8888", "fe00::1"),
    ],
)
def test_the_addresses_beside_them_are_somewhere(text):
    assert is_somewhere(ip_address(text))


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("203.0.113.9", Origin.REMOTE),
        ("203.0.113.5", Origin.OWN),
        ("2001:db8::5", Origin.OWN),
        ("2001:db8::6", Origin.REMOTE),
        ("127.0.0.1", Origin.OWN),
        ("127.9.9.9", Origin.OWN),
        ("::1", Origin.OWN),
        ("10.0.0.1", Origin.REMOTE),
    ],
)
def test_an_address_of_this_host_is_told_from_others(text, origin):
    assert origin_of(ip_address(text), OWN) is origin


LOCAL = {
    "login on a console": {"service": "login", "tty": "/dev/tty1"},
    "login on a serial line": {"service": "login", "tty": "ttyS0"},
    "login in a virtual machine": {"service": "login", "tty": "hvc0"},
    "a display manager": {"service": "gdm-password", "tty": "/dev/tty2"},
    "a display": {"service": "xdm", "tty": ":0"},
    "another display": {"service": "xscreensaver", "tty": ":1.0"},
    "an agent of polkit": {"service": "polkit-1"},
    "sudo in whatever terminal": {"service": "sudo", "tty": "pts/3"},
    "passwd": {"service": "passwd"},
}
UNKNOWN = {
    "a terminal that may be remote": {"service": "login", "tty": "pts/3"},
    "a service of mail": {"service": "dovecot"},
    "a name like a console": {"service": "login", "tty": "tty1; rm"},
    "no more than a host's name": {"service": "vsftpd", "source": Endpoint(host="client.example.org"), "tty": "tty1"},
    "a session whose sshd line is missing": {"service": "sshd", "method": None},
    "a session of PAM": {"service": "sshd", "method": Method.PAM},
}


@pytest.mark.parametrize("changes", LOCAL.values(), ids=LOCAL)
def test_what_happens_on_the_machine_itself_is_local(changes):
    assert origin_without_address(a_login(**{"source": None, **changes})) is Origin.LOCAL


@pytest.mark.parametrize("changes", UNKNOWN.values(), ids=UNKNOWN)
def test_what_may_have_come_from_elsewhere_has_no_known_origin(changes):
    assert origin_without_address(a_login(**{"source": None, **changes})) is None


@pytest.mark.parametrize("action", [Action.LOGIN_SUCCESS, Action.LOGIN_PARTIAL])
def test_a_login_that_sshd_has_no_address_for_came_over_a_local_socket(action):
    assert origin_without_address(a_login(source=None, action=action)) is Origin.UNIX


def test_a_failure_without_an_address_is_not_put_down_to_a_local_socket():
    """sshd cuts long lines, and a hostile name can push the address out."""
    assert origin_without_address(an_event(source=None)) is None
