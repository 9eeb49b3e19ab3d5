"""What can be looked up from inside the packaged unit, on each release: no namespace or filter hides it."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.system.host import GATEWAY

PROBE = "/usr/lib/pamsignal/lookup.py"
DROP_IN = "/run/systemd/system/pamsignal.service.d/lookup.conf"
NETWORK = "2001:db8:77::"
GATEWAY_V6 = f"{NETWORK}1"


@pytest.fixture
def address_v6(host, lab):
    """The host's IPv6 address, on a network that it shares with the gateway."""
    address = f"{NETWORK}{host.ip.rpartition('.')[2]}"
    host.run(f"ip -6 address replace {address}/64 dev host0 nodad")
    command = ["ip", "-6", "address", "replace", f"{GATEWAY_V6}/64", "dev", "br0", "nodad"]
    subprocess.run(lab.on_network(command), check=True)
    return address


def looked_up(host, words):
    """What the probe says as the unit's program."""
    start = f"ExecStart=\nExecStart=/usr/bin/python3 {PROBE} {words}\n"
    host.run("systemctl stop pamsignal")
    host.put(Path(__file__).with_name("lookup.py"), PROBE)
    host.write(DROP_IN, f"[Service]\nType=oneshot\nWatchdogSec=0\nRestart=no\n{start}".encode())
    try:
        host.run("systemctl daemon-reload; systemctl start pamsignal")
        lines = host.journal("--unit=pamsignal.service")
    finally:
        host.run(f"rm {DROP_IN} {PROBE}; systemctl daemon-reload")
    told = [str(line["MESSAGE"]) for line in lines if str(line["MESSAGE"]).startswith("LOOKUP ")]
    return json.loads(told[-1].partition(" ")[2])


def test_the_address_that_was_reached_is_seen_over_both_families_and_own_addresses_are_known(
    installed, lab, address_v6
):
    host = installed.host
    installed.configure()
    with contextlib.ExitStack() as connections:
        v4 = connections.enter_context(lab.connect(host.ip, 22)).getsockname()
        v6 = connections.enter_context(lab.connect(address_v6, 22, GATEWAY_V6)).getsockname()
        told = looked_up(host, f"{v4[0]} {v4[1]} {v6[0]} {v6[1]} {host.ip} 9 {address_v6} 9")
    assert v4[0] == GATEWAY
    assert told == {
        "destinations": [[host.ip, 22], [address_v6, 22], None, None],
        "origins": ["remote", "remote", "own", "own"],
        "problems": [],
    }
