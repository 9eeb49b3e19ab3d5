"""`pamsignal test-alert`: a marked alert through the configured sinks, as a login would go."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import List, Sequence

from pamsignal.cli.run import config_path
from pamsignal.config import load
from pamsignal.config.settings import Settings
from pamsignal.daemon import sinks_of
from pamsignal.deliver.sinks.base import Sink
from pamsignal.detect import alert_about
from pamsignal.errors import UsageError
from pamsignal.model import Alert, Finding, Sent, Severity
from pamsignal.render import text
from pamsignal.render.escape import for_terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `test-alert` takes."""
    parser.add_argument("sinks", nargs="*", metavar="SINK", help="names of sinks in the configuration; none means all")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be sent, secrets masked")


def run(arguments: argparse.Namespace) -> int:
    """Send, or show, one alert for each sink; 1 if any sink does not take it."""
    path = config_path(getattr(arguments, "config", None))
    settings = load.load(path) if path else load.defaults()
    return send(settings, arguments.sinks, dry_run=arguments.dry_run)


def send(settings: Settings, names: Sequence[str], *, dry_run: bool) -> int:
    """Do it for the sinks called `names`, or all."""
    sinks = _chosen(sinks_of(settings), names)
    alert = marked_alert(settings)
    failed = False
    for sink in sinks:
        if dry_run:
            sys.stdout.write(f"{sink.name}:\n{_preview(sink, alert)}\n")
            continue
        result = sink.deliver([alert])
        arrived = isinstance(result, Sent)
        failed = failed or not arrived
        print(
            f"{sink.name}: {'sent' if isinstance(result, Sent) else for_terminal(f'{result.reason}: {result.detail}')}"
        )
    return 1 if failed else 0


def marked_alert(settings: Settings) -> Alert:
    """Return an alert that nobody can take for a real one."""
    finding = Finding(
        rule="test_alert",
        key="test",
        time_us=time.time_ns() // 1000,
        hostname=settings.hostname or os.uname().nodename,
        note="pamsignal can reach you here. Nothing has happened.",
    )
    return alert_about(finding, Severity.NOTICE)


def _chosen(sinks: List[Sink], names: Sequence[str]) -> List[Sink]:
    known = {sink.name: sink for sink in sinks}
    for name in names:
        if name not in known:
            raise UsageError(f"no sink is called {name!r}. There are: {', '.join(known) or 'none'}")
    chosen = [known[name] for name in names] or sinks
    if not chosen:
        raise UsageError("no sink is configured. Write a configuration with: pamsignal init")
    return chosen


def _preview(sink: Sink, alert: Alert) -> str:
    preview = getattr(sink, "preview", None)
    if callable(preview):
        return str(preview(alert))
    return "\n".join(
        [text.headline(alert), *(f"  {label}: {for_terminal(value)}" for label, value in text.fields(alert))]
    )
