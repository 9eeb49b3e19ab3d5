"""What the trail costs: `python -m tests.perf.trail [EVENTS]`. Prints figures; nothing here passes or fails.

EVENTS (a million, unless told otherwise) failed logins of a year, and one login in a thousand, in daily files that are
compressed as the daemon would have done it. CPU is user + system of this process.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import sys
import tempfile
import time
from ipaddress import IPv4Address
from pathlib import Path

from pamsignal.audit import retention
from pamsignal.audit.chain import Seal
from pamsignal.audit.files import files_in
from pamsignal.audit.ledger import Ledger
from pamsignal.audit.pack import pack
from pamsignal.audit.search import Query, network_of, search
from pamsignal.audit.trail import Settings, Trail
from pamsignal.audit.verification import verify
from pamsignal.cli import main as main_of_pamsignal
from pamsignal.digest import identity
from pamsignal.model import NO_CONTEXT
from pamsignal.secret import Secret
from pamsignal.summary.counting import Summary
from pamsignal.summary.document import document_of
from tests.builders import NOON_US, a_login, an_endpoint, an_event

YEAR_US = 365 * 86_400_000_000
KEY = Secret("a key of the benchmark")
KEPT = retention.Settings(hold=True)


def main(total):
    # As the daemon does.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    print(f"{'events in a batch':>30}  µs CPU per event  to the disk, a batch")
    for key in (None, KEY):
        for batch in (1, 20, 100, 500):
            print(f"{'sealed, ' if key else '':>24}{batch:6}  {appending(batch, key)}")
    with tempfile.TemporaryDirectory(dir="build") as place:
        a_year(place, total)
        reading(place, total)


def appending(batch, key, count=20_000):
    """Return µs for an event in the trail's own code, and for waiting until a batch is on the disk; events are fresh."""
    count = count if batch > 1 else 2000
    own = disk = 0.0
    with tempfile.TemporaryDirectory(dir="build") as place, written() as spent:
        trail = Trail(place, Settings(key=key, rotate_bytes=1 << 28), KEPT)
        trail.open(NOON_US, NOON_US)
        for first in range(0, count, batch):
            events = attack(min(batch, count - first), first, total=count)
            before = time.process_time()
            trail.append(NOON_US, events, ())
            own += time.process_time() - before - sum(spent)
            disk += sum(spent)
            spent.clear()
        trail.close()
    return f"{own / count * 1e6:10.2f} {disk / (count / batch) * 1e6:14.0f}"


@contextlib.contextmanager
def written():
    """Yield the CPU seconds of each write and fdatasync, as they come."""
    spent, append = [], Ledger.append

    def timed(ledger, lines):
        before = time.process_time()
        append(ledger, lines)
        spent.append(time.process_time() - before)

    Ledger.append = timed
    try:
        yield spent
    finally:
        Ledger.append = append


def attack(count, first=0, span_us=YEAR_US, total=None):
    dice = random.Random(first)
    step_us = span_us // (total or count)
    return [(_one(number, NOON_US + number * step_us, dice), NO_CONTEXT) for number in range(first, first + count)]


def _one(number, time_us, dice):
    source = an_endpoint(
        str(IPv4Address(0x2D000000 + int(dice.paretovariate(0.6)) % 40_000)), dice.randrange(1024, 65536)
    )
    fields = {"id": identity(number), "time_us": time_us, "source": source, "pid": number % 4_194_304}
    if number % 1000 == 0:
        return a_login(**fields)
    return an_event(user=dice.choice(("root", "admin", "test", f"user{dice.randrange(5000)}")), **fields)


def a_year(place, total):
    trail = Trail(place, Settings(compress=False), KEPT)
    trail.open(NOON_US, NOON_US)
    for first in range(0, total, 500):
        events = attack(500, first, total=total)
        trail.append(events[-1][0].time_us, events, ())
        trail.tend(events[-1][0].time_us)
    trail.close()
    for file in files_in(place)[:-1]:
        pack(file.path)


def reading(place, total):
    files = files_in(place)
    size = sum(_bytes(file) for file in files)
    print(
        f"\na year of {total:,} events in {len(files)} files: {size / 2**20:.0f} MiB, {size / total:.0f} bytes an event"
    )
    _timed(total, "verify", lambda: verify(files).records)
    _timed(total, "verify, unpacked, by the key", lambda: _sealed(100_000), 100_000)
    day_us = NOON_US + YEAR_US // 2
    for words, query in (
        ("an account that was there", Query(user="user77")),
        ("an account that never was", Query(user="nobody")),
        ("an address", Query(network=network_of("45.0.7.77"))),
        ("a network", Query(network=network_of("45.0.77.0/24"))),
        ("every success", Query(outcome="success")),
        ("one hour", Query(since_us=day_us, until_us=day_us + 3_600_000_000)),
    ):
        _timed(total, f"history: {words}", lambda query=query: sum(1 for _ in search(files, query)))
    printed = _timed(total, "history: everything, printed", lambda: _printed(place))
    added_up = _timed(total, "report: everything", lambda: _reported(files))
    print(f"{'a report takes':>36}: {added_up / printed:.2f} of the time of its history")


def _printed(place):
    """Print the history as a person would have it, into nowhere."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        return main_of_pamsignal(["history", "--directory", place])


def _reported(files):
    summary = Summary(lambda time_us: time_us // 86_400_000_000)
    for found in search(files, Query()):
        summary.add(found.subject)
    return len(document_of(summary, 10)["addresses"]["rows"])


def _sealed(count):
    """Write sealed records, and verify them; only the latter is to be timed, so it times itself."""
    with tempfile.TemporaryDirectory(dir="build") as place:
        trail = Trail(place, Settings(key=KEY, rotate_bytes=1 << 28), KEPT)
        trail.open(NOON_US, NOON_US)
        trail.append(NOON_US, attack(count), ())
        trail.close()
        started = time.process_time()
        verdict = verify(files_in(place), (), [Seal(KEY.reveal().encode())])
        assert not verdict.damage
        return verdict.records, time.process_time() - started


def _timed(total, label, work, count=None):
    started = time.process_time()
    found = work()
    seconds = time.process_time() - started
    if count:
        found, seconds = found
    print(f"{label:>36}: {found:9,} found, {seconds:6.2f} s, {(count or total) / seconds:11,.0f} records/s")
    return seconds


def _bytes(file):
    return Path(file.path).stat().st_size


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
