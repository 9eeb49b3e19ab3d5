"""What asks for the pages elsewhere knows a page that is gone from one that is there; it runs by hand."""

from __future__ import annotations

import http.server
import threading

import pytest

from tests.site.links import outside, trouble_with


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers with the number in the path."""

    def do_GET(self):
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_said):
        """Quiet."""


@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_a_page_is_there_refused_or_gone(server):
    assert trouble_with(f"{server}/200") is None
    assert trouble_with(f"{server}/403") == "refused, look yourself: HTTP 403"
    assert trouble_with(f"{server}/404") == "gone: HTTP 404"
    assert trouble_with("http://127.0.0.1:1/").startswith("gone: ")


def test_every_page_elsewhere_is_asked_for_once_with_who_links_to_it():
    pages = outside()
    assert "docs/explanation/comparison.md" in pages["https://github.com/fail2ban/fail2ban"]
    assert all(url.startswith("https://") and "#" not in url for url in pages)
    assert len(pages) > 30
