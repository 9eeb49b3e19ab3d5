"""Events and alerts on standard output: ECS documents, or lines for people, in colour and local time where it fits."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import IO, FrozenSet, Optional

from pamsignal.deliver.forwarding import as_alert
from pamsignal.deliver.sinks.console import wants_color
from pamsignal.model import Alert, AuthEvent
from pamsignal.render import ecs, siem, text, when
from pamsignal.stages import Judged, Produced
from pamsignal.terms import Outcome, Severity

BOLD, DIM, GREEN, YELLOW, RED = "1", "2", "32", "33", "31"
_ALERT_COLOR = {
    Severity.INFO: DIM,
    Severity.NOTICE: GREEN,
    Severity.WARNING: YELLOW,
    Severity.CRITICAL: f"{BOLD};{RED}",
}
SIEM_FORMATS = tuple(name for name in siem.FORMATS if name not in {"ecs", "text"})
WATCH_SECONDS = 2.0
CLEAR_SCREEN = "\x1b[H\x1b[2J"  # ECMA-48 CUP, ED
_SECONDS_END = len("2026-11-23T14:23:01")


class Documents:
    """Writes what the engine produced: `only` events, alerts, or None for both. `style` is ecs, text or a SIEM's."""

    def __init__(self, style: str, only: Optional[str], arguments: argparse.Namespace) -> None:
        self._style = style
        self._events = only != "alerts"
        self._alerts = only != "events"
        self._colored = is_colored(arguments)
        self._local = is_local(arguments)

    def write(self, produced: Produced, stream: IO[str]) -> None:
        """Write one line for each event and alert; people read an event that alerts by itself once, as the alert."""
        if self._events:
            told = self._told(produced)
            stream.writelines(self._event(judged) + "\n" for judged in produced.events if judged.event.id not in told)
        if self._alerts:
            stream.writelines(self._alert(alert) + "\n" for alert in produced.alerts)

    def _told(self, produced: Produced) -> FrozenSet[str]:
        """Return the ids of the events that the alerts' lines tell in full."""
        if self._style != "text" or not self._alerts:
            return frozenset()
        return frozenset(alert.subject.id for alert in produced.alerts if isinstance(alert.subject, AuthEvent))

    def _event(self, judged: Judged) -> str:
        event = judged.event
        if self._style == "ecs":
            return ecs.to_json_line(ecs.event_document(event, judged.context))
        shown = as_alert(event, judged.context)
        if self._style in SIEM_FORMATS:
            return siem.FORMATS[self._style](shown)
        line = f"{timestamp(event.time_us, local=self._local)}  event           {text.headline(shown)}"
        return painted(line, DIM, colored=self._colored and event.outcome is not Outcome.SUCCESS)

    def _alert(self, alert: Alert) -> str:
        if self._style == "ecs":
            return ecs.to_json_line(ecs.alert_document(alert))
        if self._style in SIEM_FORMATS:
            return siem.FORMATS[self._style](alert)
        stamp = timestamp(alert.time_us, local=self._local)
        line = f"{stamp}  ALERT {alert.severity.word:8}  {text.headline(alert)}"
        return painted(line, _ALERT_COLOR[alert.severity], colored=self._colored)


def say_nothing_found(arguments: argparse.Namespace) -> None:
    """Tell whoever looks, and no pipe, that there is nothing."""
    if not getattr(arguments, "quiet", False):
        print("pamsignal: nothing found", file=sys.stderr)


def painted(line: str, color: str, *, colored: bool) -> str:
    """Return `line` in an ANSI colour (ECMA-48 SGR), or as it is."""
    return f"\x1b[{color}m{line}\x1b[0m" if colored else line


def is_colored(arguments: argparse.Namespace) -> bool:
    """Tell whether standard output gets colours: as --no-color says, else as the environment and the terminal do."""
    choice = "never" if getattr(arguments, "no_color", False) else "auto"
    return wants_color(choice, os.environ, is_terminal=sys.stdout.isatty())


def is_local(arguments: argparse.Namespace) -> bool:
    """Tell whether times are shown in local time: to a person at a terminal who did not say --utc, and nobody else.

    What goes into a file or a pipe is the same on every host.
    """
    return sys.stdout.isatty() and not getattr(arguments, "utc", False)


def timestamp(time_us: int, *, local: bool) -> str:
    """Return RFC 3339 in whole seconds, in UTC or with the offset of local time: `2026-11-23T14:23:01+01:00`."""
    if not local:
        return f"{when.timestamp(time_us)[:_SECONDS_END]}Z"
    offset_minutes = time.localtime(time_us // 1_000_000).tm_gmtoff // 60
    hours, minutes = divmod(abs(offset_minutes), 60)
    shown = when.timestamp(time_us + offset_minutes * 60_000_000)[:_SECONDS_END]
    return f"{shown}{'-' if offset_minutes < 0 else '+'}{hours:02d}:{minutes:02d}"
