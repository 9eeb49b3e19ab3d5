"""The Open Cybersecurity Schema Framework, 1.8.0: one JSON object for an alert, or for an event.

Attempts, sessions and uses of privilege are Authentication (3002), changes of accounts Account Change (3001) and Group
Management (3006), connections that never named an account Network Activity (4001), findings Detection Finding (2004).
What has neither is a Base Event (0). Times are milliseconds, UTC. Unknown is left out.
https://schema.ocsf.io/1.8.0/
"""

from __future__ import annotations

import json
from typing import Dict, Optional, Tuple

from pamsignal import __version__
from pamsignal.model import Alert, AuthEvent, Context, Endpoint, Finding, Key
from pamsignal.render import facts as subject
from pamsignal.render import text, words
from pamsignal.render.document import Document, known
from pamsignal.render.ocsf_classes import (
    ACCOUNT_CHANGE,
    AUTHENTICATION,
    GROUP_MANAGEMENT,
    NETWORK_ACTIVITY,
    OTHER,
    Class,
    activity_of,
    has_address,
    name_of,
)
from pamsignal.terms import Action, Method, Origin, Severity

VERSION = "1.8.0"
TEXT_LIMIT = 1024


_SEVERITIES: Dict[Severity, Tuple[int, str]] = {
    Severity.INFO: (1, "Informational"),
    Severity.NOTICE: (2, "Low"),
    Severity.WARNING: (3, "Medium"),
    Severity.CRITICAL: (5, "Critical"),
}
_STATUSES = {"success": (1, "Success"), "failure": (2, "Failure")}
_PASSWORD_METHODS = frozenset({Method.PASSWORD, Method.KEYBOARD_INTERACTIVE})


def line_of(alert: Alert) -> str:
    """Return `alert` as one line of JSON in ASCII, without its end."""
    return json.dumps(document_of(alert), sort_keys=True, separators=(",", ":"))


def document_of(alert: Alert, text_limit: int = TEXT_LIMIT) -> Document:
    """Return `alert`, or the event that it is."""
    about = alert.subject
    kind, activity, activity_name = activity_of(about)
    severity, severity_name = _SEVERITIES[alert.severity]
    facts = subject.facts_of(alert)
    common: Document = {
        "category_uid": kind.category,
        "class_uid": kind.uid,
        "class_name": kind.name,
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": kind.uid * 100 + activity,
        "severity_id": severity,
        "severity": severity_name,
        "time": alert.time_us // 1000,
        "message": text.headline(alert),
        "count": alert.suppressed or facts.attempts or None,
        "metadata": _metadata(alert),
        "device": {"type_id": 1, "type": "Server", "hostname": about.hostname} if about.hostname else None,
        **_status(facts),
    }
    if isinstance(about, Finding):
        common.update(_finding(alert, about, facts))
    else:
        common.update(_event(kind, about, alert.context))
    return known(common, text_limit)


def _metadata(alert: Alert) -> Document:
    return {
        "version": VERSION,
        "uid": alert.id,
        "event_code": alert.rule,
        "log_name": "pamsignal",
        "profiles": ["host"],
        "product": {"name": "pamsignal", "vendor_name": subject.VENDOR, "version": __version__},
        "labels": [*alert.reasons, *(["late"] if alert.late else []), *(["digest"] if alert.digest else [])],
    }


def _status(facts: subject.Facts) -> Document:
    status = _STATUSES.get(facts.outcome or "")
    if status is None:
        return {}
    return {"status_id": status[0], "status": status[1], "status_detail": _status_detail(facts)}


def _status_detail(facts: subject.Facts) -> Optional[str]:
    """Return why an attempt failed, in OCSF's words where it has some."""
    event = facts.event
    if facts.outcome != "failure" or event is None:
        return facts.reason
    if event.known_account is False:
        return "USER_DOES_NOT_EXIST"
    if event.action is Action.LOGIN_FAILURE and event.method in _PASSWORD_METHODS:
        return "INVALID_CREDENTIALS"
    return facts.reason


def _event(kind: Class, event: AuthEvent, context: Context) -> Document:
    """Return what its class has a place for."""
    own: Document = {"unmapped": _unmapped(event, context)}
    if kind in (AUTHENTICATION, NETWORK_ACTIVITY, ACCOUNT_CHANGE, GROUP_MANAGEMENT):
        own["src_endpoint"] = _source(event.source, context)
    if kind in (AUTHENTICATION, NETWORK_ACTIVITY):
        own["dst_endpoint"] = _endpoint(event.destination or context.destination)
        own["duration"] = None if event.duration_us is None else event.duration_us // 1000
    if kind is AUTHENTICATION:
        own.update(_authentication(event, context))
    elif kind in (ACCOUNT_CHANGE, GROUP_MANAGEMENT):
        own["user"] = _user(event.target_user or event.user, None)
        own["actor"] = _actor(event) if event.target_user else None
    if kind is GROUP_MANAGEMENT:
        own["group"] = {"name": event.group}
    return own


def _authentication(event: AuthEvent, context: Context) -> Document:
    is_remote = context.origin is Origin.REMOTE or (context.origin is None and has_address(event.source))
    method = event.method
    return {
        "user": _user(name_of(event), None if event.target_user else event.user_id),
        "actor": _actor(event) if event.target_user else None,
        "service": {"name": event.service},
        "session": {"uid": event.session_id, "terminal": event.tty} if event.session_id or event.tty else None,
        "is_remote": is_remote,
        "logon_type_id": 3 if is_remote else 2,
        "logon_type": "Network" if is_remote else "Interactive",
        "auth_protocol_id": None if method is None else 2 if method is Method.GSSAPI else OTHER,
        "auth_protocol": None if method is None else "Kerberos" if method is Method.GSSAPI else method.value,
        "account_switch_type_id": 1 if event.target_user else None,
        "account_switch_type": "Substitute User" if event.target_user else None,
    }


def _finding(alert: Alert, finding: Finding, facts: subject.Facts) -> Document:
    technique = finding.technique
    info: Document = {
        "uid": alert.id,
        "title": words.of_rule(finding.rule).title,
        "desc": finding.note,
        "types": [finding.rule],
        "created_time": finding.time_us // 1000,
        "first_seen_time": None if finding.first_us is None else finding.first_us // 1000,
        "last_seen_time": None if finding.last_us is None else finding.last_us // 1000,
        "related_events_count": finding.attempts or None,
        "attacks": [{"technique": {"uid": technique}}] if technique else None,
    }
    first_us, last_us = finding.first_us, finding.last_us
    length_us = None if first_us is None or last_us is None else max(last_us - first_us, 0)
    return {
        "finding_info": info,
        "is_alert": True,
        "start_time": None if first_us is None else first_us // 1000,
        "end_time": None if last_us is None else last_us // 1000,
        "duration": None if length_us is None else length_us // 1000,
        "evidences": _evidences(finding, facts),
        "unmapped": {"counted_by": finding.key, "weak": finding.weak or None},
    }


def _evidences(finding: Finding, facts: subject.Facts) -> Optional[list[Document]]:
    """Return who was seen, from where, as far as the finding keeps samples."""
    addresses = finding.sources or ((facts.source,) if facts.source else ())
    found: list[Document] = [{"src_endpoint": {"ip": ip}} for ip in addresses]
    found += [{"user": {"name": name}} for name in finding.users or ((facts.account,) if facts.account else ())]
    return found or None


def _user(name: Optional[str], uid: Optional[int]) -> Document:
    return {"name": name, "uid": None if uid is None else str(uid)}


def _actor(event: AuthEvent) -> Optional[Document]:
    if event.user is None and event.user_id is None:
        return None
    process = {"pid": event.pid, "cmd_line": event.command, "working_directory": event.cwd} if event.pid else None
    return {"user": _user(event.user, event.user_id), "process": process}


def _source(source: Optional[Endpoint], context: Context) -> Optional[Document]:
    endpoint = _endpoint(source)
    if endpoint is None:
        return None
    has_place = context.city is not None or context.country is not None
    longitude, latitude = context.longitude_microdegrees, context.latitude_microdegrees
    return {
        **endpoint,
        "autonomous_system": {"number": context.asn, "name": context.org} if context.asn or context.org else None,
        "location": {
            "city": context.city,
            "country": context.country,
            "continent": context.continent,
            "lat": None if latitude is None else latitude / 1_000_000,
            "long": None if longitude is None else longitude / 1_000_000,
        }
        if has_place
        else None,
    }


def _endpoint(endpoint: Optional[Endpoint]) -> Optional[Document]:
    if endpoint is None or not has_address(endpoint):
        return None
    return {
        "ip": str(endpoint.ip).partition("%")[0] if endpoint.ip else None,
        "port": endpoint.port or None,
        "hostname": endpoint.host,
    }


def _unmapped(event: AuthEvent, context: Context) -> Document:
    """Return what OCSF has no place for."""
    return {
        "provenance": event.provenance.value if event.provenance else None,
        "key": _key(event.key),
        "command": event.command,
        **_typed(event),
        "provider": context.provider,
        "region": context.region,
    }


def _typed(event: AuthEvent) -> Document:
    """Return what was typed, by whom: a base event has no place for it."""
    typed = event.typed
    if typed is None:
        return {}
    return {
        "user": event.user,
        "target_user": event.target_user,
        "session": event.session_id,
        "program": typed.program,
        "typed_bytes": typed.size_bytes,
        "typed": typed.text,
    }


def _key(key: Optional[Key]) -> Document:
    return {} if key is None else {"type": key.type, "fingerprint": key.fingerprint, "certificate": key.certificate_id}
