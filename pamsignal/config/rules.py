"""What a schema cannot say: networks, URLs, tokens, files, and keys that must go together.

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
from typing import Any, Callable, Container, Dict, Iterator, Mapping, NamedTuple, Optional
from urllib.parse import urlsplit

from pamsignal import hours
from pamsignal.config.problem import ERROR, WARNING, Misfit
from pamsignal.config.schema import Document, Path
from pamsignal.deliver.sinks.safety import is_link_local
from pamsignal.detect.familiar import NOTED
from pamsignal.detect.notable import DEFAULT_ACTIONS, severity_of
from pamsignal.enrich import geo
from pamsignal.errors import ConfigError
from pamsignal.hours import span_of
from pamsignal.model import Action, AuthEvent, Secret, Severity
from pamsignal.render import template
from pamsignal.render.escape import for_terminal
from pamsignal.render.fields import FIELDS
from pamsignal.runtime.host_port import host_port_of
from pamsignal.runtime.zone import wall_clock

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
    found = f'found "{for_terminal(text)}"'
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
    if refused is None and parts.scheme == "http" and not _is_loopback(host):
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


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
    except OSError:
        return Trouble("expected the key of client_certificate in PEM form, without a passphrase, found another text")
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
        return Trouble(f"expected a known field, found {{{for_terminal(error.name, 40)}}}; {meant}{known}")
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


def misfits_between(document: Document, broken: Container[Path]) -> Iterator[Misfit]:
    """Yield what is wrong between the keys of a filled document; sections in `broken` have been complained about."""
    sinks = document["sinks"] if isinstance(document["sinks"], dict) else {}
    for name, sink in sinks.items():
        if ("sinks", name) not in broken:
            yield from _within_sink(("sinks", name), sink)
    if ("detect",) not in broken and ("journal",) not in broken:
        yield from _windows(document)
    if ("audit",) not in broken:
        yield from _typing(document)
    if ("metrics",) not in broken:
        yield from _unpublished(document["metrics"])
    if ("sinks",) not in broken:
        yield from _silence(document)
        if ("alerts",) not in broken:
            yield from _unheard(document)


def _within_sink(path: Path, sink: Mapping[str, Any]) -> Iterator[Misfit]:
    if sink.get("signing") == "standard" and not sink.get("secrets"):
        message = "expected at least one signing secret, found none; add `secrets:`, or `signing: none`"
        yield Misfit((*path, "secrets") if "secrets" in sink else path, message)
    if sink.get("signing") == "none" and sink.get("secrets"):
        message = "expected no secrets with `signing: none`, found some, which nothing uses; remove one of the two"
        yield Misfit((*path, "secrets"), message, WARNING)
    if (sink.get("username") is None) != (sink.get("password") is None):
        message = "expected `username` and `password` together, found one of them; add or remove the other"
        yield Misfit(path, message, at_key=True)
    if sink.get("security") == "none" and not _is_loopback(sink["host"]):
        message = "expected starttls or tls, found none, which is for a mail server on this very host; correct one"
        yield Misfit((*path, "security"), message)
    yield from _within_wire(path, sink)
    both = sorted(set(sink.get("actions") or ()) & set(sink.get("exclude") or ()))
    if both:
        message = f"expected names that `actions` does not ask for, found {', '.join(both)}; remove them from one"
        yield Misfit((*path, "exclude"), message, WARNING)


def _within_wire(path: Path, sink: Mapping[str, Any]) -> Iterator[Misfit]:
    """Want what a way to a collector needs, and nothing that it could not use."""
    if sink["type"] != "syslog":
        return
    if sink["transport"] == "tcp" and sink["port"] is None:
        message = "expected `port` with `transport: tcp`, which has no usual one, found none; add the receiver's"
        yield Misfit(path, message, at_key=True)
    usual = {("tcp", 6514): "tls", ("tls", 514): "tcp or udp"}.get((sink["transport"], sink["port"]))
    if usual is not None:
        message = f"expected another port with `transport: {sink['transport']}`, found {sink['port']}, which is usually"
        yield Misfit((*path, "port"), f"{message} {usual}; correct one of the two if that was not meant", WARNING)
    if (sink["client_certificate"] is None) != (sink["client_key"] is None):
        message = "expected `client_certificate` and `client_key` together, found one of them; add or remove the other"
        yield Misfit(path, message, at_key=True)
    if sink["transport"] != "tls":
        for key in ("ca_file", "server_name", "client_certificate", "client_key"):
            if sink[key] is not None:
                message = f"expected it with `transport: tls` alone, found {sink['transport']}; correct one of the two"
                yield Misfit((*path, key), message)
    if sink["transport"] == "udp" and sink["framing"] == "newline":
        message = "expected no framing with `transport: udp`, found newline, which nothing uses; remove it"
        yield Misfit((*path, "framing"), message, WARNING)


def _windows(document: Document) -> Iterator[Misfit]:
    """Want a rewind as long as the longest window: what lies further back is forgotten at a restart."""
    rewind = document["journal"]["rewind_seconds"]
    for rule, settings in document["detect"].items():
        if isinstance(settings, dict) and settings.get("enabled") and settings.get("window_seconds", 0) > rewind:
            message = (
                f"expected at most journal.rewind_seconds ({rewind}), found more, which a restart forgets; raise it"
            )
            yield Misfit(("detect", rule, "window_seconds"), message, WARNING)


def _typing(document: Document) -> Iterator[Misfit]:
    """Hint at keystrokes that nobody records."""
    if document["audit"]["keystrokes"] and not document["audit"]["enabled"]:
        message = "expected it with `enabled: true` alone, found false, so nothing is recorded; correct one of the two"
        yield Misfit(("audit", "keystrokes"), message, WARNING)


def _unpublished(metrics: Mapping[str, Any]) -> Iterator[Misfit]:
    """Hint at metrics that nobody can read."""
    if not metrics["enabled"] and metrics["listen"] is not None:
        message = "expected `enabled: true` with it, found metrics switched off; add it, or remove `listen`"
        yield Misfit(("metrics", "listen"), message, WARNING)
    if metrics["enabled"] and metrics["textfile"] is None and metrics["listen"] is None:
        message = "expected `textfile` or `listen`, found neither: nobody can read them; set one"
        yield Misfit(("metrics",), message, WARNING)


def _silence(document: Document) -> Iterator[Misfit]:
    if not any(sink["enabled"] for sink in document["sinks"].values()):
        yield Misfit(("sinks",), "expected a sink that is enabled, found none: nobody would hear; add one", WARNING)


def _unheard(document: Document) -> Iterator[Misfit]:
    """Hint at actions that somebody asked for and no sink takes; the default list is nobody's wish."""
    names = document["alerts"]["actions"]
    sinks = [sink for sink in document["sinks"].values() if sink["enabled"]]
    if frozenset(names) == DEFAULT_ACTIONS or not sinks:
        return
    for index, name in enumerate(names):
        severity = severity_of(AuthEvent("", 0, None, "", Action(name))) or Severity.INFO
        if not any(_takes(sink, name, severity) for sink in sinks):
            message = f"expected a sink that takes {name} (severity {severity.word}), found none"
            remedy = "give one `min_severity: info`" if severity is Severity.INFO else "correct a sink's filters"
            yield Misfit(("alerts", "actions", index), f"{message}; {remedy}, or remove it", WARNING)


def _takes(sink: Mapping[str, Any], name: str, severity: Severity) -> bool:
    is_listed = sink["actions"] is None or name in sink["actions"]
    if sink["reasons"] is not None and name not in {action.value for action in NOTED}:
        return False
    return is_listed and name not in sink["exclude"] and severity >= Severity[sink["min_severity"].upper()]
