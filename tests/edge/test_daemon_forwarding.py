"""The daemon forwards to a real collector: every event and alert, through stops, kills and a collector that is away."""

from __future__ import annotations

import json
import time

import pytest

from tests.harness.checkout import UNPACKED
from tests.harness.daemon import a_failure, a_login
from tests.harness.syslog_servers import Server
from tests.harness.waiting import PATIENCE_S

pytestmark = pytest.mark.skipif(not UNPACKED.exists(), reason="no rsyslog unpacked here (Debian and Ubuntu only)")


@pytest.fixture
def collector(tmp_path):
    with Server("rsyslog", tmp_path) as one:
        yield one


@pytest.fixture
def forwarding(service, collector, tmp_path):
    service.configure(
        f"journal: {{directory: {tmp_path}/journal}}\n"
        f"sinks:\n  siem: {{type: syslog, host: 127.0.0.1, port: {collector.port}, transport: tcp, format: ecs}}\n"
    )
    service.begin()
    return service.start()


def received(collector, count):
    """Return `count` events and alerts about them, without what pamsignal says of itself."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        documents = [json.loads(one["message"]) for one in collector.messages(1)]
        about = [one for one in documents if "source" in one]
        if len(about) >= count or time.monotonic() > deadline:
            return [(one["event"]["action"], one["event"]["kind"], one["source"]["port"]) for one in about]
        time.sleep(0.05)


def test_every_event_arrives_once_and_what_alerts_arrives_as_the_alert(forwarding, collector):
    forwarding.write(a_failure(1), a_failure(2), a_login(3))
    assert received(collector, 3) == [
        ("login_failure", "event", 40_001),
        ("login_failure", "event", 40_002),
        ("login_success", "alert", 20_003),
    ]
    assert forwarding.stop() == 0
    assert len(received(collector, 3)) == 3


def test_the_collector_gets_the_heads_of_the_trail_which_grows_by_nothing_from_them(forwarding, collector):
    documents = [json.loads(one["message"]) for one in collector.messages(1)]
    forwarding.stop()
    assert [one["event"]["action"] for one in documents] == ["trail_anchor"]
    trail = "".join(path.read_text() for path in (forwarding.folder / "logs").glob("*.jsonl"))
    assert trail
    assert "trail_anchor" not in trail
    head = documents[0]["event"]["reason"].partition("=")[2]
    assert head.partition(":")[2] in trail


def test_a_collector_that_was_away_gets_everything_although_the_daemon_was_killed(forwarding, collector):
    forwarding.write(a_failure(1))
    received(collector, 1)
    collector.stop()
    forwarding.write(*map(a_failure, range(2, 5)))
    forwarding.until(lambda: forwarding.report()["sinks"]["siem"]["queued"] == 3)
    forwarding.kill()
    collector.start()
    forwarding.start(ready=False)
    forwarding.write(a_login(5))
    ports = [port for _, _, port in received(collector, 5)]
    assert list(dict.fromkeys(ports)) == [40_001, 40_002, 40_003, 40_004, 20_005]
    assert forwarding.stop() == 0
