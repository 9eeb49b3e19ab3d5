"""Events and alerts on standard output, as ECS documents or as lines for people."""

from __future__ import annotations

import argparse
import os
from typing import Optional, TextIO

from pamsignal.model import Alert, Outcome, Severity
from pamsignal.pipeline import Judged, Produced
from pamsignal.render import ecs, text, when

_DIM, _GREEN, _YELLOW, _RED, _BOLD_RED, _PLAIN = "2", "32", "33", "31", "1;31", "0"
_ALERT_COLOR = {
    Severity.INFO: _DIM,
    Severity.NOTICE: _GREEN,
    Severity.WARNING: _YELLOW,
    Severity.CRITICAL: _BOLD_RED,
}


class Documents:
    """Writes what the engine produced: `style` is ecs or text, `only` events, alerts or None for both."""

    def __init__(self, style: str, only: Optional[str], arguments: argparse.Namespace) -> None:
        self._style = style
        self._events = only != "alerts"
        self._alerts = only != "events"
        self._no_color = getattr(arguments, "no_color", False)

    def write(self, produced: Produced, stream: TextIO) -> None:
        """Write one line for each event and alert."""
        if self._events:
            stream.writelines(self._event(judged, stream) + "\n" for judged in produced.events)
        if self._alerts:
            stream.writelines(self._alert(alert, stream) + "\n" for alert in produced.alerts)

    def _event(self, judged: Judged, stream: TextIO) -> str:
        if self._style == "ecs":
            return ecs.to_json_line(ecs.event_document(judged.event, judged.context))
        line = event_line(judged)
        color = _DIM if judged.event.outcome is not Outcome.SUCCESS else _PLAIN
        return painted(line, color, colored=colors_wanted(stream, no_color=self._no_color))

    def _alert(self, alert: Alert, stream: TextIO) -> str:
        if self._style == "ecs":
            return ecs.to_json_line(ecs.alert_document(alert))
        line = f"{when.timestamp(alert.time_us)}  ALERT {alert.severity.word:8}  {text.headline(alert)}"
        return painted(line, _ALERT_COLOR[alert.severity], colored=colors_wanted(stream, no_color=self._no_color))


def event_line(judged: Judged) -> str:
    """Return one line about an event, safe for a terminal."""
    event = judged.event
    shown = Alert(event.id, event.time_us, Severity.INFO, event.action.value, event, judged.context)
    return f"{when.timestamp(event.time_us)}  event           {text.headline(shown)}"


def painted(line: str, color: str, *, colored: bool) -> str:
    """Return `line` in an ANSI colour (ECMA-48 SGR), or as it is."""
    return f"\x1b[{color}m{line}\x1b[0m" if colored else line


def colors_wanted(stream: TextIO, *, no_color: bool) -> bool:
    """Decide as no-color.org and bixense.com/clicolors ask: a terminal that can, unless somebody says otherwise."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
