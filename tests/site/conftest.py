"""The site, built anew, on a server of this machine, and a browser to look at it: made once for all tests here."""

from __future__ import annotations

import contextlib
import functools
import http.server
import subprocess
import threading

import pytest

from tests.site.browser import Browser
from tests.site.pages import ROOT, SITE


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing about it."""

    def log_message(self, *_said):
        """A request that fails is told by the browser."""


@pytest.fixture(scope="session")
def address():
    """Where the site is served: what a stranger's web server would do with the folder."""
    subprocess.run([ROOT / "tools/build_site.sh"], check=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with contextlib.closing(server.socket):
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    with contextlib.closing(Browser(tmp_path_factory.mktemp("profile"))) as started:
        yield started
