"""The readers of /proc/self/net, DMI and cloud-init's file. First byte: which file the rest is the content of.

Each gives an answer or None, and an answer that the content holds.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from pamsignal.enrich.network import own_addresses
from pamsignal.enrich.provider import NAMES, Cloud, Settings, identity
from pamsignal.enrich.sockets import Sockets
from pamsignal.model import Endpoint
from tests.fuzz.folder import folder

PEERS = [Endpoint(ip_address(text), 50022) for text in ("203.0.113.9", "2001:db8::9")]
DMI = "sys/class/dmi/id"
FILES = (
    *("net/tcp", "net/tcp6", "net/fib_trie", "net/if_inet6", "run/cloud-init/instance-data.json", "proc/cmdline"),
    *(f"{DMI}/sys_vendor", f"{DMI}/product_name", f"{DMI}/bios_vendor", "sys/hypervisor/uuid"),
)
MOST_ADDRESSES = 4096


def target(data: bytes) -> None:
    """Write one file, and have everything read that could be in it."""
    if not data:
        return
    root = folder("proc")
    file = root / FILES[data[0] % len(FILES)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data[1:])
    try:
        _look(str(root), data)
    finally:
        file.unlink()


def _look(root: str, data: bytes) -> None:
    for byteorder in ("little", "big"):
        sockets = Sockets(f"{root}/net", byteorder)
        for peer in PEERS:
            found = sockets.find(peer)
            assert found is None or _is_an_end(found, data), found
            assert sockets.remembered(peer) == found
    own = own_addresses(f"{root}/net")
    assert len(own) <= MOST_ADDRESSES
    assert all(isinstance(one, (IPv4Address, IPv6Address)) for one in own)
    cloud = identity(Settings(), root)
    assert isinstance(cloud, Cloud)
    assert cloud.provider is None or cloud.provider in NAMES
    assert all(text is None or (text.isprintable() and len(text) < 200) for text in cloud)


def _is_an_end(found: Endpoint, data: bytes) -> bool:
    return found.ip is not None and 0 <= (found.port or 0) < 65536 and b"%04X" % (found.port or 0) in data
