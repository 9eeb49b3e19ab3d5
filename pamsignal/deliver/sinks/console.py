"""Alerts on a terminal or in a file: the headline in the colour of its severity, then one line per field."""

from __future__ import annotations

import os
import sys
from typing import Dict, Mapping, NamedTuple, Optional, Sequence, TextIO

from pamsignal.deliver.sinks.base import Preview, Sink
from pamsignal.model import Alert, Refused, Result, Sent
from pamsignal.render import escape, text, when
from pamsignal.terms import Severity

_COLORS: Dict[Severity, str] = {  # SGR parameters, ECMA-48 8.3.117
    Severity.INFO: "2",
    Severity.NOTICE: "36",
    Severity.WARNING: "33",
    Severity.CRITICAL: "1;31",
}


class Settings(NamedTuple):
    """`color` is auto, always or never."""

    color: str = "auto"


def build(name: str, settings: Settings, stream: Optional[TextIO] = None) -> Sink:
    """Return the sink `name`, writing to `stream`, by default standard output."""
    target = stream or sys.stdout
    return Console(name, target, color=wants_color(settings.color, os.environ, is_terminal=target.isatty()))


def wants_color(choice: str, environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Decide as the settings say, else as https://no-color.org and https://bixense.com/clicolors do."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return is_terminal and environment.get("TERM") != "dumb"


def lines_of(alert: Alert, *, color: bool) -> str:
    """Return the alert as lines for a terminal, the last one ended."""
    first = f"{when.for_people(alert.time_us)} {alert.severity.word.upper():8} {text.headline(alert)}"
    if color:
        first = f"\x1b[{_COLORS[alert.severity]}m{first}\x1b[0m"
    own = text.own_lines(alert, escape.for_terminal, escape.VALUE_LIMIT)
    rest = [f"    {line}" for line in own] or [
        f"    {label + ':':14} {escape.for_terminal(value)}" for label, value in text.fields(alert)
    ]
    return "\n".join((first, *rest)) + "\n"


class Console:
    """A sink that prints."""

    batch = 1

    def __init__(self, name: str, stream: TextIO, *, color: bool) -> None:
        self.name = name
        self._stream = stream
        self._color = color

    def deliver(self, alerts: Sequence[Alert]) -> Result:
        """Print each of `alerts`; a stream that is closed will not come back."""
        try:
            for alert in alerts:
                self._stream.write(self._encodable(lines_of(alert, color=self._color)))
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: write to a closed file
            return Refused("gone", "the output is closed", pause=True)
        return Sent()

    def preview(self, alert: Alert) -> Preview:
        """Return the lines, without colour."""
        return Preview(lines_of(alert, color=False).rstrip("\n"))

    def _encodable(self, shown: str) -> str:
        encoding = self._stream.encoding or "utf-8"
        return shown.encode(encoding, "backslashreplace").decode(encoding)
