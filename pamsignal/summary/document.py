"""A summary for programs: what `report --json` and `top --json` print."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Tuple

from pamsignal.render import when
from pamsignal.summary.counting import News, Place, Summary
from pamsignal.summary.tally import Row, Tally, Weight, failures, successes, total

Make = Callable[[Any, Row], Dict[str, Any]]


def document_of(summary: Summary, count: int) -> Dict[str, Any]:
    """Return everything that was counted, at most `count` entries in each list."""
    return {
        "records": summary.records,
        "first": _stamp(summary.first_us),
        "last": _stamp(summary.last_us),
        "hosts": sorted(summary.hosts),
        "totals": _totals(summary),
        "logins": _listed(summary.logins, count, successes, _login),
        "elevations": _listed(summary.elevations, count, total, _elevation),
        "new": [_new(news) for news in reversed(list(summary.news)[-count:])],
        "findings": _listed(summary.findings, count, failures, _finding),
        "addresses": _listed(summary.addresses, count, failures, _address),
        "networks": _listed(summary.networks, count, failures, _network),
        "countries": _listed(summary.countries, count, failures, _country),
        "accounts": _listed(summary.users, count, failures, _account),
        "days": [
            {"day": when.date(day), "logins": row.successes, "failures": row.failures}
            for day, row in sorted(summary.days.rows())
        ],
    }


def _totals(summary: Summary) -> Dict[str, int]:
    return {
        "logins": summary.login_total,
        "failures": summary.failure_total,
        "connections": summary.connections,
        "forged": summary.forged,
        "new": summary.news_total,
        "findings": sum(row.failures for _, row in summary.findings.rows()),
    }


def _listed(tally: Tally, count: int, weight: Weight, make: Make) -> Dict[str, Any]:
    """Return the rows with most of `weight`, each with its numbers, and what the list leaves out."""
    rows, rest = tally.top(count, weight)
    return {
        "rows": [{**make(key, row), **_numbers(row)} for key, row in rows],
        "more": {"entries": rest.keys, "successes": rest.successes, "failures": rest.failures},
        "exact": not tally.is_cut,
    }


def _numbers(row: Row) -> Dict[str, Any]:
    return {
        "successes": row.successes,
        "failures": row.failures,
        "first": _stamp(row.first_us),
        "last": _stamp(row.last_us),
    }


def _stamp(time_us: Optional[int]) -> Optional[str]:
    return None if time_us is None else when.timestamp(time_us)


def _login(key: Tuple[Optional[str], ...], row: Row) -> Dict[str, Any]:
    user, source, method, service = key
    place = {"address": source, "country": row.about.country}
    return {"user": user, **place, "method": method, "service": service}


def _country(country: str, _: Row) -> Dict[str, Any]:
    return {"country": country}


def _elevation(key: Tuple[Optional[str], ...], _: Row) -> Dict[str, Any]:
    user, target, service = key
    return {"user": user, "target_user": target, "service": service}


def _finding(rule: str, row: Row) -> Dict[str, Any]:
    return {"rule": rule, "severity": row.about.word}


def _address(source: str, row: Row) -> Dict[str, Any]:
    place: Place = row.about
    return {"address": source, "country": place.country, "asn": place.asn, "org": place.org}


def _network(asn: int, row: Row) -> Dict[str, Any]:
    return {"asn": asn, "org": row.about.org}


def _account(user: str, row: Row) -> Dict[str, Any]:
    return {"user": user, "known": row.about}


def _new(news: News) -> Dict[str, Any]:
    place = {"address": news.source, "country": news.country}
    return {"time": when.timestamp(news.time_us), "what": list(news.what), "user": news.user, **place}
