"""What to ask the metadata service of each cloud, and how to read it: region and instance, and nothing else it knows.

Whoever answers at that address is taken for anybody: what is told must be a plain name, or is nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

# Host, method, path and headers → the body of an answer with status 200; None for anything else.
Fetch = Callable[[str, str, str, Mapping[str, str]], Optional[bytes]]

LINK_LOCAL = "169.254.169.254"
_LIFETIME_SECONDS = "60"

# Region and provider stand in texts for people: without dots and slashes nothing in a chat becomes a link.
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TOKEN = re.compile(r"[!-~]{1,512}")
_NONE: Mapping[str, str] = {}


class Told(NamedTuple):
    """What a service said, as far as it is a name."""

    region: Optional[str] = None
    instance_id: Optional[str] = None


class Field(NamedTuple):
    """Where a fact stands: the whole body at `path`, or, with `keys`, a member of the JSON document there."""

    path: str
    keys: Tuple[str, ...] = ()


class Token(NamedTuple):
    """A password for the next minute, to be had at `path` with PUT, for those who can send a header."""

    path: str
    lifetime_header: str
    header: str


class Service(NamedTuple):
    """How a cloud wants to be asked. A `zone` is a region with a letter behind it, and perhaps a path in front."""

    region: Field
    instance_id: Field
    host: str = LINK_LOCAL
    headers: Mapping[str, str] = _NONE
    token: Optional[Token] = None
    is_zone: bool = False


def _plain(region: str, instance_id: str, host: str = LINK_LOCAL) -> Service:
    return Service(Field(region), Field(instance_id), host)


_OPENSTACK = "/openstack/latest/meta_data.json"
_AZURE = "?api-version=2021-02-01&format=text"

# The providers' documents, hwdb.d/40-imds.hwdb of systemd 261, and clients of each, read on 2026-11-28.
SERVICES: Dict[str, Service] = {
    "aws": Service(
        Field("/latest/meta-data/placement/region"),
        Field("/latest/meta-data/instance-id"),
        token=Token("/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "X-aws-ec2-metadata-token"),
    ),
    "gcp": Service(
        Field("/computeMetadata/v1/instance/zone"),
        Field("/computeMetadata/v1/instance/id"),
        headers={"Metadata-Flavor": "Google"},
        is_zone=True,
    ),
    "azure": Service(
        Field(f"/metadata/instance/compute/location{_AZURE}"),
        Field(f"/metadata/instance/compute/vmId{_AZURE}"),
        headers={"Metadata": "true"},
    ),
    "digitalocean": _plain("/metadata/v1/region", "/metadata/v1/id"),
    "hetzner": _plain("/hetzner/v1/metadata/region", "/hetzner/v1/metadata/instance-id"),
    "vultr": _plain("/v1/region/regioncode", "/v1/instance-v2-id"),
    "tencent": _plain("/latest/meta-data/placement/region", "/latest/meta-data/instance-id", "169.254.0.23"),
    "oracle": Service(
        Field("/opc/v2/instance/canonicalRegionName"),
        Field("/opc/v2/instance/id"),
        headers={"Authorization": "Bearer Oracle"},
    ),
    "alibaba": Service(
        Field("/latest/meta-data/region-id"),
        Field("/latest/meta-data/instance-id"),
        "100.100.100.200",
        token=Token("/latest/api/token", "X-aliyun-ecs-metadata-token-ttl-seconds", "X-aliyun-ecs-metadata-token"),
    ),
    "akamai": Service(
        Field("/v1/instance", ("region",)),
        Field("/v1/instance", ("id",)),
        headers={"Accept": "application/json"},
        token=Token("/v1/token", "Metadata-Token-Expiry-Seconds", "Metadata-Token"),
    ),
    "scaleway": Service(
        Field("/conf?format=json", ("location", "zone_id")), Field("/conf?format=json", ("id",)), "169.254.42.42"
    ),
    **dict.fromkeys(
        ("openstack", "otc", "huawei"), Service(Field(_OPENSTACK, ("availability_zone",)), Field(_OPENSTACK, ("uuid",)))
    ),
}


def told_by(service: Service, fetch: Fetch) -> Told:
    """Ask `service` by `fetch`, at most three times, and return what it told; a document is fetched once."""
    headers = _headers_for(service, fetch)
    if headers is None:
        return Told()
    paths = dict.fromkeys((service.region.path, service.instance_id.path))
    bodies = {path: fetch(service.host, "GET", path, headers) for path in paths}
    region = _text(service.region, bodies)
    return Told(
        _name(_REGION, _region_of(region) if service.is_zone else region),
        _name(_INSTANCE, _text(service.instance_id, bodies)),
    )


def _headers_for(service: Service, fetch: Fetch) -> Optional[Mapping[str, str]]:
    """Return the headers to ask with; None where the service has to give a token and does not."""
    token = service.token
    if token is None:
        return service.headers
    given = fetch(service.host, "PUT", token.path, {token.lifetime_header: _LIFETIME_SECONDS})
    text = _name(_TOKEN, _decoded(given))
    return None if text is None else {**service.headers, token.header: text}


def _text(field: Field, bodies: Mapping[str, Optional[bytes]]) -> str:
    body = bodies[field.path]
    if not field.keys:
        return _decoded(body)
    try:
        value: Any = json.loads(body or b"null")
    except (ValueError, RecursionError):  # whatever may answer there
        return ""
    for key in field.keys:
        value = value.get(key) if isinstance(value, dict) else None
    return str(value) if isinstance(value, (str, int)) else ""


def _decoded(body: Optional[bytes]) -> str:
    return (body or b"").decode("ascii", "replace").strip()


def _name(shape: re.Pattern[str], text: str) -> Optional[str]:
    return text if shape.fullmatch(text) else None


def _region_of(zone: str) -> str:
    """Return the region of `projects/1/zones/europe-west3-c`."""
    return zone.rpartition("/")[2].rpartition("-")[0]
