"""A checked document → typed settings, composed of the stages' own. Pure, but for the secrets it fetches."""

from __future__ import annotations

from typing import Any, Callable, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from pamsignal import detect, enrich, pipeline
from pamsignal.audit import retention, trail
from pamsignal.config.schema import Document, Schema, fingerprint_of, load_schema, resolved
from pamsignal.config.secrets import NO_VAULTS, Reference, secret_of
from pamsignal.deliver import heartbeat
from pamsignal.deliver.routes import DeliverySettings, RouteSettings
from pamsignal.deliver.sinks import SINKS
from pamsignal.deliver.wording import Templates, merged
from pamsignal.detect import blindness, brute_force, familiar, logins, notable, success, travel, trust
from pamsignal.enrich import geo, provider
from pamsignal.hours import Span, span_of
from pamsignal.model import Wording
from pamsignal.parse import audit as kernel_audit
from pamsignal.secret import Secret
from pamsignal.terms import Severity

Resolve = Callable[[Reference], Secret]

WEIGHTS: Mapping[str, Optional[Severity]] = {"ignore": None, **{severity.word: severity for severity in Severity}}
_OF_EVERY_SINK = frozenset({"type", "templates"})  # keys of a sink that neither its route nor its module takes


class JournalSettings(NamedTuple):
    """What to read: `directory` None is this host's journal. Rewind: for the windows. Catch-up: what is still told."""

    directory: Optional[str] = None
    rewind_entries: int = 200_000
    rewind_seconds: int = 86_400
    catch_up_seconds: int = 604_800


class MetricsSettings(NamedTuple):
    """Whether there are metrics, in which file (`auto` is one in the runtime directory), and where to listen."""

    enabled: bool = False
    textfile: Optional[str] = "auto"
    listen: Optional[str] = None
    allow_remote: bool = False


class SinkSettings(NamedTuple):
    """One sink: its name in the file, its type (a key of SINKS), what it wants, and the Settings of its module."""

    name: str
    kind: str
    route: RouteSettings
    settings: Any
    templates: Mapping[str, Wording] = {}


class Settings(NamedTuple):
    """The whole configuration. `fingerprint` is of the document without its secrets, `warnings` are for the log."""

    hostname: Optional[str]
    timezone: Optional[str]
    log_level: str
    status_file: Optional[str]
    journal: JournalSettings
    ignore_services: FrozenSet[str]
    audit: kernel_audit.Settings
    detect: detect.Settings
    late_after_seconds: int
    enrich: enrich.Settings
    sinks: Tuple[SinkSettings, ...]
    delivery: DeliverySettings
    heartbeat: heartbeat.Settings
    trail: trail.Settings
    retention: retention.Settings
    metrics: MetricsSettings
    fingerprint: str
    warnings: Tuple[str, ...] = ()

    @property
    def engine(self) -> pipeline.Settings:
        """What the engine needs of it."""
        return pipeline.Settings(self.ignore_services, self.detect, self.audit)


def fixed_keys(before: Settings, after: Settings) -> List[str]:
    """Return the changed keys that a running daemon cannot take."""
    values = {
        "journal.directory": (before.journal.directory, after.journal.directory),
        "audit.log": (_audit_log(before), _audit_log(after)),
        "status_file": (before.status_file, after.status_file),
        "delivery": (before.delivery, after.delivery),
    }
    return [key for key, (former, changed) in values.items() if former != changed]


def _audit_log(settings: Settings) -> Optional[str]:
    return settings.audit.log if settings.audit.enabled else None


def settings_from(document: Document, resolve: Optional[Resolve] = None) -> Settings:
    """Return the settings of a checked, default-filled document. ConfigError if `resolve` cannot get a secret."""
    root = load_schema()
    fetch = resolve or (lambda reference: secret_of(reference, NO_VAULTS))
    return Settings(
        hostname=document["hostname"],
        timezone=document["timezone"],
        log_level=document["log_level"],
        status_file=document["status_file"],
        journal=JournalSettings(**document["journal"]),
        ignore_services=frozenset(document["ignore_services"]),
        audit=kernel_audit.Settings(**document["audit"]),
        detect=_detect(document),
        late_after_seconds=document["alerts"]["late_after_seconds"],
        enrich=enrich.Settings(geo.Settings(**document["geoip"]), provider.Settings(**document["cloud"])),
        sinks=tuple(_sink(root, name, document, fetch) for name in document["sinks"]),
        delivery=DeliverySettings(**document["delivery"]),
        heartbeat=_heartbeat(document["heartbeat"], fetch),
        trail=_trail(document["trail"], fetch),
        retention=retention.Settings(**document["retention"]),
        metrics=MetricsSettings(**document["metrics"]),
        fingerprint=fingerprint_of(root, document),
    )


def _detect(document: Document) -> detect.Settings:
    section = document["detect"]
    return detect.Settings(
        cooldown_seconds=section["cooldown_seconds"],
        max_tracked=section["max_tracked"],
        rules={name: brute_force.Settings(**section[name]) for name in brute_force.DEFAULTS},
        success_after_failures=success.Settings(**section["success_after_failures"]),
        spoofed_line=section["spoofed_line"]["enabled"],
        trusted=trust.Settings(tuple(document["trusted"]["networks"]), tuple(document["trusted"]["users"])),
        notable=notable.Settings(frozenset(document["alerts"]["actions"])),
        familiar=_familiar(section["familiar"]),
        logins=_logins(section["logins"]),
        blindness=blindness.Settings(**section["blindness"]),
        reasons={name: WEIGHTS[word] for name, word in section["reasons"].items()},
    )


def _familiar(section: Mapping[str, Any]) -> familiar.Settings:
    way = section["travel"]
    return familiar.Settings(
        **{**section, "travel": travel.Settings(**{**way, "ignore_asns": tuple(way["ignore_asns"])})}
    )


def _logins(section: Mapping[str, Any]) -> logins.Settings:
    return logins.Settings(
        keys_only=section["keys_only"],
        hours=_spans(section["hours"]),
        user_hours={user: _spans(hours) for user, hours in section["user_hours"].items()},
        hosting_asns=tuple(section["hosting_asns"]),
    )


def _spans(texts: Sequence[str]) -> Tuple[Span, ...]:
    return tuple(map(span_of, texts))


def _heartbeat(section: Mapping[str, Any], fetch: Resolve) -> heartbeat.Settings:
    url = section["url"]
    return heartbeat.Settings(**{**section, "url": None if url is None else fetch(url)})


def _trail(section: Mapping[str, Any], fetch: Resolve) -> trail.Settings:
    key = {"key": fetch(section["key"])} if "key" in section else {}
    return trail.Settings(**{**section, **key})


def _sink(root: Schema, name: str, document: Document, fetch: Resolve) -> SinkSettings:
    section = document["sinks"][name]
    kind = section["type"]
    properties = resolved(root, root["definitions"]["sink"], section)["properties"]
    typed = {
        key: _typed(root, properties[key], value, fetch) for key, value in section.items() if key not in _OF_EVERY_SINK
    }
    route = {key: typed.pop(key) for key in RouteSettings._fields if key in typed}  # few sinks take events
    route["quiet_hours"] = _spans(route["quiet_hours"])
    route["min_severity"] = Severity[route["min_severity"].upper()]
    templates = merged(_templates(document["templates"]), _templates(section["templates"]))
    return SinkSettings(name, kind, RouteSettings(**route), SINKS[kind].settings(**typed), templates)


def _templates(section: Mapping[str, Mapping[str, Optional[str]]]) -> Templates:
    return {name: Wording(**parts) for name, parts in section.items()}


def _typed(root: Schema, schema: Schema, value: Any, fetch: Resolve) -> Any:
    """Return `value` as the NamedTuples have it: secrets as Secret, lists as tuples, a chat's number as text."""
    schema = resolved(root, schema)
    if schema.get("secret"):
        return None if value is None else fetch(value)
    if isinstance(value, list):
        return tuple(_typed(root, schema["items"], item, fetch) for item in value)
    if isinstance(value, dict):
        return {key: _typed(root, schema["additionalProperties"], part, fetch) for key, part in value.items()}
    return str(value) if isinstance(value, int) and {"string", "integer"} <= set(schema["type"]) else value
