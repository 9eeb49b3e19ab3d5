"""`pamsignal test-alert`: a marked alert through the configured sinks, as a login would go."""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import List, Optional, Sequence

from pamsignal.cli import output
from pamsignal.cli.check_config import require_right
from pamsignal.cli.run import config_path
from pamsignal.cli.specimens import specimens
from pamsignal.config import load
from pamsignal.config.load import DEFAULT_PATH
from pamsignal.config.settings import Settings
from pamsignal.daemon import sinks_of
from pamsignal.deliver.forwarding import as_alert, collects, kept_from
from pamsignal.deliver.routes import RouteSettings
from pamsignal.deliver.sinks.base import Sink
from pamsignal.deliver.sinks.look import BOLD, CODE, ITALIC, PLAIN, Run, plain
from pamsignal.detect import alert_about
from pamsignal.errors import UsageError
from pamsignal.model import Alert, AuthEvent, Finding, Result, Sent
from pamsignal.render import escape
from pamsignal.render.escape import for_terminal
from pamsignal.terms import Severity

TEST_RULE = "test_alert"

# How the styles of a message stand on a terminal (ECMA-48 SGR).
_SGR = {PLAIN: "", BOLD: output.BOLD, ITALIC: "3", CODE: "36"}

# What to do about an answer, by how its detail begins.
_REMEDIES = {
    "connection refused": "nothing listens there: correct the host and port in the configuration",
    "HTTP 400: Bad Request: chat not found": "correct chat_id, and write something to the bot, or add it to the group",
    "HTTP 401": "correct the token, secret or header in the configuration",
    "HTTP 403": "give the bot, or the token, the right to write there",
    "HTTP 404": "correct the address or the token in the configuration",
    "HTTP 410": "the address is gone for good: make a new one, and put it into the configuration",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `test-alert` takes."""
    parser.add_argument("sinks", nargs="*", metavar="SINK", help="names of sinks in the configuration; none means all")
    parser.add_argument("--preview", action="store_true", help="show how alerts look, by examples; send nothing")
    parser.add_argument("--rule", metavar="NAME", help="with --preview: only alerts of this action or finding")
    parser.add_argument("--raw", action="store_true", help="with --preview: the requests themselves, secrets masked")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be sent, secrets masked")


def run(arguments: argparse.Namespace) -> int:
    """Send, or show, one alert for each sink; 1 if any sink does not take it."""
    path = config_path(getattr(arguments, "config", None))
    if path:
        require_right(path, "test-alert" if path == DEFAULT_PATH else f"test-alert --config {path}")
    settings = load.load(path) if path else load.defaults()
    as_json = getattr(arguments, "json", False)
    for option in ("rule", "raw"):
        if getattr(arguments, option) and not arguments.preview:
            raise UsageError(f"--{option} goes with --preview")
    if arguments.preview:
        return show(settings, arguments)
    if arguments.dry_run:
        return show_request(settings, arguments.sinks, as_json=as_json)
    return send(settings, arguments.sinks, as_json=as_json, quiet=getattr(arguments, "quiet", False))


def send(settings: Settings, names: Sequence[str], *, as_json: bool = False, quiet: bool = False) -> int:
    """Send it through the sinks called `names`, or all. With `quiet` only failures are told."""
    alert = marked_alert(settings)
    failed = False
    for sink in _chosen(settings, names):
        result = sink.deliver([alert])
        failed = failed or not isinstance(result, Sent)
        if not (quiet and isinstance(result, Sent)):
            print(_as_json(sink, result) if as_json else _in_words(sink, result), flush=True)
    return 1 if failed else 0


def show_request(settings: Settings, names: Sequence[str], *, as_json: bool = False) -> int:
    """Show what exactly each sink would send now, and send nothing."""
    alert = marked_alert(settings)
    for sink in _chosen(settings, names):
        request = sink.preview(alert).request
        document = {"sink": sink.name, "rule": alert.rule, "preview": request}
        print(json.dumps(document) if as_json else f"{sink.name}:\n{request}\n")
    return 0


def show(settings: Settings, arguments: argparse.Namespace) -> int:
    """Show how examples of alerts look at each sink, and which of them it would not get; send nothing."""
    routes = {one.name: one.route for one in settings.sinks}
    colored = output.is_colored(arguments)
    alerts = _specimens(arguments.rule)
    for sink in _chosen(settings, arguments.sinks):
        for alert in alerts:
            preview, kept_by = sink.preview(alert), _kept_by(settings, routes[sink.name], alert)
            if getattr(arguments, "json", False):
                look = plain(preview.look) or preview.request
                document = {"sink": sink.name, "rule": alert.rule, "preview": preview.request, "look": look}
                print(json.dumps({**document, "kept_by": kept_by}))
                continue
            is_raw = arguments.raw or not preview.look
            shown = preview.request if is_raw else "".join(_painted(run, colored=colored) for run in preview.look)
            never = f" (never sent there, by {kept_by})" if kept_by else ""
            print(f"{sink.name}, {alert.rule}{never}:\n{shown}\n")
    return 0


def _kept_by(settings: Settings, route: RouteSettings, alert: Alert) -> Optional[str]:
    """Return the key that keeps `alert` from a sink: the sink's own, or else the one for all of them."""
    subject, rules = alert.subject, settings.detect
    key = kept_from(route, alert)
    if key is not None:
        return key
    if isinstance(subject, AuthEvent):
        is_told = alert.rule in rules.notable.actions or collects(route, as_alert(subject, alert.context))
        return None if is_told else "alerts.actions"
    switches = {name: rule.enabled for name, rule in rules.rules.items()}
    switches["success_after_failures"] = rules.success_after_failures.enabled
    if alert.rule in switches:
        return None if switches[alert.rule] else f"detect.{alert.rule}.enabled"
    return None if rules.blindness.enabled else "detect.blindness.enabled"  # the other examples are of that kind


def _painted(run: Run, *, colored: bool) -> str:
    lines = (escape.visible(line) for line in run.text.split("\n"))
    return "\n".join(output.painted(line, _SGR[run.style], colored=colored and bool(run.style)) for line in lines)


def _specimens(rule: Optional[str]) -> List[Alert]:
    by_rule = specimens()
    if rule is not None and rule not in by_rule:
        raise UsageError(f"there is no example of {for_terminal(rule)}; there are: {', '.join(by_rule)}")
    return [alert for name, alerts in by_rule.items() if rule in (None, name) for alert in alerts]


def marked_alert(settings: Settings) -> Alert:
    """Return an alert that nobody can take for a real one."""
    finding = Finding(
        rule=TEST_RULE,
        key="test",
        time_us=time.time_ns() // 1000,
        hostname=settings.hostname or os.uname().nodename,
        note="pamsignal can reach you here.",
    )
    return alert_about(finding, Severity.NOTICE)


def _in_words(sink: Sink, result: Result) -> str:
    if isinstance(result, Sent):
        return f"{for_terminal(sink.name)}: sent"
    remedy = next((f"; {words}" for beginning, words in _REMEDIES.items() if result.detail.startswith(beginning)), "")
    return f"{for_terminal(sink.name)}: {for_terminal(f'{result.reason}: {result.detail}')}{remedy}"


def _as_json(sink: Sink, result: Result) -> str:
    reason, detail = (None, None) if isinstance(result, Sent) else (result.reason, result.detail or None)
    return json.dumps({"sink": sink.name, "sent": reason is None, "reason": reason, "detail": detail})


def _chosen(settings: Settings, names: Sequence[str]) -> List[Sink]:
    known = {sink.name: sink for sink in sinks_of(settings)}
    for name in names:
        if name not in known:
            is_off = any(one.name == name for one in settings.sinks)
            why = f"sink {name!r} is switched off (enabled: false)" if is_off else f"no sink is called {name!r}"
            raise UsageError(f"{why}. There are: {', '.join(known) or 'none'}")
    chosen = [known[name] for name in names] or list(known.values())
    if not chosen:
        raise UsageError("no sink is configured. Write a configuration with: pamsignal init")
    return chosen
