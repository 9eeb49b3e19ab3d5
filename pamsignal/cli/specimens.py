"""Examples of alerts, made up, to see how they look. Names and addresses are those that documents are free to use."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Dict, List, Mapping

from pamsignal.detect import alert_about
from pamsignal.detect.conditions import Name, Standing, beginning, ending
from pamsignal.detect.notable import severity_of
from pamsignal.model import Alert, AuthEvent, Context, Endpoint, Finding, Key
from pamsignal.terms import Action, Method, Outcome, Severity

_NOON_US = 1_795_435_200_000_000  # 2026-11-23T12:00:00Z
_MINUTE_US = 60_000_000
_HOST = "web-01"
_SOURCE = Endpoint(ip_address("203.0.113.9"), 50022)
_HERE = Endpoint(ip_address("192.0.2.10"), 22)
_KEY = Key("ED25519", "SHA256:vPf8CKlQ3mDpXuHqvNPEC9p2u5aCzJh0rTgAeWm1xYk")
_PLACE = Context("DE", "Berlin", 64500, "Example Net", "hetzner", _HERE, region="fsn1")
_ACTIONS: Mapping[Action, Mapping[str, Any]] = {
    Action.LOGIN_DENIED: {"outcome": Outcome.FAILURE, "reason": "not in AllowUsers"},
    Action.ACCOUNT_LOCKED: {"outcome": Outcome.FAILURE, "reason": "too many failures"},
    Action.SESSION_CLOSED: {"duration_us": 72 * _MINUTE_US, "session_id": "42"},
    Action.ELEVATION_SUCCESS: {
        "service": "sudo",
        "target_user": "root",
        "command": "/usr/bin/apt update",
        "source": None,
    },
    Action.ELEVATION_DENIED: {
        "service": "sudo",
        "target_user": "root",
        "outcome": Outcome.FAILURE,
        "reason": "not in sudoers",
        "source": None,
    },
    Action.ACCOUNT_CREATED: {"service": "useradd", "user": "mallory", "source": None},
    Action.ACCOUNT_GROUP_ADDED: {"service": "usermod", "user": "mallory", "group": "sudo", "source": None},
    Action.PASSWORD_CHANGED: {"service": "passwd", "source": None},
}


def specimens() -> Dict[str, List[Alert]]:
    """Return alerts by rule, in the order in which they are worth looking at."""
    usual = alert_about(_event(Action.LOGIN_SUCCESS, method=Method.PUBLICKEY, key=_KEY), Severity.NOTICE, _PLACE)
    abroad = _PLACE._replace(country="FR", city="Paris", asn=64501, org="Another Net")
    new = alert_about(
        _event(Action.LOGIN_SUCCESS, method=Method.PASSWORD, id="2" * 32), Severity.WARNING, abroad, ("new_country",)
    )
    found = [usual, new._replace(failures_before=2, before_us=60 * _MINUTE_US)]
    for action, more in _ACTIONS.items():
        event = _event(action, **more)
        found.append(alert_about(event, severity_of(event) or Severity.INFO))
    found += [_attack(), _success_after_failures(), *_digest(_attack()), *_blindness()]
    by_rule: Dict[str, List[Alert]] = {}
    for alert in found:
        by_rule.setdefault(alert.rule, []).append(alert)
    return by_rule


def _event(action: Action, **more: Any) -> AuthEvent:
    usual: Dict[str, Any] = {"outcome": Outcome.SUCCESS, "user": "alice", "source": _SOURCE, "service": "sshd"}
    known = {"id": "1" * 32, "pid": 4711, **usual, **more}
    return AuthEvent(time_us=_NOON_US, hostname=_HOST, action=action, **known)


def _attack() -> Alert:
    finding = Finding(
        "brute_force",
        "203.0.113.66",
        _NOON_US,
        _HOST,
        attempts=12,
        window_us=10 * _MINUTE_US,
        first_us=_NOON_US - 3 * _MINUTE_US,
        last_us=_NOON_US,
        users=("root", "admin", "test"),
        user_total=3,
        sources=("203.0.113.66",),
        source_total=1,
        technique="T1110.001",
    )
    return alert_about(finding, Severity.WARNING, Context("NL", "Amsterdam", 64502, "Some Hosting"))


def _success_after_failures() -> Alert:
    finding = _attack().subject
    source = Endpoint(ip_address("203.0.113.66"), 50023)
    login = _event(Action.LOGIN_SUCCESS, user="root", method=Method.PASSWORD, source=source)
    assert isinstance(finding, Finding)  # noqa: S101 - for mypy
    worst = finding._replace(rule="success_after_failures", event=login, users=(), user_total=0, technique="T1078")
    return alert_about(worst, Severity.CRITICAL, _attack().context, ("new_address",))


def _digest(first: Alert) -> List[Alert]:
    finding = first.subject
    assert isinstance(finding, Finding)  # noqa: S101 - for mypy
    later = finding._replace(attempts=148, first_us=None, users=(), user_total=0, sources=(), source_total=0)
    return [first._replace(subject=later, id="3" * 32, suppressed=148, digest=True)]


def _blindness() -> List[Alert]:
    name, end_us = Name("journal_suppressed", "ssh.service"), _NOON_US + 12 * _MINUTE_US
    stood = Standing(_NOON_US, end_us, 4812)
    return [
        beginning(name, _NOON_US, _HOST, "journald dropped 812 messages of ssh.service: logins may be among them", 812),
        ending(name, stood, end_us, _HOST, "journald drops no more messages of ssh.service; it dropped 4812"),
    ]
