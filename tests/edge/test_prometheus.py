"""Prometheus itself: it reads the metrics of a real daemon, takes the rules and the dashboard, and tells of a dead sink."""

from __future__ import annotations

import http.client
import json
import re
import urllib.request

import pytest
import yaml

from pamsignal.daemon.metrics import HISTOGRAM, PREFIX, TABLE
from tests.harness.checkout import PROJECT
from tests.harness.daemon import a_login, webhook_config
from tests.harness.programs import running, said
from tests.harness.receiver import Receiver
from tests.harness.waiting import PATIENCE_S, until
from tests.harness.web import unused_port

EXAMPLES = PROJECT / "examples" / "prometheus"
RULES = EXAMPLES / "pamsignal.rules.yml"
DASHBOARD = json.loads((PROJECT / "examples" / "grafana" / "pamsignal.json").read_text())
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}


def queries():
    """Every expression of the dashboard, as Grafana would send it."""
    found = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
    found += [one["expr"] for one in DASHBOARD["annotations"]["list"]]
    for name, text in VARIABLES.items():
        found = [query.replace(name, text) for query in found]
    return found


def names_in(query):
    return set(re.findall(r"\bpamsignal_[a-z_]+", query))


def known_names():
    for metric in TABLE:
        yield f"{PREFIX}{metric.name}"
        if metric.kind == HISTOGRAM:
            yield from (f"{PREFIX}{metric.name}_{part}" for part in ("bucket", "sum", "count"))


def test_promtool_finds_no_fault_in_the_metrics():
    with (PROJECT / "tests" / "data" / "golden" / "metrics.prom").open() as golden:
        assert said("promtool", "check", "metrics", stdin=golden) == (0, "")


def test_the_rules_are_good_and_fire_on_what_they_should():
    assert said("promtool", "check", "rules", RULES)[0] == 0
    code, shown = said("promtool", "test", "rules", EXAMPLES / "pamsignal.test.yml")
    assert code == 0, shown


def test_every_alert_is_tried_at_least_once_until_it_fires():
    tests = yaml.safe_load((EXAMPLES / "pamsignal.test.yml").read_text())["tests"]
    fired = {one["alertname"] for test in tests for one in test["alert_rule_test"] if one.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in ALERTS}


def test_rules_and_dashboard_ask_for_metrics_that_there_are():
    asked = set().union(*(names_in(query) for query in (*queries(), *(rule["expr"] for rule in ALERTS))))
    assert asked - set(known_names()) == set()
    assert len(asked) > 25


def test_every_query_of_the_dashboard_is_parsed(tmp_path):
    rules = [{"record": f"query_{number}", "expr": query} for number, query in enumerate(queries())]
    assert len(rules) > 25
    assert not [query for query in queries() if "$" in query]
    file = tmp_path / "dashboard.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    code, shown = said("promtool", "check", "rules", file)
    assert code == 0, shown
    file.write_text(file.read_text().replace("sum by", "sum bye", 1))
    assert said("promtool", "check", "rules", file)[0] != 0


def test_the_panels_of_the_dashboard_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert all(x < 24 for x, _ in cells)
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_example_configurations_are_good():
    assert said("promtool", "check", "config", EXAMPLES / "scrape.yml")[0] == 0
    assert said("amtool", "check-config", EXAMPLES / "alertmanager.yml")[0] == 0


def got(url):
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            return answer.read().decode()
    except (OSError, http.client.HTTPException):  # refused, reset, cut short, or an answer of an error
        return ""


def found(url, query):
    """What Prometheus answers to an instant query, by labels."""
    answer = got(f"{url}/api/v1/query?query={urllib.request.quote(query)}")
    return [(one["metric"], float(one["value"][1])) for one in json.loads(answer)["data"]["result"]] if answer else []


def test_node_exporter_hands_the_file_on(watched, receiver, tmp_path):
    watched.configure(webhook_config(receiver.url(), tmp_path, "metrics: {enabled: true}\n"))
    watched.start()
    watched.until((tmp_path / "run" / "metrics.prom").exists)
    port = unused_port()
    only = ("--collector.disable-defaults", "--collector.textfile")
    options = (f"--collector.textfile.directory={tmp_path / 'run'}", f"--web.listen-address=127.0.0.1:{port}")
    seen = []
    with running("prometheus-node-exporter", *only, *options, log=tmp_path / "exporter.log"):
        watched.until(
            lambda: seen.append(got(f"http://127.0.0.1:{port}/metrics")) or "pamsignal_build_info" in seen[-1]
        )
    text = seen[-1]
    assert "node_textfile_scrape_error 0" in text
    assert 'pamsignal_queue_alerts{sink="hook"} 0' in text


@pytest.fixture
def operators():
    """Where Alertmanager sends to."""
    with Receiver() as one:
        yield one


def in_a_hurry(text):
    """An example with its times cut short."""
    return re.sub(r"((?:for|\w+_interval|\w+_wait): )\d+[smh]", r"\g<1>1s", text)


@pytest.fixture
def monitoring(tmp_path, operators):
    """Prometheus and Alertmanager with the examples; yields the ports of Prometheus, and of pamsignal's listener."""
    ours, prometheus, alertmanager = unused_port(), unused_port(), unused_port()
    (tmp_path / "pamsignal.rules.yml").write_text(in_a_hurry(RULES.read_text()))
    scrape = in_a_hurry((EXAMPLES / "scrape.yml").read_text())
    scrape = scrape.replace("127.0.0.1:9814", f"127.0.0.1:{ours}").replace(
        "127.0.0.1:9093", f"127.0.0.1:{alertmanager}"
    )
    (tmp_path / "prometheus.yml").write_text(scrape)
    routes = in_a_hurry((EXAMPLES / "alertmanager.yml").read_text())
    (tmp_path / "alertmanager.yml").write_text(routes.replace("http://127.0.0.1:9095/alerts", operators.url("/alerts")))
    of_one = (
        f"--config.file={tmp_path}/alertmanager.yml",
        f"--storage.path={tmp_path}/am",
        "--cluster.listen-address=",
    )
    of_other = (f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/tsdb")
    am_at, at = (f"--web.listen-address=127.0.0.1:{port}" for port in (alertmanager, prometheus))
    with (
        running("prometheus-alertmanager", *of_one, am_at, log=tmp_path / "alertmanager.log"),
        running("prometheus", *of_other, at, log=tmp_path / "prometheus.log"),
    ):
        yield f"http://127.0.0.1:{prometheus}", ours


def told(operators):
    """The alerts that reached the operators: name, state and sink."""
    for request in operators.requests:
        for alert in json.loads(request.body)["alerts"]:
            yield alert["labels"]["alertname"], alert["status"], alert["labels"].get("sink")


def test_a_dead_channel_is_told_through_prometheus_and_alertmanager(service, monitoring, operators, tmp_path):
    prometheus, port = monitoring
    dead = unused_port()
    metrics = f"metrics: {{enabled: true, textfile: null, listen: '127.0.0.1:{port}'}}\n"
    service.configure(webhook_config(f"https://127.0.0.1:{dead}/hook", tmp_path, metrics))
    service.write("Server listening on :: port 22.")
    service.start()
    service.until(lambda: found(prometheus, 'up{job="pamsignal"} == 1'))
    service.until(lambda: found(prometheus, "pamsignal_journal_readable == 1"))
    assert not [one for one in told(operators) if one[0] == "PamsignalSinkDead"]
    service.write(a_login(1, user="canary"))
    service.until(lambda: ("PamsignalSinkDead", "firing", "hook") in told(operators))
    service.until(lambda: found(prometheus, 'pamsignal_queue_alerts{sink="hook"} == 1'))
    assert not any(b"canary" in request.body for request in operators.requests)
    assert service.stop() == 0
    until(lambda: ("PamsignalDown", "firing", None) in told(operators))
