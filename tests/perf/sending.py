"""The daemon's memory with a webhook over TLS: at rest, after messages, and after many of them at once."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path

import trustme

from tests.harness.certificates import believed
from tests.harness.daemon import Service, a_failure, a_login
from tests.harness.process import memory_mb
from tests.harness.receiver import Receiver

FEW, MANY = 50, 200
SETTLE_SECONDS = 1


def memories(python, more=""):
    """Yield (what was done, MB of anonymous memory then); `more` is YAML for the configuration, in a line of its own."""
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as scratch, Receiver(certificate=authority.issue_cert("127.0.0.1")) as receiver:
        folder = Path(scratch)
        believed(folder, authority)
        with contextlib.closing(Service(folder)) as service:
            service.python = python
            service.configure(
                f"journal: {{directory: {folder}/journal}}\n{more}sinks:\n  hook: {{type: webhook, url: "
                f"'{receiver.url()}', signing: none, ca_file: {folder}/ca.pem, success_per_10_minutes: 600}}\n"
            )
            service.begin()
            service.start()
            time.sleep(SETTLE_SECONDS)
            yield "a webhook over TLS, at rest", memory_mb(service.pid)
            for first, last in ((0, FEW), (FEW, FEW + MANY)):
                service.write(*map(a_login, range(first, last)), *map(a_failure, range(first, last)))
                service.until(lambda last=last: len(receiver.requests) >= last)
                time.sleep(SETTLE_SECONDS)
                yield f"after {last - first} messages at once", memory_mb(service.pid)
