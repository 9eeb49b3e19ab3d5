"""Databases in MaxMind's format, made here: no data of MaxMind is in the project."""

from __future__ import annotations

import time
from ipaddress import ip_address

import maxminddb
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from pamsignal.enrich.geo import Settings
from pamsignal.enrich.place import DAY_US, Atlas

BERLIN = {
    "city": {"names": {"en": "Berlin", "de": "Berlin"}},
    "continent": {"code": "EU"},
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "location": {"latitude": 52.5196, "longitude": 13.4069, "accuracy_radius": 200},
}
QUITO = {
    "city": {"names": {"en": "Quito"}},
    "continent": {"code": "SA"},
    "country": {"iso_code": "EC"},
    "location": {"latitude": -0.2143, "longitude": -78.5017, "accuracy_radius": 50},
}
FRANCE = {"continent": {"code": "EU"}, "country": {"iso_code": "FR"}}
EXAMPLE_NET = {"autonomous_system_number": 64496, "autonomous_system_organization": "Example Net"}

CITIES = {"203.0.113.0/25": BERLIN, "203.0.113.128/25": FRANCE, "198.51.100.0/24": QUITO, "2001:db8::/32": QUITO}
NETWORKS = {"203.0.113.0/24": EXAMPLE_NET, "2001:db8::/32": EXAMPLE_NET}

IN_BERLIN = ip_address("203.0.113.9")
IN_FRANCE = ip_address("203.0.113.200")
IN_QUITO = ip_address("2001:db8::9")
UNLISTED = ip_address("192.0.2.1")


def write(path, edition, records, ip_version=6):
    """Write {network: record} to `path`, by renaming, as downloads should be; return the path as text."""
    writer = MMDBWriter(ip_version, edition, languages=["en"], description="test", ipv4_compatible=ip_version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(path.name + ".new")
    writer.to_db_file(str(whole))
    whole.rename(path)
    return str(path)


def write_cities(path, records=None):
    return write(path, "GeoLite2-City", CITIES if records is None else records)


def built_on(path):
    """The day that a database itself names, whatever day it is by now."""
    with maxminddb.open_database(path, maxminddb.MODE_FILE) as database:
        return time.strftime("%Y-%m-%d", time.gmtime(database.metadata().build_epoch))


def write_networks(path, records=None):
    return write(path, "GeoLite2-ASN", NETWORKS if records is None else records)


def opened(city=None, asn=None, root=""):
    """What the daemon has of these databases, or of those that it finds below `root`."""
    atlas = Atlas(Settings(city, asn), str(root))
    atlas.refresh()
    return atlas


def problems(atlas, days=0):
    """What it has against them, so many days from now."""
    return list(atlas.problems(time.time_ns() // 1000 + days * DAY_US))
