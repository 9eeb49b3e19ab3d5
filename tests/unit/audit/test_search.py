"""What a question to the trail matches, and that no line that matches is passed over unread."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamsignal.audit.record import Seen, alert_body, event_body
from pamsignal.audit.search import Query, matches, needles_of, network_of
from pamsignal.model import NO_CONTEXT, Context, Endpoint
from tests.builders import NOON_US, a_finding, a_login, an_alert, an_endpoint, an_event
from tests.unit.audit.nouns import ALERTS, CONTEXTS, EVENTS

NETWORKS = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
).map(lambda pair: ip_network(pair, strict=False))


def seen(**changes):
    return Seen(an_event(**changes), Context(country="NL"))


@pytest.mark.parametrize(
    ("query", "subject", "expected"),
    [
        ({}, seen(), True),
        ({"user": "root"}, seen(), True),
        ({"user": "roo"}, seen(), False),
        ({"user": "bob"}, seen(target_user="bob"), True),
        ({"user": "admin"}, an_alert(subject=a_finding()), True),
        ({"network": "203.0.113.9"}, seen(), True),
        ({"network": "203.0.113.0/25"}, seen(), True),
        ({"network": "203.0.113.128/25"}, seen(), False),
        ({"network": "2001:db8::/32"}, seen(), False),
        ({"network": "2001:db8::/32"}, seen(source=an_endpoint("2001:db8::9")), True),
        ({"network": "203.0.113.0/24"}, an_alert(subject=a_finding()), True),
        ({"network": "0.0.0.0/0"}, seen(source=Endpoint(host="gate")), False),
        ({"country": "NL"}, seen(), True),
        ({"country": "DE"}, seen(), False),
        ({"action": "login_failure"}, seen(), True),
        ({"action": "brute_force"}, an_alert(subject=a_finding()), True),
        ({"action": "login_success"}, an_alert(), True),
        ({"host": "web-01"}, seen(), True),
        ({"host": "web-02"}, seen(), False),
        ({"outcome": "success"}, seen(), False),
        ({"outcome": "success"}, Seen(a_login(), NO_CONTEXT), True),
        ({"since_us": NOON_US, "until_us": NOON_US}, seen(), True),
        ({"since_us": NOON_US + 1}, seen(), False),
        ({"until_us": NOON_US - 1}, seen(), False),
    ],
)
def test_a_query_asks_for_all_that_it_says(query, subject, expected):
    network = query.get("network")
    asked = Query(**{**query, "network": network_of(network) if network else None})
    assert matches(subject, asked) is expected


@given(EVENTS, CONTEXTS, NETWORKS)
@settings(deadline=None, max_examples=60)
def test_no_event_that_matches_is_passed_over(event, context, network):
    address = event.source.ip if event.source else None
    near = ip_network((address, network.prefixlen % (address.max_prefixlen + 1)), strict=False) if address else network
    action = event.action.value
    outcome = event.outcome.value if event.outcome else None
    text = event_body(event, context).encode()
    for query in (
        Query(user=event.user, country=context.country, action=action, host=event.hostname, outcome=outcome),
        Query(user=event.target_user),
        Query(network=network),
        Query(network=near),
    ):
        if matches(Seen(event, context), query) and not _has_surrogate(query):
            assert all(needle in text for needle in needles_of(query))


@given(ALERTS, NETWORKS)
@settings(deadline=None, max_examples=60)
def test_no_alert_that_matches_is_passed_over(alert, network):
    text = alert_body(alert).encode()
    for query in (Query(action=alert.rule), Query(network=network), Query(country=alert.context.country)):
        if matches(alert, query) and not _has_surrogate(query):
            assert all(needle in text for needle in needles_of(query))


def _has_surrogate(query):
    return any("\ud800" <= character <= "\udfff" for character in "".join(map(str, query)))


def test_an_address_begins_as_its_text_does():
    query = Query(network=network_of("10.20.0.0/14"))
    assert needles_of(query) == [b'"10.']
    assert needles_of(Query(network=network_of("2001:db8::1"))) == [b'"2001:db8::1']
    assert needles_of(Query(network=network_of("2001:db8::/48"))) == [b'"2001:db8:']


def test_what_is_no_network_is_refused():
    with pytest.raises(ValueError, match="does not appear"):
        network_of("example.org")
    assert network_of("203.0.113.9") == ip_network("203.0.113.9/32")
    assert ip_address("203.0.113.9") in network_of("203.0.113.77/24")
