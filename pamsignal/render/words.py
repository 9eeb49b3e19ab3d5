"""The words for every action, rule and severity: tables, so that no channel says it differently."""

from __future__ import annotations

from typing import Dict, NamedTuple

from pamsignal.terms import Action, Provenance, Severity


class RuleWords(NamedTuple):
    """How a finding reads. `link` joins the count to what was counted: `12 attempts from 203.0.113.9`.

    Rules about pamsignal's own sight have no link: their note says it all, after the title and `where` with the host.
    """

    title: str
    link: str = ""
    where: str = "on"


ACTIONS: Dict[Action, str] = {
    Action.LOGIN_SUCCESS: "Login",
    Action.LOGIN_PARTIAL: "First factor of a login accepted",
    Action.LOGIN_FAILURE: "Failed login",
    Action.LOGIN_DENIED: "Login refused by policy",
    Action.INVALID_USER: "Login tried for an account that does not exist",
    Action.CONNECTION_CLOSED: "Connection closed",
    Action.CONNECTION_SCAN: "Scan",
    Action.CONNECTION_TIMEOUT: "Connection timed out before login",
    Action.CONNECTION_DROPPED: "Connection dropped by the server",
    Action.ACCOUNT_LOCKED: "Account locked",
    Action.SESSION_OPENED: "Session opened",
    Action.SESSION_CLOSED: "Session closed",
    Action.ELEVATION_SUCCESS: "Privileges taken",
    Action.ELEVATION_FAILURE: "Failed attempt to take privileges",
    Action.ELEVATION_DENIED: "Privileges refused by policy",
    Action.ACCOUNT_CREATED: "Account created",
    Action.ACCOUNT_DELETED: "Account deleted",
    Action.ACCOUNT_GROUP_ADDED: "Account added to a group",
    Action.PASSWORD_CHANGED: "Password changed",
    Action.TTY_INPUT: "Terminal input",
    Action.JOURNAL_SUPPRESSED: "journald dropped messages",
    Action.DETAIL: "Detail of a login",
}

RULES: Dict[str, RuleWords] = {
    "brute_force": RuleWords("Brute force", "from"),
    "brute_force_network": RuleWords("Brute force out of one network", "from"),
    "slow_brute_force": RuleWords("Slow brute force", "from"),
    "distributed_brute_force": RuleWords("Distributed brute force", "on"),
    "user_enumeration": RuleWords("Guessing of account names", "from"),
    "local_brute_force": RuleWords("Local guessing of passwords", "by"),
    "success_after_failures": RuleWords("Login after failures", "from"),
    "spoofed_line": RuleWords("Forged log line"),
    "journal_gap": RuleWords("Gap in the journal"),
    "journal_suppressed": RuleWords("journald dropped messages"),
    "not_understood": RuleWords("Lines not understood"),
    "unverified_lines": RuleWords("Lines of unknown origin"),
    "login_without_line": RuleWords("Login without sshd's line"),
    "unknown_sshd": RuleWords("sshd under another name"),
    "journal_unreadable": RuleWords("Journal not readable"),
    "clock_set": RuleWords("Clock set"),
    "undelivered": RuleWords("Alerts not delivered"),
    "sink_paused": RuleWords("Channel paused"),
    "config_rejected": RuleWords("New configuration rejected"),
    "alerts_suppressed": RuleWords("Alerts suppressed"),
    "store_trouble": RuleWords("Trouble with the state database"),
    "trail_trouble": RuleWords("Trouble with the trail"),
    "trail_anchor": RuleWords("The trail goes on"),
    "heartbeat_unheard": RuleWords("Heartbeat not heard"),
    "geoip_trouble": RuleWords("Trouble with a database of places"),
    "test_alert": RuleWords("Test alert", where="from"),
}

# What is remarkable about an event, mostly compared with the account's own past.
REASONS: Dict[str, str] = {
    "impossible_travel": "too far from the last login to have come here",
    "unusual_hours": "outside the usual hours",
    "password_login": "with a password, where keys are the rule",
    "first_login": "first time for this account",
    "hosting_network": "from a hosting provider, for the first time",
    "new_country": "first time from this country",
    "new_network": "first time from this network",
    "new_address": "first time from this address",
    "new_key": "first time with this key",
    "root_login": "directly as root",
    "first_elevation": "first time for this account",
}

SEVERITY_MARKS: Dict[Severity, str] = {
    Severity.INFO: "⚪",
    Severity.NOTICE: "🔵",
    Severity.WARNING: "🟠",
    Severity.CRITICAL: "🔴",
}

PROVENANCE: Dict[Provenance, str] = {
    Provenance.ROOT_ATTESTED: "written by root; journald did not see by which program",
    Provenance.UNVERIFIED: "not verified: journald did not see which program wrote it",
    Provenance.SPOOFED: "FORGED: written by another program than it names",
}

_ACTION_NAMES = frozenset(action.value for action in ACTIONS)


def of_rule(rule: str) -> RuleWords:
    """Return the words of a finding's rule, or of the action that it adds up; what nobody knows speaks for itself."""
    if rule in RULES:
        return RULES[rule]
    if rule in _ACTION_NAMES:
        return RuleWords(ACTIONS[Action(rule)], "of")
    return RuleWords(rule.replace("_", " ").capitalize())


def of_reason(reason: str) -> str:
    """Return the words of a reason; what only another version knows speaks for itself."""
    return REASONS.get(reason) or reason.replace("_", " ")
