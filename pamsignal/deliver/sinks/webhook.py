"""Any HTTP receiver: an alert as an ECS document, signed after Standard Webhooks 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Optional, Tuple, Union

from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.exchange import Channel, Request, result_of
from pamsignal.errors import ConfigError
from pamsignal.model import Alert
from pamsignal.render import ecs
from pamsignal.secret import Secret

PAYLOAD_BYTES = 20_000
_TEXT_LIMITS = (ecs.TEXT_LIMIT, 256, 64, 16)
_SECRET_PREFIX = "whsec_"  # noqa: S105 - how every secret begins, not one


class Settings(NamedTuple):
    """`secrets` are one `whsec_...`, or two during a rotation, the newer one first; `signing` is standard or none."""

    url: Secret = Secret("")
    signing: str = "standard"
    secrets: Tuple[Secret, ...] = ()
    ca_file: Optional[str] = None
    allow_insecure: bool = False
    headers: Mapping[str, Secret] = {}


def build(name: str, settings: Settings) -> Sink:
    """Return the sink `name`; raise ConfigError where `settings` cannot work."""
    from pamsignal.deliver.sinks.http import HttpSink  # noqa: PLC0415 - requests costs memory, so only if used
    from pamsignal.deliver.sinks.safety import require_header, require_safe_url  # noqa: PLC0415 - urllib.parse, too

    require_safe_url(f"sinks.{name}.url", settings.url, allow_insecure=settings.allow_insecure)
    for header, value in settings.headers.items():
        require_header(f"sinks.{name}.headers", header, value)
    return HttpSink(name, channel(settings, _keys(name, settings)), settings.ca_file)


def channel(settings: Settings, keys: Tuple[bytes, ...]) -> Channel:
    """Return the webhook as pure functions; `keys` are the decoded secrets."""

    def request_for(alert: Alert, now_seconds: int) -> Request:
        body = payload_of(alert)
        headers: Dict[str, Union[str, Secret]] = {"Content-Type": "application/json", **settings.headers}
        if keys:
            headers.update(signature_headers(alert.id, now_seconds, body, keys))
        return Request(settings.url, headers, body)

    return Channel(request_for, result_of)


def payload_of(alert: Alert) -> bytes:
    """Return the document in less than 20 kB: its texts shrink, its shape stays."""
    for limit in _TEXT_LIMITS:
        payload = ecs.to_json_line(ecs.alert_document(alert, text_limit=limit)).encode("ascii")
        if len(payload) < PAYLOAD_BYTES:
            break
    return payload


def signature_headers(alert_id: str, now_seconds: int, body: bytes, keys: Tuple[bytes, ...]) -> Dict[str, str]:
    """Return the three headers of one attempt. The id is the same in every attempt, so receivers can tell repeats."""
    import base64  # noqa: PLC0415 - only where something is signed
    import hashlib  # noqa: PLC0415 - likewise
    import hmac  # noqa: PLC0415 - likewise

    message_id = f"msg_{alert_id}"
    signed = f"{message_id}.{now_seconds}.".encode() + body
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(now_seconds),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode('ascii')}" for digest in digests),
    }


def _keys(name: str, settings: Settings) -> Tuple[bytes, ...]:
    if settings.signing == "none":
        return ()
    if settings.signing != "standard":
        raise ConfigError(f"sinks.{name}.signing: expected standard or none")
    if not 1 <= len(settings.secrets) <= 2:
        raise ConfigError(f"sinks.{name}.secrets: expected one secret, or two during a rotation; or signing: none")
    return tuple(_key(f"sinks.{name}.secrets", secret) for secret in settings.secrets)


def _key(where: str, secret: Secret) -> bytes:
    import base64  # noqa: PLC0415 - only where something is signed
    import binascii  # noqa: PLC0415 - likewise

    coded = secret.reveal()
    try:
        key = base64.b64decode(coded[len(_SECRET_PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not coded.startswith(_SECRET_PREFIX) or not 24 <= len(key) <= 64:
        raise ConfigError(
            f'{where}: expected whsec_ and 24 to 64 bytes in base64: echo "whsec_$(openssl rand -base64 32)"'
        )
    return key
