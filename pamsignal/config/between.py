"""What a schema cannot say about keys that go together: what one needs, could not use, or would say to nobody."""

from __future__ import annotations

from typing import Any, Container, Iterator, Mapping

from pamsignal.config.problem import WARNING, Misfit
from pamsignal.config.schema import Document, Path
from pamsignal.deliver.sinks.safety import is_loopback
from pamsignal.detect.familiar import NOTED
from pamsignal.detect.notable import DEFAULT_ACTIONS, severity_of
from pamsignal.model import AuthEvent
from pamsignal.terms import Action, Severity


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
    if sink.get("security") == "none" and not is_loopback(sink["host"]):
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
    """Hint at keystrokes that nobody records, and at an audit log that nobody reads."""
    audit = document["audit"]
    for key, lacking in (("keystrokes", "recorded"), ("log", "read")):
        if audit[key] and not audit["enabled"]:
            message = f"expected it with `enabled: true` alone, found false, so nothing is {lacking}"
            yield Misfit(("audit", key), f"{message}; correct one of the two", WARNING)


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
