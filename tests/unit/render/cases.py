"""Alerts that show every branch of the texts and documents; the golden files are made of them."""

from __future__ import annotations

from ipaddress import ip_address

from pamsignal.model import Context, Endpoint, Key, Typed
from pamsignal.terms import Action, Method, Origin, Outcome, Provenance, Severity
from tests.builders import NOON_US, a_finding, a_login, a_sudo, an_alert, an_endpoint, an_event

MINUTE_US = 60_000_000
HOSTILE = (
    '<!channel> @everyone <https://evil.example|click> <b>x</b> [a](http://b) *_~`${7*7} "quoted" \\x1b '
    "\x1b[31mred\x1b[0m \u202egnirts\u2066 \u200bzero \u2028line\nbreak\r\x00 e\u0301 \u05d0\u05d1 \ud800 \U000e0041"
)
OWN_SIGHT = {"attempts": 0, "users": (), "user_total": 0, "sources": (), "source_total": 0, "technique": None}
OWN_SIGHT.update(first_us=None, last_us=None, window_us=0)
BERLIN = Context(
    country="DE",
    city="Berlin",
    asn=64500,
    org="Example Net",
    provider="hetzner",
    region="fsn1",
    continent="EU",
    latitude_microdegrees=52_520_000,
    longitude_microdegrees=13_400_000,
    radius_km=20,
    instance_id="12345",
    origin=Origin.REMOTE,
)


def typing(**changes):
    """What the kernel's audit tells of a terminal."""
    fields = {"action": Action.TTY_INPUT, "outcome": None, "service": "tty", "user": "alice", "user_id": 1000}
    fields |= {"source": None, "method": None, "tty": "pts/0", "session_id": "3"}
    return an_event(**{**fields, **changes})


CASES = {
    "login": an_alert(
        subject=a_login(
            key=Key("ED25519", "SHA256:k1kjhwoH", "alice@corp", "42", "ED25519 SHA256:def"),
            destination=an_endpoint("192.0.2.1", 22),
            session_id="136",
            user_id=1000,
        ),
        context=BERLIN,
    ),
    "login_remarkable": an_alert(
        subject=a_login(key=Key("ED25519", "SHA256:vPf8CKlQ0S8bUHl2sPGKFdJqXyEwz1h9Vd0xTQm3yBc"), session_id="7"),
        context=BERLIN,
        reasons=("new_country", "new_network", "new_key"),
        failures_before=2,
        before_us=60 * MINUTE_US,
    ),
    "login_over_ipv6_late": an_alert(
        subject=a_login(source=Endpoint(ip=ip_address("2001:db8::9"), port=50022), method=Method.PASSWORD), late=True
    ),
    "hostile_login": an_alert(subject=a_login(user=HOSTILE, tty=HOSTILE, reason=HOSTILE), context=Context(org=HOSTILE)),
    "session_closed": an_alert(
        severity=Severity.INFO,
        subject=a_login(action=Action.SESSION_CLOSED, duration_us=72 * MINUTE_US, session_id="136", method=None),
    ),
    "sudo_unverified": an_alert(
        severity=Severity.WARNING,
        subject=a_sudo(
            tty="pts/0",
            cwd="/home/alice",
            command='/bin/sh -c "a && b > c"',
            provenance=Provenance.UNVERIFIED,
        ),
    ),
    "unknown_account": an_alert(
        subject=an_event(action=Action.INVALID_USER, user="admin", known_account=False, attempts=3, hostname=None)
    ),
    "terminal_input": an_alert(
        severity=Severity.INFO, is_event=True, subject=typing(target_user="root", typed=Typed(9, "bash"))
    ),
    "terminal_input_as_text": an_alert(
        severity=Severity.INFO,
        is_event=True,
        subject=typing(reason="inserted", typed=Typed(300, HOSTILE[:15], HOSTILE)),
    ),
    "group_added": an_alert(
        subject=an_event(
            action=Action.ACCOUNT_GROUP_ADDED,
            outcome=Outcome.SUCCESS,
            service="usermod",
            user="eve",
            group="sudo",
            source=None,
            method=None,
        )
    ),
    "brute_force": an_alert(severity=Severity.WARNING, subject=a_finding(weak=7), context=BERLIN),
    "brute_force_digest": an_alert(severity=Severity.WARNING, subject=a_finding(), digest=True, suppressed=212),
    "network": an_alert(
        severity=Severity.WARNING,
        subject=a_finding(
            rule="brute_force_network",
            key="203.0.113.0/24",
            sources=("203.0.113.9", "203.0.113.10"),
            source_total=23,
            users=("root", HOSTILE),
            user_total=40,
        ),
    ),
    "account_under_attack": an_alert(
        severity=Severity.WARNING,
        subject=a_finding(
            rule="distributed_brute_force",
            key="root",
            users=("root",),
            user_total=1,
            sources=("203.0.113.9", "2001:db8::9"),
            source_total=34,
        ),
    ),
    "scans_only": an_alert(severity=Severity.WARNING, subject=a_finding(attempts=0, weak=40, users=(), user_total=0)),
    "success_after_failures": an_alert(
        severity=Severity.CRITICAL,
        subject=a_finding(
            rule="success_after_failures", event=a_login(user="root", method=Method.PASSWORD), users=(), user_total=0
        ),
    ),
    "alerts_suppressed": an_alert(
        subject=a_finding(rule="alerts_suppressed", key="telegram", **{**OWN_SIGHT, "attempts": 37, "note": "noise"}),
        suppressed=37,
        digest=True,
    ),
    "journal_gap": an_alert(subject=a_finding(rule="journal_gap", key="journal", note="2 h are missing", **OWN_SIGHT)),
    "test_alert": an_alert(subject=a_finding(rule="test_alert", key="", hostname=None, **OWN_SIGHT)),
    "rule_of_the_future": an_alert(subject=a_finding(rule="new_country", key="FR", time_us=NOON_US, **OWN_SIGHT)),
}
