"""The metrics of a real daemon: in the file, from the listener, and what it does where that cannot be."""

from __future__ import annotations

import http.client
import signal
import stat
import subprocess
import sys
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.harness.checkout import PROJECT
from tests.harness.daemon import a_failure, a_login, documents, webhook_config
from tests.harness.waiting import PATIENCE_S
from tests.harness.web import unused_port

ACCOUNT, ADDRESS = "canary-account", "203.0.113.9"


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text, name, **labels):
    return samples(text)[(f"pamsignal_{name}", *sorted(labels.items()))] if text else None


def scraped(port):
    """The answer, "" where there is none; a listener that ends resets whom it has not answered yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
            return answer.read().decode()
    except (OSError, http.client.HTTPException):
        return ""


@pytest.fixture
def metered(watched, receiver, tmp_path):
    """A service with metrics as YAML after `metrics:`."""

    def configured(yaml):
        watched.configure(webhook_config(receiver.url(), tmp_path, f"metrics: {yaml}\n"))
        return watched

    return configured


def textfile(service):
    try:
        return (service.folder / "run" / "metrics.prom").read_text()
    except FileNotFoundError:
        return ""


def report(service):
    """Have the status and the metrics written now."""
    service.send(signal.SIGUSR1)


def test_the_file_tells_what_happened_and_everybody_may_read_it(metered, receiver):
    service = metered("{enabled: true}").start()
    service.until(lambda: textfile(service))
    service.write(*(a_failure(number) for number in range(6)), a_login(1, user=ACCOUNT), "nonsense of sshd")
    service.until(lambda: len(documents(receiver)) >= 2)
    service.until(lambda: report(service) or value(textfile(service), "deliveries_total", sink="hook") >= 2)
    text = textfile(service)
    assert value(text, "events_total", action="login_failure") == 6
    assert value(text, "events_total", action="login_success") == 1
    assert value(text, "alerts_total", rule="brute_force") == 1
    assert value(text, "records_not_understood_total", program="sshd") == 1
    assert value(text, "queue_alerts", sink="hook") == 0
    assert value(text, "journal_readable") == 1
    assert value(text, "processing_lag_seconds_count") >= 1
    assert value(text, "turn_seconds_count") >= 1
    assert value(text, "process_resident_memory_bytes") > 1_000_000
    assert value(text, "trail_records") >= 9
    assert ACCOUNT not in text
    assert ADDRESS not in text
    assert stat.S_IMODE((service.folder / "run" / "metrics.prom").stat().st_mode) == 0o644
    assert stat.S_IMODE((service.folder / "run").stat().st_mode) == 0o755
    assert service.stop() == 0
    assert not textfile(service), "figures that stand still look like a quiet host"


def test_the_listener_answers_on_request_and_a_reload_moves_it_or_ends_it(metered):
    first, second = unused_port(), unused_port()
    service = metered(f"{{enabled: true, textfile: null, listen: '127.0.0.1:{first}'}}").start()
    service.until(lambda: scraped(first))
    assert not textfile(service)
    metered(f"{{enabled: true, listen: '127.0.0.1:{second}'}}")
    service.send(signal.SIGHUP)
    service.until(lambda: report(service) or scraped(second))
    assert not scraped(first)
    service.until(lambda: report(service) or value(scraped(second), "config_reloads_total", result="ok") == 1)
    assert textfile(service)
    metered("{enabled: maybe}")
    service.send(signal.SIGHUP)
    service.until(lambda: report(service) or value(scraped(second), "config_last_reload_successful") == 0)
    service.until(lambda: value(scraped(second), "config_reloads_total", result="refused") == 1)
    service.until(lambda: value(scraped(second), "condition", rule="config_rejected") == 1)
    metered("{enabled: false}")
    service.send(signal.SIGHUP)
    service.until(lambda: not scraped(second) and not textfile(service))
    assert service.stop() == 0


def waiting(service):
    """How often in a row the sink has failed, once something waits for it."""
    text = textfile(service)
    seen = samples(text).get(("pamsignal_queue_alerts", ("sink", "hook"))) if text else 0
    return seen and value(text, "sink_failures_in_a_row", sink="hook")


def test_a_dead_sink_shows_as_a_queue_that_ages(service, tmp_path):
    url = f"https://127.0.0.1:{unused_port()}/hook"
    service.configure(webhook_config(url, tmp_path, "metrics: {enabled: true}\n"))
    service.write("Server listening on :: port 22.")
    service.start()
    service.write(a_login(1))
    service.until(lambda: report(service) or waiting(service))
    text = textfile(service)
    assert value(text, "delivery_failures_total", sink="hook", reason="network") >= 1
    assert value(text, "queue_oldest_seconds", sink="hook") > 0
    assert value(text, "deliveries_total", sink="hook") == 0


def test_without_the_library_it_says_what_to_install_and_watches_on(metered, receiver):
    service = metered("{enabled: true}")
    code = "import sys; sys.modules['prometheus_client'] = None; from pamsignal.cli import main; sys.exit(main())"
    service.program = ["-c", code]
    service.start()
    service.write(a_login(1))
    service.until(lambda: documents(receiver))
    service.until(lambda: report(service) or any("metrics" in problem for problem in service.status()["problems"]))
    assert service.stop() == 0
    assert service.log().count("install python3-prometheus-client") == 1
    assert not textfile(service)


def test_an_address_that_is_taken_and_a_folder_that_is_not_there_are_told_once_and_tried_again(metered, receiver):
    port = receiver.url().partition("127.0.0.1:")[2].partition("/")[0]
    service = metered(f"{{enabled: true, textfile: /nowhere/x.prom, listen: '127.0.0.1:{port}'}}").start()
    service.until(lambda: "metrics are not published" in service.log())
    service.write(a_login(1))
    service.until(lambda: documents(receiver))
    report(service)
    service.until(lambda: any("metrics" in problem for problem in service.status()["problems"]))
    assert service.stop() == 0
    assert service.log().count("metrics are not published") == 1
    assert "/nowhere/x.prom cannot be written: No such file or directory" in service.log()
    assert f"nobody can listen on 127.0.0.1:{port}: Address already in use" in service.log()


def test_who_wants_no_metrics_does_not_pay_for_the_library(metered):
    code = "import pamsignal.daemon, sys; print([name for name in sys.modules if name.endswith(('prometheus_client', '.listener', '.metrics'))])"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
