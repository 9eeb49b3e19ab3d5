"""Which single event goes to which collector, and how loud."""

from __future__ import annotations

import pytest

from pamsignal.deliver.forwarding import as_alert, forwarded, kept_from
from pamsignal.deliver.routes import Route, RouteSettings
from pamsignal.deliver.turn import rank_of
from pamsignal.model import NO_CONTEXT
from pamsignal.terms import Action, Outcome, Severity
from tests.builders import a_finding, a_login, an_alert

LOGIN = a_login(id="1" * 32)
FAILURE = a_login(id="2" * 32, action=Action.LOGIN_FAILURE, outcome=Outcome.FAILURE)
EVENTS = [(LOGIN, NO_CONTEXT), (FAILURE, NO_CONTEXT)]
ALL = RouteSettings(min_severity=Severity.INFO, events=None)


def sent(*routes, alerts=()):
    return [(alert.id[0], sinks) for alert, sinks in forwarded(EVENTS, alerts, routes)]


def test_only_who_asks_for_events_gets_them():
    assert sent(Route("chat"), Route("siem", ALL)) == [("1", ("siem",)), ("2", ("siem",))]
    assert sent(Route("chat")) == []


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({"events": ("login_failure",)}, ["2"]),
        ({"events": ("session_closed",)}, []),
        ({"events": ()}, []),
        ({"min_severity": Severity.WARNING}, []),
        ({"actions": ()}, ["1", "2"]),
    ],
)
def test_events_are_chosen_by_action_and_severity_and_not_by_the_filters_of_alerts(changes, ids):
    assert [one for one, _ in sent(Route("siem", ALL._replace(**changes)))] == ids


def test_an_event_that_an_alert_tells_goes_to_that_sink_once():
    alert = an_alert(subject=LOGIN)
    routes = [Route("siem", ALL), Route("lake", ALL)]
    assert sent(*routes, alerts=[(alert, ("siem",))]) == [("1", ("lake",)), ("2", ("siem", "lake"))]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (ALL._replace(exclude=("login_success",)), None),
        (ALL._replace(exclude=("login_success",), events=()), "exclude"),
        (ALL._replace(exclude=("login_success",), events=("login_failure",)), "exclude"),
        (ALL._replace(min_severity=Severity.CRITICAL), "min_severity"),
    ],
)
def test_what_no_alert_tells_there_may_come_as_an_event(settings, key):
    assert kept_from(settings, an_alert(subject=LOGIN)) == key


def test_a_finding_that_rests_on_an_event_does_not_tell_it():
    finding = an_alert(subject=a_finding(event=LOGIN))
    assert len(sent(Route("siem", ALL), alerts=[(finding, ("siem",))])) == 2


@pytest.mark.parametrize(
    ("event", "severity"),
    [
        (LOGIN, Severity.NOTICE),
        (FAILURE, Severity.NOTICE),
        (LOGIN._replace(action=Action.SESSION_OPENED), Severity.INFO),
        (LOGIN._replace(action=Action.LOGIN_DENIED, outcome=Outcome.FAILURE), Severity.NOTICE),
        (LOGIN._replace(action=Action.ELEVATION_DENIED, outcome=Outcome.FAILURE), Severity.WARNING),
    ],
)
def test_a_failure_is_at_least_a_notice(event, severity):
    alert = as_alert(event, NO_CONTEXT)
    assert alert.severity is severity
    assert (alert.id, alert.rule, alert.is_event) == (event.id, event.action.value, True)


def test_a_forwarded_event_is_given_up_before_any_alert():
    event = as_alert(LOGIN, NO_CONTEXT)
    assert rank_of(event) < min(rank_of(an_alert(severity=severity, subject=a_finding())) for severity in Severity)
    assert rank_of(event) < rank_of(an_alert(subject=LOGIN))
