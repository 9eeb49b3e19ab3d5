"""What it costs to look an address up: `python -m tests.perf.places`. Prints figures; nothing here passes or fails.

The records are as large as those of GeoLite2: each name in eight languages. CPU is that of this process, the best of 15
rounds over 2,000 addresses; memory is what is anonymous.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from ipaddress import IPv4Address
from pathlib import Path

from pamsignal.enrich import Enricher, Settings
from pamsignal.enrich.geo import Settings as Geo
from pamsignal.enrich.place import Atlas
from tests.builders import a_login, an_endpoint
from tests.edge.databases import write_cities, write_networks

ROUNDS = 15
COUNT = 2000
# A process of its own: this one has imported maxminddb before, to make the databases.
MEMORY = """
import sys
from pathlib import Path
from pamsignal.enrich import Enricher
from pamsignal.enrich.geo import Settings
from pamsignal.enrich.place import Atlas

def anonymous_kb():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous"))

atlas, before = Atlas(Settings(*sys.argv[1:])), anonymous_kb()
atlas.refresh()
print(f"{(anonymous_kb() - before) / 1024:5.1f}")
"""
LANGUAGES = ("de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN")


def main():
    addresses = [IPv4Address(f"45.{n // 250}.{n % 250}.{n % 200 + 1}") for n in range(COUNT)]
    with tempfile.TemporaryDirectory() as folder:
        networks = [f"{address}/32" for address in addresses]
        city = write_cities(Path(folder) / "city.mmdb", {net: a_city(n) for n, net in enumerate(networks)})
        asn = write_networks(Path(folder) / "asn.mmdb", {net: a_network(n) for n, net in enumerate(networks)})
        memory = subprocess.check_output([sys.executable, "-c", MEMORY, city, asn], text=True)
        both, one = opened(city, asn), opened(city, None)
        print(f"maxminddb {sys.modules['maxminddb'].__version__}, Python {sys.version.split()[0]}")
        print(f"{'memory for it and both databases':>40}  {memory.strip()} MB")
        say("a new address, city alone", one.place_of, addresses)
        say("a new address, city and network", both.place_of, addresses)
        enricher = Enricher(Settings(Geo(city, asn)))
        seen = [a_login(source=an_endpoint(str(address), 50000)) for address in addresses[:500]]
        for event in seen:
            enricher.context_of(event)
        say("an address seen before", enricher.context_of, seen)


def opened(city, asn):
    atlas = Atlas(Geo(city, asn))
    atlas.refresh()
    return atlas


def say(label, work, things):
    print(f"{label:>40}  {min(cpu(work, things) for _ in range(ROUNDS)):5.2f} µs")


def cpu(work, things):
    before = time.process_time()
    for thing in things:
        work(thing)
    return (time.process_time() - before) / len(things) * 1e6


def a_city(number):
    def names(text):
        return {language: f"{text} {number} {language}" for language in LANGUAGES}

    place = {"geoname_id": number, "names": names("Place")}
    return {
        "city": {"geoname_id": number, "names": names("City")},
        "continent": {**place, "code": "EU"},
        "country": {**place, "iso_code": "DE", "is_in_european_union": True},
        "location": {"latitude": 52.5, "longitude": 13.4, "accuracy_radius": 20, "time_zone": "Europe/Berlin"},
        "postal": {"code": "10178"},
        "registered_country": {**place, "iso_code": "DE"},
        "subdivisions": [{**place, "iso_code": "BE"}],
    }


def a_network(number):
    return {"autonomous_system_number": number + 1, "autonomous_system_organization": f"Network {number}"}


if __name__ == "__main__":
    main()
