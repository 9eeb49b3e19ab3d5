"""Builders that hide what a test does not care about: `an_event(user="root")`."""

from __future__ import annotations

from ipaddress import ip_address

from pamsignal.digest import identity
from pamsignal.model import Alert, AuthEvent, Endpoint, Finding, JournalRecord
from pamsignal.terms import Action, Method, Outcome, Provenance, Severity

NOON_US = 1_795_435_200_000_000  # 2026-11-23T12:00:00Z
BOOT = "2d98d256926c4232b941a1119e7d8b22"
MACHINE = "d5c0a8cb14974cb386ca38b2735f616e"

EXECUTABLES = {
    "sshd": "/usr/sbin/sshd",
    "sshd-session": "/usr/lib/openssh/sshd-session",
    "sudo": "/usr/bin/sudo",
    "su": "/usr/bin/su",
    "login": "/usr/bin/login",
    "systemd-logind": "/usr/lib/systemd/systemd-logind",
}


def an_endpoint(text="203.0.113.9", port=50022):
    return Endpoint(ip=ip_address(text), port=port)


def a_record(message, identifier="sshd", **changes):
    """A record as the real program writes it: root, the right executable, one second's worth of fields."""
    fields = {
        "cursor": f"s=1;i={identity(message, identifier, changes.get('time_us'))[:16]}",
        "time_us": NOON_US,
        "boot_id": BOOT,
        "machine_id": MACHINE,
        "hostname": "web-01",
        "transport": "syslog",
        "pid": 4711,
        "uid": 0,
        "exe": EXECUTABLES.get(identifier, f"/usr/sbin/{identifier}"),
        "comm": identifier,
        "unit": "ssh.service",
        "identifier": identifier,
        "message": message,
    }
    fields.update(changes)
    return JournalRecord(**fields)


def an_event(**changes):
    """A wrong password for root over ssh, unless told otherwise."""
    fields = {
        "id": "0" * 32,
        "time_us": NOON_US,
        "hostname": "web-01",
        "service": "sshd",
        "action": Action.LOGIN_FAILURE,
        "outcome": Outcome.FAILURE,
        "user": "root",
        "source": an_endpoint(),
        "method": Method.PASSWORD,
        "pid": 4711,
        "provenance": Provenance.VERIFIED,
    }
    fields.update(changes)
    return AuthEvent(**fields)


def a_login(**changes):
    """A login by key."""
    fields = {"action": Action.LOGIN_SUCCESS, "outcome": Outcome.SUCCESS, "user": "alice", "method": Method.PUBLICKEY}
    fields.update(changes)
    return an_event(**fields)


def a_sudo(**changes):
    """What an administrator does with sudo on a terminal."""
    fields = {
        "action": Action.ELEVATION_SUCCESS,
        "outcome": Outcome.SUCCESS,
        "service": "sudo",
        "user": "alice",
        "target_user": "root",
        "source": None,
        "method": None,
    }
    fields.update(changes)
    return an_event(**fields)


def a_finding(**changes):
    """Twelve wrong passwords from one address in ten minutes."""
    fields = {
        "rule": "brute_force",
        "key": "203.0.113.9",
        "time_us": NOON_US,
        "hostname": "web-01",
        "attempts": 12,
        "window_us": 600_000_000,
        "first_us": NOON_US - 60_000_000,
        "last_us": NOON_US,
        "users": ("root", "admin"),
        "user_total": 2,
        "sources": ("203.0.113.9",),
        "source_total": 1,
        "technique": "T1110.001",
    }
    fields.update(changes)
    return Finding(**fields)


def an_alert(**changes):
    """An alert about a login by key."""
    subject = changes.pop("subject", None) or a_login()
    fields = {
        "id": "a" * 32,
        "time_us": NOON_US,
        "severity": Severity.NOTICE,
        "rule": subject.action.value if isinstance(subject, AuthEvent) else subject.rule,
        "subject": subject,
    }
    fields.update(changes)
    return Alert(**fields)
