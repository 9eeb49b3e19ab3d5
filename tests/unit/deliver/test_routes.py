"""Which alert goes where."""

from __future__ import annotations

import pytest

from pamsignal.deliver.routes import Route, RouteSettings, kept_by, sinks_for
from pamsignal.terms import Severity
from tests.builders import a_finding, an_alert


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (RouteSettings(), None),
        (RouteSettings(enabled=False), "enabled"),
        (RouteSettings(min_severity=Severity.NOTICE), None),
        (RouteSettings(min_severity=Severity.WARNING), "min_severity"),
        (RouteSettings(actions=("login_success",)), None),
        (RouteSettings(actions=("brute_force",)), "actions"),
        (RouteSettings(actions=()), "actions"),
        (RouteSettings(exclude=("login_success",)), "exclude"),
        (RouteSettings(exclude=("brute_force",)), None),
        (RouteSettings(actions=("login_success",), exclude=("login_success",)), "exclude"),
        (RouteSettings(reasons=()), "reasons"),
        (RouteSettings(reasons=("new_country", "new_key")), "reasons"),
    ],
)
def test_a_route_decides_by_severity_and_name_and_can_say_by_which_key(settings, key):
    assert kept_by(settings, an_alert()) == key
    assert sinks_for(an_alert(), [Route("team", settings)]) == (() if key else ("team",))


@pytest.mark.parametrize(
    ("settings", "is_wanted"),
    [
        (RouteSettings(min_severity=Severity.INFO), False),
        (RouteSettings(min_severity=Severity.INFO, actions=("trail_anchor",)), True),
        (RouteSettings(min_severity=Severity.INFO, events=None), True),
        (RouteSettings(min_severity=Severity.NOTICE, events=None), False),
    ],
)
def test_an_anchor_goes_to_who_collects_or_asks_for_it(settings, is_wanted):
    alert = an_alert(severity=Severity.INFO, subject=a_finding(rule="trail_anchor"))
    assert sinks_for(alert, [Route("one", settings)]) == (("one",) if is_wanted else ())


def test_a_finding_is_routed_by_its_rule():
    routes = [Route("team", RouteSettings(actions=("brute_force",)))]
    assert sinks_for(an_alert(subject=a_finding()), routes) == ("team",)


def test_sinks_come_in_the_order_of_the_configuration():
    assert sinks_for(an_alert(), [Route("b"), Route("a")]) == ("b", "a")


PHONE = [Route("phone", RouteSettings(reasons=("new_country", "new_key")))]


def test_a_route_may_ask_for_what_is_new():
    assert sinks_for(an_alert(reasons=("first_login", "new_country")), PHONE) == ("phone",)
    assert sinks_for(an_alert(reasons=("new_network",)), PHONE) == ()
    assert sinks_for(an_alert(subject=a_finding()), PHONE) == ()


def test_what_is_new_counts_beside_the_other_filters_of_a_route():
    settings = RouteSettings(reasons=("new_key",), exclude=("login_success",))
    assert sinks_for(an_alert(reasons=("new_key",)), [Route("phone", settings)]) == ()


def test_a_route_for_what_is_new_still_hears_that_pamsignal_is_blind():
    gap = a_finding(rule="journal_gap", key="journal", users=(), sources=(), technique=None)
    assert sinks_for(an_alert(subject=gap), PHONE) == ("phone",)
