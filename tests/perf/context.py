"""What context costs: `python -m tests.perf.context [lookup] [entry] [daemon] [tracked]`. Prints figures, no verdict.

lookup: an address in databases whose records are as large as those of GeoLite2, each name in eight languages.
entry: looking up in the journal of an attack (journal_maker.py) from 1,000 addresses, per entry of it.
daemon: anonymous memory with both databases and a webhook over TLS, at rest, after 50 and after 200 messages at once.
tracked: what remembering 50,000 addresses takes, each of which failed once (and, beside it, twice).
CPU is that of a process of its own, the best of some rounds.
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
from tests.builders import a_login, an_endpoint
from tests.harness.databases import opened, write_cities, write_networks
from tests.perf.journal_maker import ATTACK_ENTRIES, journal_folder
from tests.perf.measure import medians
from tests.perf.sending import memories

ROUNDS = 15
COUNT = 2000
TRACKED = 50_000
LANGUAGES = ("de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN")

# A process of its own: this one has imported maxminddb before, to make the databases.
MEMORY = """
import os, sys
from pamsignal.enrich import Enricher
from pamsignal.enrich.geo import Settings
from pamsignal.enrich.place import Atlas
from tests.harness.process import memory_mb
atlas, before = Atlas(Settings(*sys.argv[1:])), memory_mb(os.getpid())
atlas.refresh()
print(f"{memory_mb(os.getpid()) - before:5.1f}")
"""


def main(chosen):
    with tempfile.TemporaryDirectory() as folder:
        city, asn = databases(Path(folder))
        for name in chosen or GROUPS:
            GROUPS[name](city, asn)


def databases(folder):
    networks = [f"{address}/32" for address in ADDRESSES]
    city = write_cities(folder / "city.mmdb", {net: a_city(number) for number, net in enumerate(networks)})
    return city, write_networks(folder / "asn.mmdb", {net: a_network(number) for number, net in enumerate(networks)})


def lookup(city, asn):
    memory = subprocess.check_output([sys.executable, "-c", MEMORY, city, asn], text=True)
    both, one = opened(city, asn), opened(city, None)
    print(f"maxminddb {sys.modules['maxminddb'].__version__}, Python {sys.version.split()[0]}")
    show("memory for it and both databases", f"{memory.strip()} MB")
    say("a new address, city alone", one.place_of, ADDRESSES)
    say("a new address, city and network", both.place_of, ADDRESSES)
    enricher = Enricher(Settings(Geo(city, asn)))
    seen = [a_login(source=an_endpoint(str(address), 50000)) for address in ADDRESSES[:500]]
    for event in seen:
        enricher.context_of(event)
    say("an address seen before", enricher.context_of, seen)


def entry(city, asn):
    folder = str(journal_folder("attack"))
    command = [sys.executable, "-m", "tests.perf.passes"]
    ways = [
        ("without", [*command, "pipeline", folder]),
        ("with", [*command, "pipeline_and_context", folder, city, asn]),
    ]
    (_, without), (_, looked_up) = medians(ways, 5)
    each = (looked_up - without) / ATTACK_ENTRIES * 1e6
    show("context, per entry of an attack", f"{each:5.2f} µs, {looked_up / without:.2f} of the pipeline without it")


def daemon(city, asn):
    for what, memory in memories(sys.executable, f"geoip: {{city: {city}, asn: {asn}}}\n"):
        show(f"with databases: {what}", f"{memory:5.1f} MB")


def tracked(_city, _asn):
    for tries in (1, 2):
        command = [sys.executable, "-m", "tests.perf.passes", "tracked", str(TRACKED), str(tries)]
        memory = subprocess.check_output(command, text=True).split()[0]
        show(f"{TRACKED:,} addresses, {tries} failures of each", f"{memory} MB")


ADDRESSES = [IPv4Address(f"45.{number // 250}.{number % 250}.{number % 200 + 1}") for number in range(COUNT)]
GROUPS = {each.__name__: each for each in (lookup, entry, daemon, tracked)}


def show(label, text):
    print(f"{label:>40}  {text}", flush=True)


def say(label, work, things):
    show(label, f"{min(cpu(work, things) for _ in range(ROUNDS)):5.2f} µs")


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
    main(sys.argv[1:])
