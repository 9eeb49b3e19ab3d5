"""How fast every event goes to a collector: `python -m tests.perf.forwarding [EVENTS]`. Prints figures; nothing passes.

EVENTS (40,000, unless told otherwise) failed logins, all at once in the journal, to a real rsyslog over TLS on this
machine, by the whole daemon: read, counted, written into trail and store, sent, acknowledged, taken out again.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from pathlib import Path

import trustme

from tests.harness.certificates import believed, pair
from tests.harness.daemon import Service, a_failure
from tests.harness.process import cpu_s
from tests.harness.syslog_servers import Server

PATIENCE_SECONDS = 300


def main(total):
    print(f"{'format':>8} {'events/s':>9}  {'µs CPU of the daemon per event':>30}")
    for style in ("cef", "leef", "ecs", "ocsf"):
        with tempfile.TemporaryDirectory() as scratch:
            rate, cpu_us = forward(Path(scratch), style, total)
        print(f"{style:>8} {rate:9,.0f}  {cpu_us:30.0f}")


def forward(folder, style, total):
    """Return how many went through in a second, and what one cost."""
    authority = trustme.CA()
    believed(folder, authority)
    files = pair(folder, "collector.example.org", authority)
    (folder / "service").mkdir()
    with Server("rsyslog", folder, "tls", files) as server, contextlib.closing(Service(folder / "service")) as service:
        service.configure(
            f"journal: {{directory: {service.journal}}}\ndelivery: {{max_rows: 1000000}}\nsinks:\n"
            f"  siem: {{type: syslog, host: 127.0.0.1, port: {server.port}, format: {style}, ca_file: {files['ca']}}}\n"
        )
        service.begin()
        service.start()
        before = cpu_s(service.pid)
        service.write(*map(a_failure, range(total)))
        begun = time.monotonic()
        while len(server.lines()) < total and time.monotonic() - begun < PATIENCE_SECONDS:
            time.sleep(0.1)
        seconds = time.monotonic() - begun
        assert len(server.lines()) >= total, service.log()
        return total / seconds, (cpu_s(service.pid) - before) / total * 1e6


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40_000)
