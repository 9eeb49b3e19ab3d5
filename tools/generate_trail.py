"""Writes tests/data/trail: three days of a made-up host, for the examples of the documents; --check only compares."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Dict, Iterator, NamedTuple, Tuple, Union

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from drift import write_or_compare  # noqa: E402 - stands beside this one

from pamsignal.audit.chain import NO_RECORD, linked  # noqa: E402 - found through the line above
from pamsignal.audit.files import name_of  # noqa: E402 - likewise
from pamsignal.audit.record import alert_body, body, event_body  # noqa: E402 - likewise
from pamsignal.digest import identity  # noqa: E402 - likewise
from pamsignal.model import Alert, AuthEvent, Context, Endpoint, Finding  # noqa: E402 - likewise
from pamsignal.terms import Action, Method, Outcome, Provenance, Severity  # noqa: E402 - likewise

TARGET = ROOT / "tests" / "data" / "trail"
MONDAY_US = 1_795_392_000_000_000  # 2026-11-23
HOUR_US = 3_600_000_000
HOST = "web-01"

Told = Union[Tuple[AuthEvent, Context], Alert]


class Visitor(NamedTuple):
    """An address of those that are for documents (RFC 5737, RFC 3849), with a network that is, too (RFC 5398)."""

    address: str
    context: Context


OFFICE = Visitor("198.51.100.20", Context(country="NL", asn=64500, org="Example Access"))
CONSOLE = Visitor("192.0.2.1", Context())
HOTEL = Visitor("2001:db8:7:1::a", Context(country="IT", asn=64501, org="Example Mobile"))
ATTACKERS = (
    (41, Visitor("203.0.113.66", Context(country="BR", asn=64496, org="Example Hosting"))),
    (17, Visitor("203.0.113.9", Context(country="BR", asn=64496, org="Example Hosting"))),
    (12, Visitor("192.0.2.130", Context(country="SG", asn=64497, org="Example Cloud"))),
    (5, Visitor("2001:db8:bad::1", Context(country="SG", asn=64497, org="Example Cloud"))),
    (3, Visitor("192.0.2.7", Context())),
)
TRIED = ("root", "admin", "root", "test", "oracle", "root", "bob")
UNKNOWN = frozenset({"admin", "test", "oracle"})


def event(time_us: int, visitor: Visitor, **fields: Any) -> Tuple[AuthEvent, Context]:
    """Return an event over ssh, unless told otherwise."""
    source = Endpoint(ip_address(visitor.address), 40_000 + time_us // 1_000_000 % 20_000)
    usual = {"hostname": HOST, "service": "sshd", "source": source, "provenance": Provenance.VERIFIED}
    return AuthEvent(**{"id": identity(time_us, str(fields)), "time_us": time_us, **usual, **fields}), visitor.context


def login(time_us: int, visitor: Visitor, user: str, method: Method = Method.PUBLICKEY) -> Tuple[AuthEvent, Context]:
    """Return a login."""
    return event(time_us, visitor, action=Action.LOGIN_SUCCESS, outcome=Outcome.SUCCESS, user=user, method=method)


def story() -> Iterator[Told]:
    """Yield what happened, in order."""
    for day in range(3):
        begin_us = MONDAY_US + day * 24 * HOUR_US
        yield from attack(day, begin_us + 2 * HOUR_US)
        yield login(begin_us + 8 * HOUR_US, OFFICE, "alice")
        yield sudo(begin_us + 9 * HOUR_US, "alice", Action.ELEVATION_SUCCESS)
        yield login(begin_us + 10 * HOUR_US, OFFICE, "deploy")
    evening = login(MONDAY_US + 66 * HOUR_US, HOTEL, "alice")
    yield evening
    yield alert(Severity.NOTICE, evening[0], evening[1], reasons=("new_country", "new_network", "new_address"))
    yield sudo(MONDAY_US + 67 * HOUR_US, "deploy", Action.ELEVATION_DENIED)
    made = {"action": Action.ACCOUNT_CREATED, "outcome": Outcome.SUCCESS, "target_user": "carol", "service": "useradd"}
    yield event(MONDAY_US + 68 * HOUR_US, CONSOLE, source=None, **made)


def attack(day: int, begin_us: int) -> Iterator[Told]:
    """Yield one night's tries, and the finding about the busiest address."""
    for count, visitor in ATTACKERS:
        for number in range(count // (day + 1)):
            user = TRIED[(number + count) % len(TRIED)]
            failed = {"action": Action.LOGIN_FAILURE, "outcome": Outcome.FAILURE, "method": Method.PASSWORD}
            known = False if user in UNKNOWN else None
            yield event(begin_us + number * 61_000_000 + count, visitor, user=user, known_account=known, **failed)
    address = ATTACKERS[0][1].address
    about: Dict[str, Any] = {
        "hostname": HOST,
        "attempts": 5,
        "sources": (address,),
        "source_total": 1,
        "users": ("root",),
    }
    finding = Finding("brute_force", address, begin_us + 300_000_000, **about)
    yield alert(Severity.WARNING, finding, ATTACKERS[0][1].context)


def sudo(time_us: int, user: str, action: Action) -> Tuple[AuthEvent, Context]:
    """Return a use of sudo."""
    outcome = Outcome.SUCCESS if action is Action.ELEVATION_SUCCESS else Outcome.FAILURE
    who = {"user": user, "target_user": "root", "service": "sudo", "source": None}
    return event(time_us, CONSOLE, action=action, outcome=outcome, **who)


def alert(severity: Severity, subject: Union[AuthEvent, Finding], context: Context, **fields: Any) -> Alert:
    """Return an alert about `subject`."""
    rule = subject.action.value if isinstance(subject, AuthEvent) else subject.rule
    return Alert(identity(subject.time_us, rule), subject.time_us, severity, rule, subject, context, **fields)


def lines() -> str:
    """Return the one file of the trail, with a beginning that is the same every time."""
    nobody = "0" * 32
    genesis = {"chain_uid": nobody, "format": 1, "machine": nobody, "time_us": MONDAY_US, "version": "0"}
    told = [alert_body(one) if isinstance(one, Alert) else event_body(*one) for one in story()]
    written, _ = linked(NO_RECORD, [body("genesis", genesis), *told])
    return written.decode()


def main() -> int:
    TARGET.mkdir(exist_ok=True)
    return write_or_compare(TARGET / name_of(1), lines())


if __name__ == "__main__":
    raise SystemExit(main())
