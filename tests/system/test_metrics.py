"""Metrics under the real unit, with each release's own prometheus_client: nothing in the unit stands in their way."""

from __future__ import annotations

import pytest

from tests.harness.waiting import PATIENCE_S, until
from tests.system import attacks

PORT = 9814
FILE = "/run/pamsignal/metrics.prom"
AS_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
ASK = f"import urllib.request as r; print(r.urlopen('http://127.0.0.1:{PORT}/metrics', timeout={PATIENCE_S}).read().decode())"


@pytest.fixture
def metered(installed):
    installed.configure(metrics={"enabled": True, "listen": f"127.0.0.1:{PORT}"})
    installed.restart()
    return installed


def until_it_says(ask, words):
    said = []
    until(lambda: said.append(ask()) or words in said[-1], lambda: said[-1], pause_s=0.5)
    return said[-1]


def test_everybody_on_the_host_can_read_them_from_the_file_and_from_the_listener(metered, attacker):
    host = metered.host
    attacks.key_login(host, attacker)
    metered.receiver.wait(lambda alert: alert["rule"]["name"] == "login_success")
    taken = 'pamsignal_deliveries_total{sink="hook"} '
    first = until_it_says(lambda: host.run(f"{AS_NOBODY} cat {FILE}", check=False).stdout, taken)
    asked = f'{AS_NOBODY} python3 -c "{ASK}"'
    text = until_it_says(lambda: host.run(asked, check=False).stdout, 'action="login_success"} 1.0')
    assert "pamsignal_journal_readable 1.0" in first
    assert host.run(f"stat -c %a {FILE}").stdout.strip() == "644"
    assert attacker not in first + text
    assert "alice" not in first + text
    assert metered.host.run("pamsignal status --json", check=False).stdout.count("metrics are not published") == 0
    host.run("systemctl stop pamsignal")
    assert host.run(f"test -e {FILE}", check=False).returncode != 0
