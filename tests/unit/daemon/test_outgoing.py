"""Which sink hears of losses: the others at once, the one that had them when it works again."""

from __future__ import annotations

import pytest

from pamsignal.config import load
from pamsignal.config.settings import SinkSettings
from pamsignal.daemon.outgoing import Outgoing
from pamsignal.deliver.dispatch import Collected
from pamsignal.deliver.judge import Happening
from pamsignal.deliver.routes import RouteSettings
from pamsignal.hours import span_of
from pamsignal.stages import Produced
from pamsignal.terms import Severity
from tests.builders import NOON_US, a_finding, an_alert

LOST = Happening("delivery_given_up", "team", 7, "network", "")
BACK = Happening("channel_back", "team", 1)


def outgoing(*names):
    sinks = tuple(SinkSettings(name, "journald", RouteSettings(), None) for name in names)
    return Outgoing(load.defaults()._replace(sinks=sinks), console=True)


def said(one, *happenings, now_us=NOON_US):
    alarms = one.alarms_about(Collected(happenings=happenings), now_us)
    return [(alert.subject.note.partition(" ")[0], sinks) for alert, sinks in one.admit(Produced(), alarms, now_us)]


def test_the_only_sink_hears_of_its_losses_when_it_works_again_all_together():
    one = outgoing("team")
    assert said(one, LOST) == []
    assert said(one, LOST) == []
    assert said(one, BACK) == [("14", ("team",))]
    assert said(one, BACK) == []


def test_others_hear_at_once_and_it_itself_later():
    one = outgoing("team", "mail")
    assert said(one, LOST) == [("7", ("mail",))]
    assert said(one, BACK) == [("7", ("team",))]


def test_in_one_turn_both_are_told_under_ids_of_their_own():
    one = outgoing("team", "mail")
    alarms = one.alarms_about(Collected(happenings=(LOST, BACK)), NOON_US)
    assert len({alarm.id for alarm in alarms}) == 2
    assert [sinks for _, sinks in one.admit(Produced(), alarms, NOON_US)] == [("team",), ("mail",)]


def test_a_reload_forgets_no_loss():
    former, later = outgoing("team"), outgoing("team")
    said(former, LOST)
    later.take_over(former)
    assert said(later, BACK) == [("7", ("team",))]


@pytest.mark.parametrize("names", [(), ("mail",)])
def test_a_sink_that_was_removed_is_told_nothing(names):
    former, later = outgoing("team"), outgoing(*names)
    said(former, LOST)
    later.take_over(former)
    assert said(later, BACK, now_us=NOON_US + 1) == []


def about_sight(number=0):
    subject = a_finding(rule="journal_suppressed", key="ssh.service", users=(), sources=(), technique=None)
    return an_alert(id=f"s{number}", severity=Severity.WARNING, subject=subject)


def admitted(one, *alerts):
    return [alert.id for alert, _ in one.admit(Produced(alerts=alerts), (), NOON_US)]


def test_no_noise_hides_that_pamsignal_cannot_see():
    one = outgoing("team")
    noise = [an_alert(id=f"n{number}", severity=Severity.WARNING, subject=a_finding()) for number in range(50)]
    assert len(admitted(one, *noise)) == 10
    assert admitted(one, about_sight()) == ["s0"]


def test_no_night_hides_it_either():
    route = RouteSettings(quiet_hours=(span_of("00:00-24:00"),))
    sinks = (SinkSettings("team", "journald", route, None),)
    one = Outgoing(load.defaults()._replace(sinks=sinks), console=True)
    assert admitted(one, an_alert(id="n", severity=Severity.WARNING, subject=a_finding())) == []
    assert admitted(one, about_sight()) == ["s0"]
