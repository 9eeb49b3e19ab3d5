"""What a schema cannot say about one value: networks, URLs, tokens, files.

The schema names the rule of a key (`rule`); RULES below has it. A rule takes the text, never quotes it where it may be
a secret, and returns what is wrong, or None.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import os
import re
from pathlib import Path as File
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional
from urllib.parse import urlsplit

from pamsignal import hours
from pamsignal.config.problem import ERROR, HIDDEN, WARNING, is_like_a_secret
from pamsignal.deliver.sinks.safety import is_link_local, is_loopback
from pamsignal.enrich import geo
from pamsignal.errors import ConfigError
from pamsignal.hours import span_of
from pamsignal.render import template
from pamsignal.render.escape import for_terminal
from pamsignal.render.fields import FIELDS
from pamsignal.runtime.host_port import host_port_of
from pamsignal.runtime.zone import wall_clock
from pamsignal.secret import Secret

TELEGRAM_TOKEN = re.compile(r"[0-9]{5,}:[A-Za-z0-9_-]{30,}")
BARELY_A_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
RETIRED_TEAMS = ("webhook.office.com", "outlook.office.com", "outlook.office365.com")
PORTS = range(1024, 65536)  # below, only root may listen
SIGNING_SECRET_BYTES = range(24, 65)  # Standard Webhooks 1.0, "Signature scheme"


class Trouble(NamedTuple):
    """What a rule has against a value."""

    message: str
    level: str = ERROR


def network(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want a network without host bits; a mask of nothing would trust the whole internet."""
    expected = "expected a network such as 192.0.2.0/24 or 2001:db8::/32, or an address"
    found = f'found "{HIDDEN if is_like_a_secret(text) else for_terminal(text)}"'
    try:
        loose = ipaddress.ip_network(text if "%" not in text else "", strict=False)  # a zone belongs to one machine
    except ValueError:
        return Trouble(f"{expected}, {found}; correct or remove it")
    if not loose.prefixlen:
        return Trouble(f"expected {found[6:]} to leave somebody out, found everybody trusted; remove it", WARNING)
    if loose.network_address != ipaddress.ip_address(text.partition("/")[0]):
        return Trouble(f"{expected}, {found} with bits behind the mask; did you mean {loose}?")
    return None


def url(text: str, siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want https to a host that may get alerts; http only on this machine, or if `allow_insecure` says so."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # the port is parsed on access, and may be wrong
    except ValueError:
        host = None
    if not host or parts.scheme not in {"https", "http"} or not text.isprintable() or " " in text:
        return Trouble("expected a URL, found text that is none; write https://HOST/PATH")
    if parts.username or parts.password:
        return Trouble("expected a URL, found one with user:password@; put them into `headers` as Authorization")
    refused = _refused_host(host)
    if refused is None and parts.scheme == "http" and not is_loopback(host):
        message = "expected https://, found http:// to another machine, which everybody on the way can read"
        return Trouble(f"{message}; use https://", WARNING if siblings.get("allow_insecure") is True else ERROR)
    return refused


def server_url(text: str, siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want a URL without a path: ntfy takes JSON at its root, and anywhere else for a text to publish as it is."""
    trouble = url(text, siblings)
    if trouble is None and urlsplit(text).path not in {"", "/"}:
        return Trouble("expected the address of a server alone, found a path behind it; put a topic into `topic`")
    return trouble


def _refused_host(host: str) -> Optional[Trouble]:
    if host.endswith(RETIRED_TEAMS):
        return Trouble("expected a working address, found a retired Teams connector; make a Workflows URL in Teams")
    if is_link_local(host.partition("%")[0]):
        return Trouble("expected a receiver, found a link-local address, where clouds keep credentials; name another")
    return None


def telegram_token(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want a number, a colon and a key; a short key was probably cut when it was copied, but only Telegram knows."""
    if TELEGRAM_TOKEN.fullmatch(text):
        return None
    message = "expected a bot token such as 123456789:AA…, found text of another shape; copy it from @BotFather again"
    return Trouble(message, WARNING if BARELY_A_TOKEN.fullmatch(text) else ERROR)


def signing_secret(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want the form of Standard Webhooks 1.0."""
    try:
        key = base64.b64decode(text[len("whsec_") :], validate=True) if text.startswith("whsec_") else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) in SIGNING_SECRET_BYTES:
        return None
    remedy = "make one: echo whsec_$(head -c 32 /dev/urandom | base64)"
    return Trouble(f"expected whsec_ and 24 to 64 bytes in base64, found text of another shape; {remedy}")


def header_value(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want what can stand in a request: RFC 9110, 5.5, without its old exceptions."""
    if re.fullmatch("[!-~]([ -~]*[!-~])?", text):
        return None
    return Trouble("expected a header's value in printable ASCII, found other characters; remove them")


def ascii_text(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want what a protocol of its age can carry: SMTP says name and password in ASCII."""
    if text.isascii():
        return None
    return Trouble("expected ASCII, found other characters, which SMTP cannot carry; set another password")


def ntfy_topic(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want the name alone, not the URL that the browser shows."""
    if re.fullmatch("[-_A-Za-z0-9]{1,64}", text):
        return None
    return Trouble("expected a topic of at most 64 letters, digits, _ and -, found other text; put a server into `url`")


def pagerduty_key(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want the key of an integration; keys for the REST API are shorter."""
    if re.fullmatch("[0-9A-Za-z]{32}", text):
        return None
    message = "expected an integration key of 32 letters and digits, found text of another shape"
    return Trouble(f"{message}; copy it from an integration of the kind Events API v2")


def apprise_url(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want a scheme at least; which ones there are, the version of Apprise decides."""
    if re.match("[a-z0-9]+://.", text):
        return None
    return Trouble("expected a URL in the form of Apprise, found text that is none; write SERVICE://…")


def readable_file(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want a file now: without it every delivery would fail later."""
    if File(text).is_file() and os.access(text, os.R_OK):
        return None
    return Trouble("expected a file that can be read, found none; correct the path or its rights")


def certificates(text: str, siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want certificates in PEM form: a file of something else would fail at the next start, or in every handshake."""
    trouble = readable_file(text, siblings)
    if trouble is not None:
        return trouble
    import ssl  # noqa: PLC0415 - costs memory, and most configurations name no certificate

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(text)
    except (ssl.SSLError, ValueError):
        return Trouble("expected certificates in PEM form, found none in the file; name another")
    return None


def client_key(text: str, siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want the key of the certificate beside it, and no passphrase that somebody would have to type."""
    certificate = siblings.get("client_certificate")
    if not isinstance(certificate, str) or certificates(certificate, siblings) is not None:
        return None  # complained about already
    import ssl  # noqa: PLC0415 - as above

    from pamsignal.deliver.sinks import wire  # noqa: PLC0415 - likewise

    try:
        wire.load_pair(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, Secret(text))
    except ssl.SSLError:
        return Trouble("expected the key of client_certificate in PEM form, without a passphrase, found another text")
    except OSError as error:
        return Trouble(f"could not be tried: {error.strerror}; does a drop-in of the unit forbid memfd_create?")
    return None


def host(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want a name or an address alone."""
    if "://" in text:
        return Trouble("expected a host name or an address, found a URL; write the host alone, the port into `port`")
    if text.count(":") == 1:
        return Trouble("expected a host name or an address, found a port behind it; write that into `port`")
    return None


def directory(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Hint at a directory that is not there yet: the daemon waits for it."""
    if File(text).is_dir():
        return None
    return Trouble("expected a directory, found none; pamsignal will wait until there is one", WARNING)


def database(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Hint at a database that is not there yet: pamsignal works without, and looks every minute."""
    if text == geo.AUTO or File(text).is_file():
        return None
    return Trouble("expected a database, found no file; pamsignal goes on without until there is one", WARNING)


def listen_address(text: str, siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want an address of this host alone, and a port; others could read on the way, unless `allow_remote` says so."""
    expected = "expected an address and a port such as 127.0.0.1:9814 or [::1]:9814"
    try:
        host, port = host_port_of(text)
        ip = ipaddress.ip_address(host)
    except ValueError:
        return Trouble(f"{expected}, found other text; correct it")
    if port not in PORTS:
        return Trouble(f"{expected}, found another port; take one from {PORTS.start} to {PORTS.stop - 1}")
    if not ip.is_loopback and siblings.get("allow_remote") is not True:
        return Trouble(f"{expected}, found one that other hosts reach; correct it, or add `allow_remote: true`")
    return None


def time_zone(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want a zone that this host has the table of."""
    try:
        wall_clock(text)
    except ConfigError as error:
        return Trouble(f"expected a time zone such as Europe/Berlin, found none of that name; {error}")
    return None


def span(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want hours that there are."""
    try:
        span_of(text)
    except ValueError:
        return Trouble(f"expected {hours.EXPECTED}, found other text; correct it")
    return None


def template_headline(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want one line that names known fields alone."""
    return _template(template.check_headline, text)


def template_details(text: str, _siblings: Mapping[str, Any]) -> Optional[Trouble]:
    """Want lines that name known fields alone, and that every channel has room for."""
    return _template(template.check_details, text)


def _template(check: Callable[[str], None], text: str) -> Optional[Trouble]:
    try:
        check(text)
    except template.UnknownFieldError as error:
        close = difflib.get_close_matches(error.name, FIELDS, 1)
        meant = f"did you mean {{{close[0]}}}? " if close else ""
        known = f"known: {', '.join(FIELDS)}"
        found = HIDDEN if is_like_a_secret(error.name) else for_terminal(error.name, 40)
        return Trouble(f"expected a known field, found {{{found}}}; {meant}{known}")
    except template.TemplateError as error:
        return Trouble(str(error))
    return None


RULES: Dict[str, Callable[[str, Mapping[str, Any]], Optional[Trouble]]] = {
    "apprise_url": apprise_url,
    "ascii": ascii_text,
    "certificates": certificates,
    "client_key": client_key,
    "database": database,
    "directory": directory,
    "header_value": header_value,
    "listen_address": listen_address,
    "host": host,
    "network": network,
    "ntfy_topic": ntfy_topic,
    "pagerduty_key": pagerduty_key,
    "server_url": server_url,
    "signing_secret": signing_secret,
    "span": span,
    "telegram_token": telegram_token,
    "time_zone": time_zone,
    "template_details": template_details,
    "template_headline": template_headline,
    "url": url,
}
