"""One pass in a process of its own: `python -m tests.perf.passes PASS FOLDER [MORE]` prints what it counted."""

import gc
import os
import sys
import time

from pamsignal.journal import JournalReader, Source

BATCH = 200


def batches(folder):
    reader = JournalReader(Source(directory=folder))
    while True:
        records = reader.read(BATCH)
        if not records:
            return
        yield records


def read(folder):
    """Only read."""
    return sum(len(records) for records in batches(folder))


def read_and_parse(folder):
    """Read and understand."""
    from pamsignal.parse import observe

    understood = 0
    for records in batches(folder):
        for record in records:
            understood += observe(record) is not None
    return understood


def pipeline(folder):
    """Everything between the journal and an alert, with the settings nobody changed."""
    from pamsignal.pipeline import Engine, Settings

    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # as the daemon does
    engine = Engine(Settings())
    for records in batches(folder):
        engine.feed_all(records)
    return engine.counts.records


def pipeline_and_context(folder, city, asn):
    """Look up the places, networks and own addresses of every event, too."""
    from pamsignal.enrich import Enricher, Settings
    from pamsignal.enrich.geo import Settings as Geo
    from pamsignal.pipeline import Engine

    engine = Engine(context_of=Enricher(Settings(Geo(city, asn))).context_of)
    for records in batches(folder):
        engine.feed_all(records)
    return engine.counts.records


def tracked(count, tries):
    """Remember `count` addresses, each of another network, which failed `tries` times; tell the MB that takes."""
    from ipaddress import IPv4Address

    from pamsignal.detect import Settings as Detect
    from pamsignal.pipeline import Engine, Settings
    from tests.builders import NOON_US, a_record
    from tests.harness.process import memory_mb

    engine = Engine(Settings(detect=Detect(max_tracked=65_536)))
    before = memory_mb(os.getpid())
    for number in range(int(count) * int(tries)):
        address = IPv4Address(0x2D000000 + number % int(count) * 256)
        line = f"Failed password for root from {address} port {number % 60_000 + 1024} ssh2"
        engine.feed(a_record(line, time_us=NOON_US + number * 1000, pid=number + 1000))
    return round(memory_mb(os.getpid()) - before, 1)


def start(_folder):
    """Nothing but the interpreter and the imports: what every other pass pays once."""
    return 0


PASSES = {pass_.__name__: pass_ for pass_ in (start, read, read_and_parse, pipeline, pipeline_and_context, tracked)}

if __name__ == "__main__":
    started = time.perf_counter()
    counted = PASSES[sys.argv[1]](*sys.argv[2:])
    print(counted, round(time.perf_counter() - started, 3))
