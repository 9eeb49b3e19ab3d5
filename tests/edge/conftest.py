"""A daemon to start, and a receiver that it sends to."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import trustme

from tests.harness.certificates import believed, pair
from tests.harness.daemon import Service, webhook_config
from tests.harness.receiver import Receiver


@pytest.fixture
def service(tmp_path, authority):
    """One that can believe a receiver: `ca.pem` lies in its folder."""
    believed(tmp_path, authority)
    one = Service(tmp_path)
    yield one
    one.close()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue_cert("127.0.0.1")


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    return str(believed(tmp_path_factory.mktemp("tls"), authority))


@pytest.fixture(scope="module")
def pairs(authority, tmp_path_factory):
    """A certificate for the receivers, one for us, and one of somebody else's authority, as files."""
    folder = tmp_path_factory.mktemp("pair")
    believed(folder, authority)
    return {
        "server": pair(folder, "collector.example.org", authority),
        "ours": pair(folder, "web-01.example.org", authority),
        "stranger": pair(folder, "stranger.example.org", trustme.CA()),
    }


@pytest.fixture
def receiver(authority):
    with Receiver(certificate=authority.issue_cert("127.0.0.1")) as one:
        yield one


@pytest.fixture
def open_folder():
    """A folder that everybody may look into; `tmp_path` is in one that each start of pytest closes to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def watched(service, receiver, tmp_path):
    """A service that sends to the receiver, on a journal that has begun."""
    service.configure(webhook_config(receiver.url(), tmp_path))
    service.begin()
    return service
