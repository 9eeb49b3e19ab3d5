"""Summaries as lines and as a page: what fits, what is told, and nothing hostile."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from pamsignal.audit.record import Seen
from pamsignal.model import NO_CONTEXT, Context
from pamsignal.render import when
from pamsignal.render.escape import for_terminal
from pamsignal.summary import html, text
from pamsignal.summary.counting import Summary
from pamsignal.summary.sections import View, attackers, everything, headline
from pamsignal.terms import Action
from tests.builders import NOON_US, a_finding, a_login, an_alert, an_endpoint, an_event

DAY_US = 86_400_000_000
VIEW = View(10, when.timestamp)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</table></body>",
    "&lt;b&gt; &amp;",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
    "<!--",
    "]]><style>*{}</style>",
]


def summary_of(*subjects):
    summary = Summary(lambda time_us: time_us // DAY_US)
    for subject in subjects:
        summary.add(subject)
    return summary


def tried(context=NO_CONTEXT, **changes):
    return Seen(an_event(**changes), context)


def style(width=None, blocks=text.BLOCKS):
    return text.Style(width, blocks, str, lambda line: f"!{line}")


def lines(sections, chosen):
    return [line for section in sections for line in text.lines_of(section, chosen)]


def a_hostile_summary():
    """Hostile texts wherever somebody can put one: accounts, organisations, host names, hosts."""
    subjects = []
    for name in HOSTILE:
        context = Context(country="XX", asn=64500, org=name)
        fields = {"user": name, "hostname": name}
        subjects.append(Seen(an_event(source=an_endpoint()._replace(ip=None, host=name), **fields), context))
        subjects.append(Seen(a_login(**fields), context))
        sudo = {"target_user": name, "service": name, "source": None}
        subjects.append(Seen(an_event(action=Action.ELEVATION_SUCCESS, **fields, **sudo), context))
        subjects.append(an_alert(subject=a_login(**fields), reasons=("new_key", name)))
        subjects.append(an_alert(subject=a_finding(rule=name, hostname=name)))
    return summary_of(*subjects)


class Page(HTMLParser):
    """What a browser would see of a page: its texts, and every tag with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.tags = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize(("value", "shown"), [(0, ""), (1, "▏"), (50, "██"), (63, "██▌"), (100, "████"), (-1, "")])
def test_a_bar_is_as_long_as_its_number(value, shown):
    assert text.bar(value, 100, 4, text.BLOCKS) == shown


def test_a_bar_where_there_are_no_blocks():
    assert [text.bar(value, 100, 4, text.ASCII) for value in (0, 1, 50, 100)] == ["", "#", "##", "####"]


def test_a_table_fits_the_terminal_and_cuts_nothing_in_a_pipe():
    long = "a-rather-long-name-of-an-organisation-that-nobody-asked-for"
    summary = summary_of(tried(context=Context(country="NL", asn=1, org=long)), Seen(an_event(), NO_CONTEXT))
    summary.add(Seen(an_event(source=an_endpoint("198.51.100.7")), Context(country="NL", asn=64500, org=long)))
    sections = attackers(summary, VIEW)
    assert any(long in line for line in lines(sections, style()))
    for width in (80, 100):
        assert max(map(len, lines(sections, style(width)))) <= width


def test_an_address_and_a_time_are_never_cut_and_a_bar_gives_way():
    address = an_endpoint("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff")
    context = Context(country="NL", asn=64500, org="x" * 60)
    summary = summary_of(tried(context, source=address, user="y" * 60), Seen(a_login(source=address), context))
    for width in (40, 60, 80):
        shown = lines(everything(summary, VIEW), style(width))
        assert sum("2001:db8:aaaa:bbbb::/64" in line for line in shown) == 2
        assert all("2026-11-23 12:00" in line for line in shown if "2001:" in line)
        assert "█" not in "".join(lines(attackers(summary, VIEW)[:1], style(width)))
    assert "█" in "".join(lines(attackers(summary, VIEW)[:1], style(140)))


def test_an_address_that_got_in_is_marked():
    summary = summary_of(tried(), Seen(a_login(), NO_CONTEXT), tried(source=an_endpoint("198.51.100.7")))
    marked = [line.split()[1] for line in lines(attackers(summary, VIEW), style()) if line.startswith("!")]
    assert marked == ["203.0.113.9"]


def test_a_column_that_says_nothing_is_left_out():
    shown = lines(attackers(summary_of(tried()), VIEW), style())
    assert "country" not in " ".join(shown)
    assert "exists" not in " ".join(shown)


def test_what_a_list_leaves_out_is_told():
    events = [tried(source=an_endpoint(f"198.51.100.{last}")) for last in range(1, 6)]
    section = attackers(summary_of(*events), VIEW._replace(most=2))[0]
    assert section.note == "and 3 more: 3 failed tries"


@pytest.mark.parametrize(
    ("days", "title", "rows"),
    [(1, "By day", 1), (31, "By day", 31), (32, "By week", 5), (180, "By week", 26), (400, "By month", 2)],
)
def test_days_are_shown_as_all_days_or_weeks_or_as_months_that_have_something(days, title, rows):
    summary = summary_of(tried(), tried(time_us=NOON_US + (days - 1) * DAY_US))
    (section,) = [one for one in everything(summary, VIEW) if one.title.startswith("By ")]
    assert (section.title, len(section.rows)) == (title, rows)
    assert str(section.rows[0][0]) in "2026-11-23"
    assert sum(row[2] for row in section.rows) == 2


def test_numbers_have_their_words():
    assert headline(summary_of()) == "nothing found"
    shown = headline(summary_of(Seen(a_login(), NO_CONTEXT), tried(), an_alert(subject=a_finding())))
    assert shown == "3 records: 1 login, 1 failed try from 1 address, 1 finding"


def test_no_line_has_anything_that_moves_a_cursor():
    sections = everything(a_hostile_summary(), VIEW)
    for line in lines(sections, style()):
        assert for_terminal(line.replace("\\", ""), 10_000) == line.replace("\\", "")


def test_hostile_texts_are_texts_of_the_page_and_nothing_else():
    summary = a_hostile_summary()
    sections = everything(summary, VIEW)
    plain, hostile = (
        Page(html.page(html.Head("report", ["what"]), [section._replace(rows=[]) for section in sections])),
        Page(html.page(html.Head(HOSTILE[0], HOSTILE), sections)),
    )
    allowed = {tag for tag, _ in plain.tags} | {"tr", "td", "svg", "rect"}
    assert {tag for tag, _ in hostile.tags} <= allowed - {"script", "img", "a", "link", "b"}
    assert sum(tag == "style" for tag, _ in hostile.tags) == 1
    for name in HOSTILE:
        assert for_terminal(name) in hostile.texts
    attributes = {name for _, named in hostile.tags for name in named}
    assert not any(name.startswith("on") or name in {"href", "src", "style"} for name in attributes)


def test_the_page_has_nothing_to_fetch_and_forbids_it():
    page = html.page(html.Head("report", []), everything(summary_of(tried()), VIEW))
    policy = next(named["content"] for tag, named in Page(page).tags if named.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not any(word in page for word in ("http:", "https:", "url(", "@import", "<script", "<link"))


def test_the_policy_allows_exactly_the_style_that_is_there():
    import base64
    import hashlib

    page = html.page(html.Head("report", []), [])
    style_ = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style_.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page
