"""What asks for the pages elsewhere knows a page that is gone from one that is there; it runs by hand."""

from __future__ import annotations

from tests.harness.receiver import Receiver, Reply
from tests.site.links import outside, trouble_with


def test_a_page_is_there_refused_or_gone():
    with Receiver(Reply(200), Reply(403), Reply(404)) as server:
        assert trouble_with(server.url()) is None
        assert trouble_with(server.url()) == "refused, look yourself: HTTP 403"
        assert trouble_with(server.url()) == "gone: HTTP 404"
    assert trouble_with("http://127.0.0.1:1/").startswith("gone: ")


def test_every_page_elsewhere_is_asked_for_once_with_who_links_to_it():
    pages = outside()
    assert "docs/explanation/comparison.md" in pages["https://github.com/fail2ban/fail2ban"]
    assert all(url.startswith("https://") and "#" not in url for url in pages)
    assert len(pages) > 30
