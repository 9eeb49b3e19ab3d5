"""The site, built anew, on a server of this machine, and a browser to look at it: made once for all tests here."""

from __future__ import annotations

import contextlib
import functools
import subprocess

import pytest

from tests.harness.web import Files, Server
from tests.site.browser import Browser
from tests.site.pages import ROOT, SITE


@pytest.fixture(scope="session")
def address():
    """Where the site is served: what a stranger's web server would do with the folder."""
    subprocess.run([ROOT / "tools/build_site.sh"], check=True)
    with Server(functools.partial(Files, directory=SITE)) as server:
        yield f"{server.url}/"


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    with contextlib.closing(Browser(tmp_path_factory.mktemp("profile"))) as started:
        yield started
