"""The metadata services of clouds: real servers on loopback in their place, well-behaved, strict, and hostile ones."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamsignal.enrich import REFRESH_US, Enricher, Settings, geo, inquiry
from pamsignal.enrich.inquiry import AGAIN_US, ANSWER_BYTES, Inquiry
from pamsignal.enrich.metadata import SERVICES, Told, told_by
from pamsignal.enrich.provider import Cloud
from pamsignal.enrich.provider import Settings as CloudSettings
from tests.builders import NOON_US, a_login
from tests.edge.test_provider import AWS, FIRMWARE, plant, told
from tests.harness.receiver import Receiver, Reply
from tests.harness.waiting import PATIENCE_S
from tests.harness.web import unused_port

TOKEN = "AQAEALt-x8=="
UUID = "67375eb1-f14d-4f02-bb42-6119cecbde51"
OCID = "ocid1.instance.oc1.phx.abyhqljt"
OPENSTACK = {"/openstack/latest/meta_data.json": {"uuid": UUID, "availability_zone": "nova", "admin_pass": "secret"}}

# By provider: the header that it insists on, what it answers at which path, and what is to be read of it. As in the
# providers' documents; a document of JSON where there is one.
CLOUDS = {
    "aws": (
        ("X-aws-ec2-metadata-token", TOKEN),
        {"/latest/meta-data/placement/region": "eu-central-1", "/latest/meta-data/instance-id": "i-0123456789abcdef0"},
        Told("eu-central-1", "i-0123456789abcdef0"),
    ),
    "gcp": (
        ("Metadata-Flavor", "Google"),
        {
            "/computeMetadata/v1/instance/zone": "projects/4711/zones/europe-west3-c",
            "/computeMetadata/v1/instance/id": "4520031799277581759",
        },
        Told("europe-west3", "4520031799277581759"),
    ),
    "azure": (
        ("Metadata", "true"),
        {
            "/metadata/instance/compute/location?api-version=2021-02-01&format=text": "westeurope",
            "/metadata/instance/compute/vmId?api-version=2021-02-01&format=text": UUID,
        },
        Told("westeurope", UUID),
    ),
    "digitalocean": (None, {"/metadata/v1/region": "fra1", "/metadata/v1/id": "2756294"}, Told("fra1", "2756294")),
    "hetzner": (
        None,
        {"/hetzner/v1/metadata/region": "eu-central", "/hetzner/v1/metadata/instance-id": "42001337"},
        Told("eu-central", "42001337"),
    ),
    "vultr": (None, {"/v1/region/regioncode": "EWR\n", "/v1/instance-v2-id": UUID}, Told("EWR", UUID)),
    "tencent": (
        None,
        {"/latest/meta-data/placement/region": "ap-guangzhou", "/latest/meta-data/instance-id": "ins-3g445roi"},
        Told("ap-guangzhou", "ins-3g445roi"),
    ),
    "oracle": (
        ("Authorization", "Bearer Oracle"),
        {"/opc/v2/instance/canonicalRegionName": "us-phoenix-1", "/opc/v2/instance/id": OCID},
        Told("us-phoenix-1", OCID),
    ),
    "alibaba": (
        ("X-aliyun-ecs-metadata-token", TOKEN),
        {"/latest/meta-data/region-id": "cn-hangzhou", "/latest/meta-data/instance-id": "i-bp67acfmxazb4p"},
        Told("cn-hangzhou", "i-bp67acfmxazb4p"),
    ),
    "akamai": (
        ("Metadata-Token", TOKEN),
        {"/v1/instance": {"id": 123456, "region": "eu-west", "label": "www"}},
        Told("eu-west", "123456"),
    ),
    "scaleway": (
        None,
        {"/conf?format=json": {"id": UUID, "location": {"zone_id": "par1"}, "ssh_public_keys": []}},
        Told("par1", UUID),
    ),
    **dict.fromkeys(("openstack", "otc", "huawei"), (None, OPENSTACK, Told("nova", UUID))),
}


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A second is enough for a machine's own service, and not always for one that stands in for it."""
    monkeypatch.setattr(inquiry, "ANSWER_SECONDS", PATIENCE_S)


class Service(Receiver):
    """A metadata service that answers only who brings the header it wants, which a token can be."""

    def __init__(self, header=None, pages=None):
        self.header, self.pages = header, pages or {}
        super().__init__()

    @property
    def asked(self):
        return [(one.method, one.path, one.headers["host"]) for one in self.requests]

    def reply_to(self, request):
        if request.method == "PUT":
            is_timed = any(name.endswith("-seconds") for name in request.headers)
            return (
                Reply(200, body=TOKEN.encode()) if is_timed and self.header and self.header[1] == TOKEN else Reply(405)
            )
        if self.header is not None and request.headers.get(self.header[0].lower()) != self.header[1]:
            return Reply(401, body=b"who are you?")
        page = self.pages.get(request.path)
        if page is None:
            return Reply(404, body=b"no such page")
        return Reply(body=(page if isinstance(page, str) else json.dumps(page)).encode())


def asked_of(server, whose):
    return told_by(SERVICES[whose], Inquiry(lambda _host: server.server.server_address)._fetch)


@pytest.mark.parametrize("whose", CLOUDS)
def test_each_service_is_asked_as_it_wants_to_be(whose):
    header, pages, expected = CLOUDS[whose]
    with Service(header, pages) as server:
        assert asked_of(server, whose) == expected
    assert {host for _, _, host in server.asked} == {SERVICES[whose].host}
    assert len(server.asked) <= 3


def test_no_service_is_without_its_server():
    assert SERVICES.keys() == CLOUDS.keys()


@pytest.mark.parametrize("whose", [name for name, (header, *_) in CLOUDS.items() if header])
def test_a_service_that_is_asked_otherwise_answers_nothing(whose):
    """So the header above is what made it answer."""
    with Service(("X-Other", "header"), CLOUDS[whose][1]) as server:
        assert asked_of(server, whose) == Told()


@pytest.mark.parametrize(
    "answer", ["two\nlines", "<b>here</b>", "evil.example", "http://x", "é", "", "-a", "a" * 65, "a b"]
)
def test_what_is_no_plain_name_is_no_region(answer):
    with Service(pages={"/metadata/v1/region": answer, "/metadata/v1/id": "42"}) as server:
        assert asked_of(server, "digitalocean") == Told(None, "42")


@given(st.binary(max_size=100))
def test_whatever_a_service_tells_only_names_are_taken(body):
    for service in SERVICES.values():
        for text in told_by(service, lambda *_: body):
            assert text is None or (text.isascii() and text.isprintable() and not set(text) & set(" /:<>&*`'\""))


values = st.recursive(st.none() | st.text() | st.integers(), lambda below: st.lists(below) | st.dictionaries(st.sampled_from(["id", "location", "zone_id"]), below))  # fmt: skip


@given(values)
def test_whatever_document_a_service_has_nothing_raises(value):
    told_by(SERVICES["scaleway"], lambda *_: json.dumps(value).encode())


def test_brackets_without_end_are_no_document():
    assert told_by(SERVICES["scaleway"], lambda *_: b"[" * 60_000) == Told()


@contextmanager
def answering(answer, *, drip=b""):
    """A server that says the same to everybody, whatever they ask, and with `drip` never stops."""
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.02)

    def serve():
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                continue
            with connection:
                try:
                    connection.recv(65_536)
                    connection.sendall(answer)
                    while drip and not stop.wait(0.05):
                        connection.sendall(drip)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        stop.set()
        thread.join()
        listener.close()


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0\xff" * 500,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\n\r\nfra1",
        b"HTTP/1.1 500 Oops\r\n\r\nfra1",
        OK + b"Content-Length: 100\r\n\r\nfra1",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nfra1",
        OK + b"Content-Length: 99999999999999999999999\r\n\r\nfra1",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nfra1",
        OK + b"\r\n" + b"a" * (ANSWER_BYTES + 1),
        OK + b"X: y\r\n" * 200 + b"\r\nfra1",
        OK + b"X: " + b"y" * 66_000 + b"\r\n\r\nfra1",
    ],
    ids=[
        *("nothing", "bytes", "ssh", "redirect", "error", "cut", "chunks", "a length beyond all", "a chunk beyond all"),
        *("huge", "headers", "a header"),
    ],
)
def test_an_answer_that_is_none_tells_nothing(answer):
    with answering(answer) as address:
        assert Inquiry(lambda _host: address)._fetch("h", "GET", "/", {}) is None


def test_an_answer_in_chunks_is_an_answer():
    with answering(OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nfra1\r\n0\r\n\r\n") as address:
        assert Inquiry(lambda _host: address)._fetch("h", "GET", "/", {}) == b"fra1"


@pytest.mark.parametrize("answer", [b"", OK + b"X: "])
def test_a_server_that_never_ends_is_left(answer, monkeypatch):
    monkeypatch.setattr(inquiry, "ANSWER_SECONDS", 0.2)
    with answering(answer, drip=b"a") as address:
        assert Inquiry(lambda _host: address)._fetch("h", "GET", "/", {}) is None


def test_nobody_there_is_no_answer():
    assert Inquiry(lambda _host: ("127.0.0.1", unused_port()))._fetch("h", "GET", "/", {}) is None


NOTHING = geo.Settings(None, None)
ASKING = CloudSettings(metadata=True)


def enricher_at(root, address, cloud=ASKING):
    return Enricher(Settings(NOTHING, cloud), str(root), metadata_at=lambda _host: address)


def whereabouts(enricher, time_us=NOON_US):
    """What an event is told with, once nobody is being asked any more."""
    enricher.look(time_us)
    for thread in threading.enumerate():
        if thread.name == "metadata":
            thread.join(PATIENCE_S)
    enricher.look(time_us + 1)
    context = enricher.context_of(a_login())
    return Cloud(context.provider, context.region, context.instance_id)


def test_region_and_instance_are_asked_for_where_no_file_tells_them(tmp_path):
    plant(tmp_path, FIRMWARE["hetzner"])
    with Service(pages=CLOUDS["hetzner"][1]) as server:
        enricher = enricher_at(tmp_path, server.server.server_address)
        assert server.asked == []
        assert whereabouts(enricher) == Cloud("hetzner", "eu-central", "42001337")
        for hour in range(3):
            whereabouts(enricher, NOON_US + hour * AGAIN_US)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("cloud", "files"),
    [
        (CloudSettings(), FIRMWARE["hetzner"]),
        (CloudSettings(None, metadata=True), FIRMWARE["hetzner"]),
        (ASKING, {}),
        (ASKING, FIRMWARE["cloudsigma"]),
        (ASKING, {**FIRMWARE["aws"], **told(**AWS)}),
        (CloudSettings(region=None, metadata=True), told(cloud_name="hetzner", instance_id="42")),
        (CloudSettings(region="here", metadata=True), told(cloud_name="hetzner", instance_id="42")),
    ],
    ids=["off by default", "no provider wanted", "no cloud", "no form known", "all told", "no region wanted", "set"],
)
def test_nobody_is_asked_without_need_or_against_the_configuration(cloud, files, tmp_path):
    plant(tmp_path, files)
    with Service(pages=CLOUDS["hetzner"][1]) as server:
        whereabouts(enricher_at(tmp_path, server.server.server_address, cloud))
    assert server.asked == []


def test_what_a_file_or_the_configuration_tells_counts_more(tmp_path):
    plant(tmp_path, told(cloud_name="hetzner", region="nbg1"))
    with Service(pages=CLOUDS["hetzner"][1]) as server:
        assert whereabouts(enricher_at(tmp_path, server.server.server_address)) == Cloud("hetzner", "nbg1", "42001337")
        without_region = CloudSettings(region=None, metadata=True)
        enricher = enricher_at(tmp_path, server.server.server_address, without_region)
        assert whereabouts(enricher) == Cloud("hetzner", None, "42001337")


def test_a_provider_of_ones_own_name_is_asked_in_the_form_of_its_machines(tmp_path):
    plant(tmp_path, FIRMWARE["openstack"])
    with Service(pages=OPENSTACK) as server:
        enricher = enricher_at(tmp_path, server.server.server_address, CloudSettings("ovh", metadata=True))
        assert whereabouts(enricher) == Cloud("ovh", "nova", UUID)


def test_a_service_that_answers_nothing_is_asked_again_an_hour_later(tmp_path):
    plant(tmp_path, FIRMWARE["hetzner"])
    with Service() as server:
        enricher = enricher_at(tmp_path, server.server.server_address)
        for minute in range(4):
            assert whereabouts(enricher, NOON_US + minute * REFRESH_US) == Cloud("hetzner")
        assert len(server.asked) == 2
        server.pages = CLOUDS["hetzner"][1]
        assert whereabouts(enricher, NOON_US + AGAIN_US).region == "eu-central"


def test_the_loop_waits_for_no_answer(tmp_path, monkeypatch):
    """The server is silent for as long as this test runs, and yet it ends: every call here returned before an answer."""
    monkeypatch.setattr(inquiry, "ANSWER_SECONDS", 600)
    plant(tmp_path, FIRMWARE["hetzner"])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        enricher = enricher_at(tmp_path, silent.getsockname())
        enricher.look(NOON_US)
        connection, _ = silent.accept()
        assert enricher.context_of(a_login()).provider == "hetzner"
        assert any(thread.name == "metadata" for thread in threading.enumerate())
        connection.close()
    whereabouts(enricher)


def test_proxies_of_the_environment_see_nothing(tmp_path, monkeypatch):
    with Service() as proxy, Service(pages=CLOUDS["digitalocean"][1]) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://{}:{}".format(*proxy.server.server_address))
        assert asked_of(server, "digitalocean") == CLOUDS["digitalocean"][2]
    assert proxy.asked == []
