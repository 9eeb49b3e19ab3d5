"""What a summary shows, as tables of raw text: terminals and HTML escape and draw them in their own ways."""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from pamsignal.render import when, words
from pamsignal.summary.counting import News, Place, Summary
from pamsignal.summary.tally import Rest, failures, successes, total
from pamsignal.terms import Severity

MOST_DAYS, MOST_WEEKS, MOST_MONTHS = 31, 26, 24
LOCAL = "this host"
_ADDRESS = len("2001:db8:1234:5678:9abc:def0:1234:5678/64")
_OUR_OWN = 1000  # no stranger can make it long
_MONDAY = 4  # 1970-01-01 was a Thursday
_ACTIONS = {action.value: text for action, text in words.ACTIONS.items()}


class Column(NamedTuple):
    """A column. Numbers stand at the right; `bar` draws them, too. A point in time stays on one line.

    A text is cut to no fewer than `least` characters, however narrow a terminal is: half an address is of no use.
    """

    head: str
    is_number: bool = False
    bar: bool = False
    is_time: bool = False
    least: int = 8


class Section(NamedTuple):
    """A table. Cells are texts as they were found, or numbers. `marked` rows are what to look at first."""

    title: str
    columns: Tuple[Column, ...]
    rows: Sequence[Tuple[object, ...]]
    note: Optional[str] = None
    marked: FrozenSet[int] = frozenset()


def number_in(row: Sequence[object], place: int) -> int:
    """Return the number in a cell; 0 where there is a text."""
    cell = row[place]
    return cell if isinstance(cell, int) else 0


class View(NamedTuple):
    """How much is shown, and how a point in time reads."""

    most: int
    stamp: Callable[[int], str]


_TRIES = Column("tries", is_number=True, bar=True)
_LAST = Column("last", is_time=True)
_FROM = Column("from", least=_ADDRESS)


def headline(summary: Summary) -> str:
    """Return in a sentence what was counted."""
    if summary.first_us is None or summary.last_us is None:
        return "nothing found"
    tries, addresses = summary.failure_total, len([1 for _, row in summary.addresses.rows() if row.failures])
    about = "about " if summary.addresses.is_cut else ""
    addresses += summary.addresses.cut.keys
    words_ = [
        counted(summary.login_total, "login"),
        f"{counted(tries, 'failed try', 'failed tries')} from {about}{counted(addresses, 'address', 'addresses')}",
        counted(sum(row.failures for _, row in summary.findings.rows()), "finding"),
    ]
    if summary.connections:
        words_.append(f"{counted(summary.connections, 'connection')} without a try")
    if summary.forged:
        words_.append(counted(summary.forged, "forged line"))
    return f"{counted(summary.records, 'record')}: {', '.join(words_)}"


def hosts(summary: Summary) -> str:
    """Return the names of the hosts that the records are of."""
    return ", ".join(sorted(summary.hosts)) or "no host"


def span(summary: Summary, view: View) -> str:
    """Return from when to when the records are, empty where there are none."""
    if summary.first_us is None or summary.last_us is None:
        return ""
    return f"{view.stamp(summary.first_us)} to {view.stamp(summary.last_us)}"


def counted(count: int, one: str, more: Optional[str] = None) -> str:
    """Return `1 login`, `2,000 logins`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def everything(summary: Summary, view: View) -> List[Section]:
    """Return all sections that have something to show, in the order in which they are read."""
    about_us = (_logins(summary, view), _elevations(summary, view), _news(summary, view), _findings(summary, view))
    return [*_with_rows(*about_us), *attackers(summary, view), *_with_rows(_days(summary))]


def attackers(summary: Summary, view: View) -> List[Section]:
    """Return who tries, and on what: by address, network, country and account."""
    return _with_rows(
        _addresses(summary, view), _networks(summary, view), _countries(summary, view), _users(summary, view)
    )


def _with_rows(*sections: Section) -> List[Section]:
    return [_told(section) for section in sections if section.rows]


def _told(section: Section) -> Section:
    """Return `section` without the columns in which no row says anything."""
    kept = [number for number in range(len(section.columns)) if any(row[number] is not None for row in section.rows)]
    rows = [tuple(row[number] for number in kept) for row in section.rows]
    return section._replace(columns=tuple(section.columns[number] for number in kept), rows=rows)


def _logins(summary: Summary, view: View) -> Section:
    columns = (Column("account"), _FROM, Column("country"), Column("how"))
    ranked, rest = summary.logins.top(view.most, successes)
    rows = [
        (user, source or LOCAL, _country(row.about), method or service, row.successes, view.stamp(row.last_us))
        for (user, source, method, service), row in ranked
    ]
    note = _note(rest, counted(rest.successes, "login"))
    return Section("Logins", (*columns, Column("times", is_number=True), _LAST), rows, note)


def _elevations(summary: Summary, view: View) -> Section:
    heads = (Column("account"), Column("became"), Column("by"))
    ranked, rest = summary.elevations.top(view.most, total)
    rows = [
        (actor, target, service, row.successes, row.failures, view.stamp(row.last_us))
        for (actor, target, service), row in ranked
    ]
    numbers = (Column("times", is_number=True), Column("refused", is_number=True))
    marked = frozenset(number for number, row in enumerate(rows) if row[4])
    note = _note(rest, f"{counted(rest.successes, 'time')}, {rest.failures:,} refused")
    return Section("Privileges taken", (*heads, *numbers, _LAST), rows, note, marked)


def _news(summary: Summary, view: View) -> Section:
    shown = list(summary.news)[-view.most :][::-1]
    rows = [(view.stamp(one.time_us), one.user, one.source or LOCAL, one.country, _what_is_new(one)) for one in shown]
    left = summary.news_total - len(rows)
    what = Column("what", least=_OUR_OWN)
    columns = (Column("time", is_time=True), Column("account"), _FROM, Column("country"), what)
    return Section("New", columns, rows, f"and {left:,} earlier" if left else None)


def _what_is_new(news: News) -> str:
    return "; ".join(_ACTIONS.get(one) or words.of_reason(one) for one in news.what)


def _findings(summary: Summary, view: View) -> Section:
    ranked, rest = summary.findings.top(view.most, failures)
    rows = [(words.of_rule(rule).title, row.about.word, row.failures, view.stamp(row.last_us)) for rule, row in ranked]
    columns = (Column("finding"), Column("severity"), Column("times", is_number=True), _LAST)
    marked = frozenset(number for number, (_, row) in enumerate(ranked) if row.about is Severity.CRITICAL)
    return Section("Findings", columns, rows, _note(rest, counted(rest.failures, "finding")), marked)


def _addresses(summary: Summary, view: View) -> Section:
    ranked, rest = summary.addresses.top(view.most, failures)
    rows = [
        (source, _country(row.about), _network(row.about), row.failures, row.successes, view.stamp(row.last_us))
        for source, row in ranked
    ]
    columns = (
        Column("address", least=_ADDRESS),
        Column("country"),
        Column("network"),
        _TRIES,
        Column("logins", is_number=True),
        _LAST,
    )
    marked = frozenset(number for number, (_, row) in enumerate(ranked) if row.successes)
    return Section("Attackers by address", columns, rows, _note_of_tries(rest, is_cut=summary.addresses.is_cut), marked)


def _networks(summary: Summary, view: View) -> Section:
    ranked, rest = summary.networks.top(view.most, failures)
    rows = [(_network(row.about), row.failures, view.stamp(row.last_us)) for _, row in ranked]
    note = _note_of_tries(rest, is_cut=summary.networks.is_cut)
    return Section("Attackers by network", (Column("network"), _TRIES, _LAST), rows, note)


def _countries(summary: Summary, view: View) -> Section:
    ranked, rest = summary.countries.top(view.most, failures)
    rows = [(country, row.failures, view.stamp(row.last_us)) for country, row in ranked]
    return Section("Attackers by country", (Column("country"), _TRIES, _LAST), rows, _note_of_tries(rest, is_cut=False))


def _users(summary: Summary, view: View) -> Section:
    ranked, rest = summary.users.top(view.most, failures)
    rows = [
        (user, "no" if row.about is False else None, row.failures, row.successes, view.stamp(row.last_us))
        for user, row in ranked
    ]
    columns = (Column("account"), Column("exists"), _TRIES, Column("logins", is_number=True), _LAST)
    return Section("Accounts that are tried", columns, rows, _note_of_tries(rest, is_cut=summary.users.is_cut))


def _days(summary: Summary) -> Section:
    counts = {day: (row.successes, row.failures) for day, row in summary.days.rows()}
    unit, rows = _by_unit(counts)
    columns = (Column(unit), Column("logins", is_number=True), Column("failed tries", is_number=True, bar=True))
    return Section(f"By {unit}", columns, rows)


def _by_unit(counts: Dict[int, Tuple[int, int]]) -> Tuple[str, List[Tuple[object, ...]]]:
    """Return days as long as they fit, else weeks, else months; days and weeks without anything, too."""
    if not counts:
        return "day", []
    first, last = min(counts), max(counts)
    if last - first < MOST_DAYS:
        return "day", [(when.date(day), *counts.get(day, (0, 0))) for day in range(first, last + 1)]
    if last - first < MOST_WEEKS * 7:
        mondays = range(_monday(first), last + 1, 7)
        return "week", [(when.date(day), *_sum(counts.get(one) for one in range(day, day + 7))) for day in mondays]
    months: Dict[str, List[Tuple[int, int]]] = {}
    for day in sorted(counts):
        months.setdefault(when.date(day)[:7], []).append(counts[day])
    return "month", [(month, *_sum(both)) for month, both in list(months.items())[-MOST_MONTHS:]]


def _monday(day: int) -> int:
    return day - (day - _MONDAY) % 7


def _sum(counts: Iterable[Optional[Tuple[int, int]]]) -> Tuple[int, int]:
    known = [both for both in counts if both is not None]
    return sum(successes for successes, _ in known), sum(failures for _, failures in known)


def _country(place: Optional[Place]) -> Optional[str]:
    return place.country if place is not None else None


def _network(place: Optional[Place]) -> Optional[str]:
    if place is None or place.asn is None:
        return None
    return f"AS{place.asn} {place.org}" if place.org else f"AS{place.asn}"


def _note(rest: Rest, what: str) -> Optional[str]:
    return f"and {rest.keys:,} more: {what}" if rest.keys else None


def _note_of_tries(rest: Rest, *, is_cut: bool) -> Optional[str]:
    note = _note(rest, counted(rest.failures, "failed try", "failed tries"))
    return f"{note}; too many to count each of them, so that numbers above can be too small" if is_cut else note
