"""What is counted as what: by a few records each."""

from __future__ import annotations

import pytest

from pamsignal.audit.record import Seen
from pamsignal.model import NO_CONTEXT, Context
from pamsignal.summary import counting
from pamsignal.summary.counting import Summary
from pamsignal.summary.tally import failures, successes, total
from pamsignal.terms import Action, Outcome, Provenance, Severity
from tests.builders import NOON_US, a_finding, a_login, an_alert, an_endpoint, an_event

DAY_US = 86_400_000_000
NETHERLANDS = Context(country="NL", asn=64500, org="Example Access")


def summary_of(*subjects):
    summary = Summary(lambda time_us: time_us // DAY_US)
    for subject in subjects:
        summary.add(subject)
    return summary


def seen(event, context=NO_CONTEXT):
    return Seen(event, context)


def counts(tally, weight):
    return {key: weight(row) for key, row in tally.top(10, weight)[0]}


@pytest.mark.parametrize("action", Action)
def test_every_action_is_counted_at_one_place_at_most(action):
    summary = summary_of(seen(an_event(action=action)))
    places = (
        summary.login_total,
        summary.failure_total,
        summary.connections,
        sum(counts(summary.elevations, total).values()),
        summary.news_total,
    )
    quiet = {"login_partial", "session_opened", "session_closed", "tty_input", "journal_suppressed", "detail"}
    assert sum(places) == (0 if action.value in quiet else 1)


def test_a_login_is_known_by_account_address_and_method():
    again = a_login(time_us=NOON_US + 5)
    summary = summary_of(seen(a_login(), NETHERLANDS), seen(again, NETHERLANDS), seen(a_login(user="bob")))
    assert counts(summary.logins, successes) == {
        ("alice", "203.0.113.9", "publickey", "sshd"): 2,
        ("bob", "203.0.113.9", "publickey", "sshd"): 1,
    }
    (_, row), _ = summary.logins.top(2, successes)[0]
    assert (row.last_us, row.about.country) == (NOON_US + 5, "NL")


def test_an_event_that_stands_for_many_tries_counts_as_many():
    summary = summary_of(seen(an_event(attempts=7), NETHERLANDS), seen(an_event(user="bob")))
    assert summary.failure_total == 8
    assert counts(summary.addresses, failures) == {"203.0.113.9": 8}
    assert counts(summary.users, failures) == {"root": 7, "bob": 1}
    assert counts(summary.countries, failures) == {"NL": 7}
    assert counts(summary.networks, failures) == {64500: 7}


def test_an_address_that_tries_and_gets_in_has_both():
    summary = summary_of(seen(an_event()), seen(a_login()))
    ((_, row),) = summary.addresses.top(1, failures)[0]
    assert (row.failures, row.successes) == (1, 1)


def test_addresses_of_one_ipv6_network_are_one_source():
    events = [seen(an_event(source=an_endpoint(f"2001:db8::{number}"))) for number in range(1, 9)]
    assert counts(summary_of(*events).addresses, failures) == {"2001:db8::/64": 8}


def test_a_forged_line_is_no_login():
    summary = summary_of(seen(a_login(provenance=Provenance.SPOOFED)))
    assert (summary.login_total, summary.forged) == (0, 1)


def test_whoever_takes_rights_or_is_refused_stands_in_one_row():
    sudo = {"service": "sudo", "user": "bob", "target_user": "root", "source": None}
    taken = an_event(action=Action.ELEVATION_SUCCESS, outcome=Outcome.SUCCESS, **sudo)
    refused = an_event(action=Action.ELEVATION_DENIED, attempts=3, **sudo)
    ((key, row),) = summary_of(seen(taken), seen(refused)).elevations.top(2, total)[0]
    assert (key, row.successes, row.failures) == (("bob", "root", "sudo"), 1, 3)


def test_findings_are_counted_once_their_digests_and_their_ends_not_at_all():
    alerts = [
        an_alert(subject=a_finding(), severity=Severity.WARNING),
        an_alert(subject=a_finding(), severity=Severity.CRITICAL),
        an_alert(subject=a_finding(), digest=True, suppressed=99),
        an_alert(subject=a_finding(rule="sink_paused", over=True)),
    ]
    summary = summary_of(*alerts)
    assert counts(summary.findings, failures) == {"brute_force": 2}
    assert summary.findings.top(1, failures)[0][0][1].about is Severity.CRITICAL


def test_what_is_new_is_told_with_its_reasons_and_a_plain_login_is_not_new():
    summary = summary_of(
        an_alert(),
        an_alert(reasons=("new_country", "new_key"), context=NETHERLANDS),
        seen(an_event(action=Action.ACCOUNT_CREATED, user=None, target_user="carol", source=None)),
    )
    assert [(news.what, news.user, news.source, news.country) for news in summary.news] == [
        (("new_country", "new_key"), "alice", "203.0.113.9", "NL"),
        (("account_created",), "carol", None, None),
    ]


def test_news_are_bounded_and_counted():
    many = counting.MOST_NEWS + 5
    created = [seen(an_event(action=Action.PASSWORD_CHANGED, time_us=NOON_US + number)) for number in range(many)]
    summary = summary_of(*created)
    assert (len(summary.news), summary.news_total) == (counting.MOST_NEWS, many)
    assert summary.news[-1].time_us == NOON_US + many - 1


def test_names_and_hosts_are_bounded():
    events = [seen(an_event(user="x" * 100_000, hostname=f"host-{number}")) for number in range(100)]
    summary = summary_of(*events)
    assert len(summary.hosts) == counting.MOST_HOSTS
    assert counts(summary.users, failures) == {"x" * counting.LONGEST_NAME: 100}
