"""The site in a real browser: it loads whole and from here alone, and can be read on a desk, on a phone, and at night."""

from __future__ import annotations

import re

import pytest

from tests.site.browser import Page
from tests.site.pages import FAINT, PAGES, PHOTOGRAPHS, SITE, SIZES, TOO_WIDE

DESK, PHONE = 1280, 360
# What a page makes a browser fetch; links to follow are none of it.
_FETCHED = re.compile(r"""<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)=["'](?:https?:)?//[^"']*""")
_FETCHED_BY_STYLE = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//""")


@pytest.mark.parametrize(
    ("width", "dark"), [(DESK, False), (PHONE, False), (PHONE, True)], ids=["desk", "phone", "night"]
)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_whole_from_here_alone_and_can_be_read(browser, address, name, width, dark):
    page = Page(browser, width, dark=dark)
    page.open(address + name)
    page.photograph(PHOTOGRAPHS / f"{name.replace('/', '-')[:-5]}-{width}{'-night' if dark else ''}.png")
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(address)] == []
    assert page.evaluate(TOO_WIDE) == []
    sizes = page.evaluate(SIZES)
    assert sizes["text"] >= 16
    assert sizes["small"] >= 12
    assert page.evaluate(FAINT) == []


def test_no_page_has_to_be_pushed_sideways_on_a_phone(browser, address):
    page = Page(browser, PHONE)
    names = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
    wide = {}
    for name in names:
        page.open(address + name)
        wide[name] = page.evaluate(TOO_WIDE)
    assert len(names) > 100
    assert {name: what for name, what in wide.items() if what} == {}
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(address)] == []


def test_the_search_finds_a_page_by_a_word_of_its_text(browser, address):
    page = Page(browser, DESK)
    page.open(address)
    page.submit(
        "(() => { const box = document.querySelector('input.sidebar-search');"
        " box.value = 'BotFather'; box.form.submit(); })()"
    )
    found = page.evaluate(
        """new Promise(done => { const look = () => {
             const links = [...document.querySelectorAll('#search-results li a')].map(link => link.getAttribute('href'));
             links.length ? done(links) : setTimeout(look, 50); }; look(); })"""
    )
    page.photograph(PHOTOGRAPHS / "search-1280.png")
    assert any("docs/how-to/telegram.html" in link for link in found)
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(address)] == []


def test_no_page_or_style_of_the_site_names_anything_to_fetch_from_elsewhere(address):
    del address  # the site has to be built
    texts = {path: path.read_text() for path in SITE.rglob("*") if path.suffix in (".html", ".css")}
    assert len(texts) > 100
    found = {str(path): [*_FETCHED.findall(text), *_FETCHED_BY_STYLE.findall(text)] for path, text in texts.items()}
    assert {name: what for name, what in found.items() if what} == {}


def test_the_kinds_of_pages_are_the_navigation(browser, address):
    page = Page(browser, DESK)
    page.open(address)
    captions = page.evaluate("[...document.querySelectorAll('.sidebar-tree .caption')].map(node => node.textContent)")
    headings = re.findall(r"^## (.+)$", (SITE.parents[1] / "docs/README.md").read_text(), re.MULTILINE)
    assert captions == headings
    assert page.evaluate("document.querySelectorAll('.sidebar-tree .toctree-l1').length") > 50
