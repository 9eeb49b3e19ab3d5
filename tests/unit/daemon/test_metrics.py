"""The metrics: a golden file of the whole text, read back by Prometheus' own parser, and labels from closed lists.

PAMSIGNAL_GOLDEN=write makes the golden file anew.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pamsignal.counts import Counts
from pamsignal.daemon import exposition
from pamsignal.daemon.metrics import COUNTER, HISTOGRAM, PREFIX, TABLE
from pamsignal.daemon.samples import CONDITIONS, Snapshot
from pamsignal.daemon.tally import Spread, Tally
from pamsignal.deliver.limits import Limiter
from pamsignal.deliver.routes import RouteSettings
from pamsignal.deliver.turn import Channel, Health
from pamsignal.parse.programs import BY_EXECUTABLE, BY_IDENTIFIER
from pamsignal.pipeline import Engine
from pamsignal.render.words import RULES
from pamsignal.terms import REASONS, Action, Provenance, Severity
from tests.builders import NOON_US, a_finding, a_record, an_alert

GOLDEN = Path(__file__).parents[2] / "data" / "golden" / "metrics.prom"
SECOND_US = 1_000_000


def counted():
    """What was read on a day on which a bit of everything happened."""
    counts = Counts()
    counts.records, counts.understood, counts.suppressed = 5000, 4000, 412
    counts.events.update({Action.LOGIN_SUCCESS: 12, Action.LOGIN_FAILURE: 3456})
    counts.unparsed.update({"sshd": 2})
    counts.spoofed.update({"sudo": 1})
    counts.provenance.update({Provenance.VERIFIED: 3990, Provenance.UNVERIFIED: 10})
    return counts


def tallied():
    """What came of it."""
    tally = Tally()
    tally.alerts.update({"login_success": 12, "brute_force": 3, "journal_gap": 1})
    tally.suppressed.update({"phone": 40})
    tally.reloads.update({"ok": 2, "refused": 1})
    for duration_us in (400, 1000, 1001, 70_000, 9 * SECOND_US):
        tally.turns.add(duration_us)
    tally.lag.add(260_000)
    return tally


def a_snapshot(**changes):
    """The end of that day."""
    fields = {
        "now_us": NOON_US,
        "started_us": NOON_US - 86_400 * SECOND_US,
        "version": "VERSION",
        "memory_bytes": 31_457_280,
        "cpu_us": 12_340_000,
        "counts": counted(),
        "faults": 0,
        "tally": tallied(),
        "counters": {
            "delivered:team": 12,
            "delivery_failed:phone:timeout": 7,
            "delivery_failed:phone:network": 2,
            "delivery_given_up:phone:timeout": 1,
            "channel_held:phone:timeout": 1,
            f"dropped:queue_full:phone:{int(Severity.WARNING)}": 5,
            "dropped:queue_full:phone:100": 1,
            "dropped:queue_full:phone:0": 7,
        },
        "health": {
            "phone": Health(3, NOON_US - 90 * SECOND_US, 1, Channel(failures=9, last_error="timeout: no answer")),
            "team": Health(0, None, 0, Channel(sent=12, last_sent_us=NOON_US - SECOND_US)),
        },
        "standing": Counter({"sink_paused": 1, "not_understood": 2}),
        "databases": {"city": NOON_US - 40 * 86_400 * SECOND_US},
        "journal_readable": True,
        "journal_skipped": 1,
        "journal_reopened": 2,
        "last_record_us": NOON_US - 3 * SECOND_US,
        "store_trouble": False,
        "trail_enabled": True,
        "trail_trouble": False,
        "trail_records": 3600,
        "trail_lost": 0,
        "config_rejected": True,
    }
    return Snapshot(**{**fields, **changes})


def samples(text):
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(text, name, **labels):
    (found,) = [one.value for one in samples(text) if one.name == f"{PREFIX}{name}" and one.labels == labels]
    return found


def rendered(**changes):
    return exposition.render(a_snapshot(**changes)).decode()


def test_the_whole_text_is_the_golden_one():
    made = rendered()
    if os.environ.get("PAMSIGNAL_GOLDEN") == "write":
        GOLDEN.write_text(made)
    assert made == GOLDEN.read_text()


def test_prometheus_reads_every_family_with_its_type_and_help():
    families = {family.name: family for family in text_string_to_metric_families(rendered())}
    for metric in TABLE:
        name = f"{PREFIX}{metric.name}"
        found = families[name[: -len("_total")] if metric.kind == COUNTER else name]
        assert found.type == metric.kind
        assert found.documentation == metric.help
        assert found.samples, name


@pytest.mark.parametrize("metric", TABLE, ids=lambda metric: metric.name)
def test_names_are_as_prometheus_wants_them(metric):
    assert re.fullmatch("[a-z][a-z_]*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == COUNTER)
    assert not re.search("_(ms|us|minutes|hours|days|mb|kb)(_|$)", metric.name)
    assert metric.help.endswith(".")
    if metric.kind == HISTOGRAM:
        assert metric.name.endswith("_seconds")


def test_no_sample_has_a_timestamp_as_a_textfile_may_have_none():
    assert all(sample.timestamp is None for sample in samples(rendered()))


def test_a_histogram_is_cumulative_and_counts_what_lies_on_a_bound():
    text = rendered()
    assert value(text, "turn_seconds_bucket", le="0.001") == 2
    assert value(text, "turn_seconds_bucket", le="0.0025") == 3
    assert value(text, "turn_seconds_bucket", le="5.0") == 4
    assert value(text, "turn_seconds_bucket", le="+Inf") == value(text, "turn_seconds_count") == 5
    assert value(text, "turn_seconds_sum") == pytest.approx(9.072401)


def test_a_clock_that_was_set_back_makes_no_negative_duration():
    spread = Spread((1000,))
    spread.add(-5)
    assert (spread.numbers, spread.sum_us) == ([1, 0], 0)


def test_what_never_happened_is_there_as_zero_so_that_its_first_time_is_an_increase():
    text = rendered(counts=Counts(), tally=Tally(), counters={}, standing=Counter())
    assert value(text, "events_total", action="login_success") == 0
    assert value(text, "deliveries_total", sink="team") == 0
    assert value(text, "alerts_suppressed_total", sink="team") == 0
    assert value(text, "alerts_total", rule="success_after_failures") == 0
    assert value(text, "alerts_total", rule="login_success") == 0
    assert value(text, "deliveries_given_up_total", sink="team", reason="client_error") == 0
    assert value(text, "config_reloads_total", result="refused") == 0
    assert {one.labels["rule"] for one in samples(text) if one.name == "pamsignal_condition"} == set(CONDITIONS)


def test_every_condition_is_a_rule_that_people_can_read_of():
    assert set(CONDITIONS) <= set(RULES)


def test_a_summary_counts_what_it_stands_for():
    limiter, tally = Limiter({"team": RouteSettings(noise_per_10_minutes=2)}), Tally()
    for number in range(5):
        alert = an_alert(subject=a_finding(rule="brute_force"), rule="brute_force", id=str(number), time_us=NOON_US)
        admitted = [(alert, limiter.admit(alert, ("team",), NOON_US))]
        tally.told([alert], admitted)
    tally.told([], limiter.summaries(NOON_US + 601 * SECOND_US))
    assert tally.alerts == {"brute_force": 5, "alerts_suppressed": 1}
    assert tally.suppressed == {"team": 3}


# Whatever somebody writes into the journal: names and addresses that would show if they got into a label.
CANARIES = ("canary", "203.0.113", "2001:db8", "web-01", "evil")
HOSTILE = (
    ("sshd", "Accepted password for canary from 203.0.113.9 port 22 ssh2", {}),
    ("sshd", "Failed password for invalid user canary\\n{} from 2001:db8::7 port 22 ssh2", {}),
    ("sshd", "nobody knows canary of 203.0.113.8", {}),
    ("sudo", "canary : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/evil", {"uid": 1000}),
    ("canary", "Accepted password for canary from 203.0.113.9 port 22 ssh2", {}),
    ("canary-sshd", "Accepted password for canary from 203.0.113.9 port 22 ssh2", {}),
    ("sshd", "Accepted password for canary from 203.0.113.9 port 22 ssh2", {"uid": 1000, "exe": "/home/canary/evil"}),
    ("canary", "pam_unix(evil:auth): authentication failure; logname= uid=0 user=canary rhost=203.0.113.9", {}),
    ("su", "pam_unix(su:session): session opened for user canary(uid=0) by canary(uid=1000)", {"uid": 1000}),
    ("systemd-journald", "Suppressed 99 messages from canary.service", {"unit": "canary.service"}),
)


def test_no_label_ever_holds_an_account_or_an_address_or_a_host():
    engine, tally = Engine(), Tally()
    for number in range(40):
        for at, (identifier, message, changes) in enumerate(HOSTILE):
            time_us = NOON_US + (number * len(HOSTILE) + at) * 1000
            produced = engine.feed(a_record(message, identifier, time_us=time_us, pid=5000 + number, **changes))
            tally.told(produced.alerts, ())
    tally.told(engine.tick(NOON_US + 86_400 * SECOND_US).alerts, ())
    standing = Counter(name.rule for name, _ in engine.sight.conditions)
    text = rendered(counts=engine.counts, tally=tally, standing=standing)
    assert value(text, "records_not_understood_total", program="sshd") >= 40
    assert tally.alerts["brute_force"]
    for sample in samples(text):
        for label in sample.labels.values():
            assert not any(canary in label for canary in CANARIES), sample


PROGRAMS = {program.name for program in (*BY_IDENTIFIER.values(), *BY_EXECUTABLE.values())} | {"pam"}
CLOSED = {
    "action": {action.value for action in Action},
    "provenance": {grade.value for grade in Provenance},
    "program": PROGRAMS,
    "rule": {*RULES, *(action.value for action in Action)},
    "sink": {"phone", "team"},
    "reason": set(REASONS),
    "severity": {"event", "login", *(severity.word for severity in Severity)},
    "database": {"city", "asn"},
    "result": {"ok", "refused"},
    "version": {"VERSION"},
}


def test_every_label_has_a_closed_list_and_keeps_to_it():
    assert {label for metric in TABLE for label in metric.labels} == set(CLOSED)
    for sample in samples(rendered()):
        for label, text in sample.labels.items():
            assert label == "le" or text in CLOSED[label], sample
