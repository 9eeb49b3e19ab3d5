"""What the owner of a host does not expect of a login: other hours, passwords, root."""

from __future__ import annotations

import pytest

from pamsignal import detect
from pamsignal.detect import familiar, logins, reasons
from pamsignal.hours import span_of, utc
from pamsignal.model import NO_CONTEXT, Key
from pamsignal.terms import Action, Method, Severity
from tests.builders import NOON_US, a_login

HOUR_US = 3_600_000_000
BY_DAY = (span_of("07:00-22:00"),)
NEVER_NEW = familiar.Settings(enabled=False)


def remarks(settings, **changes):
    return set(logins.remarks(a_login(**changes), NOON_US, settings))


@pytest.mark.parametrize(
    ("settings", "changes", "expected"),
    [
        ({}, {}, set()),
        ({"hours": BY_DAY}, {}, set()),
        ({"hours": (span_of("22:00-06:00"),)}, {}, {"unusual_hours"}),
        ({"hours": (span_of("22:00-06:00"),)}, {"source": None, "service": "login"}, {"unusual_hours"}),
        ({"hours": BY_DAY, "user_hours": {"alice": (span_of("02:00-03:00"),)}}, {}, {"unusual_hours"}),
        ({"hours": (span_of("22:00-06:00"),), "user_hours": {"alice": ()}}, {}, set()),
        ({"keys_only": True}, {"method": Method.PASSWORD}, {"password_login"}),
        ({"keys_only": True}, {"method": Method.KEYBOARD_INTERACTIVE}, {"password_login"}),
        ({"keys_only": True}, {"method": Method.PUBLICKEY}, set()),
        ({"keys_only": True}, {"method": Method.KEYBOARD_INTERACTIVE, "key": Key("RSA", "SHA256:a")}, set()),
        ({"keys_only": True}, {"method": Method.PASSWORD, "service": "vsftpd"}, set()),
        ({"keys_only": False}, {"method": Method.PASSWORD}, set()),
        ({}, {"user": "root"}, {"root_login"}),
        ({}, {"user": "toor", "user_id": 0}, {"root_login"}),
        ({}, {"user": "root", "source": None, "service": "login"}, set()),
    ],
)
def test_what_is_remarked(settings, changes, expected):
    assert remarks(logins.Settings(**settings), **changes) == expected


def judged(event, local_of=utc, **settings):
    one = detect.Detector(detect.Settings(familiar=NEVER_NEW, **settings), local_of)
    return one.judge(event, NO_CONTEXT, NOON_US)


def test_the_hours_are_those_of_the_clock_on_the_wall():
    settings = logins.Settings(hours=(span_of("07:00-13:00"),))
    (here,) = judged(a_login(), logins=settings)
    (east,) = judged(a_login(), lambda time_us: time_us + 2 * HOUR_US, logins=settings)
    assert (here.reasons, here.severity) == ((), Severity.NOTICE)
    assert (east.reasons, east.severity) == (("unusual_hours",), Severity.WARNING)


def test_a_weight_makes_it_louder_and_without_one_it_is_not_told():
    root = a_login(user="root")
    (usual,) = judged(root)
    (loud,) = judged(root, reasons={**reasons.DEFAULTS, "root_login": Severity.CRITICAL})
    (silent,) = judged(root, reasons={**reasons.DEFAULTS, "root_login": None})
    assert (usual.reasons, usual.severity) == (("root_login",), Severity.NOTICE)
    assert (loud.reasons, loud.severity) == (("root_login",), Severity.CRITICAL)
    assert (silent.reasons, silent.severity) == ((), Severity.NOTICE)


def test_the_most_telling_comes_first():
    found = {"root_login", "new_key", "impossible_travel"}
    assert reasons.told(found, reasons.DEFAULTS) == ("impossible_travel", "new_key", "root_login")


def test_the_first_sudo_is_silent_when_it_is_to_be_ignored():
    sudo = a_login(action=Action.ELEVATION_SUCCESS, service="sudo", source=None)
    weights = {**reasons.DEFAULTS, "first_elevation": None}
    one = detect.Detector(detect.Settings(familiar=familiar.Settings(learning_days=0), reasons=weights))
    assert one.judge(sudo, NO_CONTEXT, NOON_US) == []
