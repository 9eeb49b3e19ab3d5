"""PagerDuty, against a receiver that answers as its Events API does."""

from __future__ import annotations

import json

import pytest

from pamsignal.config import rules
from pamsignal.deliver.sinks import pagerduty
from pamsignal.errors import ConfigError
from pamsignal.model import Refused, Sent
from pamsignal.secret import Secret
from pamsignal.terms import Action, Severity
from tests.builders import a_finding, a_login, an_alert
from tests.harness.receiver import Receiver, Reply

KEY = "R0123456789abcdef0123456789abcde"


def delivered(*replies, alert=None):
    with Receiver(*replies) as receiver:
        result = pagerduty.build("p", pagerduty.Settings(Secret(KEY), receiver.url(""))).deliver([alert or an_alert()])
        return result, receiver.requests


def test_an_alert_is_a_trigger():
    result, [request] = delivered(Reply(202, body=b'{"status":"success"}'))
    event = json.loads(request.body)
    assert (result, request.path) == (Sent(), "/v2/enqueue")
    assert (event["routing_key"], event["event_action"]) == (KEY, "trigger")
    assert event["payload"]["summary"] == "Login: alice from 203.0.113.9 by publickey on web-01"
    assert (event["payload"]["source"], event["payload"]["severity"]) == ("web-01", "info")
    assert event["payload"]["timestamp"] == "2026-11-23T12:00:00.000000Z"
    assert event["payload"]["custom_details"]["From"] == "203.0.113.9 port 50022"


def key_of(subject, alert_id, **changes):
    return pagerduty.dedup_key_of(an_alert(subject=subject, id=alert_id * 32, **changes))


def test_a_flood_from_one_attacker_on_one_host_is_one_incident():
    attack = key_of(a_finding(), "a")
    assert key_of(a_finding(attempts=99), "b", digest=True, suppressed=212) == attack
    assert key_of(a_finding(key="198.51.100.1"), "a") != attack
    assert key_of(a_finding(rule="slow_brute_force"), "a") != attack
    assert key_of(a_finding(hostname="web-02"), "a") != attack


@pytest.mark.parametrize(
    "subject",
    [
        a_login(),
        a_login(action=Action.ACCOUNT_CREATED),
        a_finding(rule="success_after_failures", event=a_login()),
        a_finding(rule="journal_gap"),
        a_finding(rule="alerts_suppressed"),
    ],
    ids=lambda subject: getattr(subject, "rule", None) or subject.action.value,
)
def test_what_must_page_again_joins_no_open_incident_but_a_repeat_is_none(subject):
    assert key_of(subject, "a") != key_of(subject, "b")
    assert key_of(subject, "a") == key_of(subject, "a")


@pytest.mark.parametrize(
    ("severity", "word"), [(Severity.INFO, "info"), (Severity.WARNING, "warning"), (Severity.CRITICAL, "critical")]
)
def test_severities_are_those_of_pagerduty(severity, word):
    assert pagerduty.event_of(an_alert(severity=severity))["payload"]["severity"] == word


@pytest.mark.parametrize(
    ("said", "reason", "pause"),
    [("Invalid routing key", "authentication", True), ("'payload.summary' is missing", "client_error", False)],
)
def test_a_key_that_pagerduty_does_not_know_holds_the_channel(said, reason, pause):
    body = json.dumps({"status": "invalid event", "message": "Event object is invalid", "errors": [f"{said} {KEY}"]})
    result, _ = delivered(Reply(400, body=body.encode()))
    assert result == Refused(reason, f"HTTP 400: {said} ***", pause=pause)


def test_the_key_is_in_no_preview_and_no_representation():
    channel = pagerduty.channel(pagerduty.Settings(Secret(KEY)))
    assert KEY not in pagerduty.build("p", pagerduty.Settings(Secret(KEY))).preview(an_alert()).request
    assert KEY not in repr(channel.request_for(an_alert(), 0))


@pytest.mark.parametrize("key", ["", "short", "y_NbAkKc66ryYTWUXYEu", f"{KEY}x"])
def test_a_key_of_another_kind_is_refused(key):
    assert rules.pagerduty_key(key, {}).level == "error"
    with pytest.raises(ConfigError, match=r"^sinks\.p\.routing_key: "):
        pagerduty.build("p", pagerduty.Settings(Secret(key)))
