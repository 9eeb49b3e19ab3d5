"""An alert in words: one line, and labelled values. Every channel for people is built from these two.

The fixed words hold no character that any markup knows, so a channel escapes the values alone: `headline` puts each
one through `show`, `fields` gives them raw.
"""

from __future__ import annotations

from typing import Callable, List, Tuple

from pamsignal.model import Alert
from pamsignal.render import advice, escape, template, words
from pamsignal.render.headline import LATE, headline
from pamsignal.render.labelled import fields

__all__ = ["LATE", "ShowCut", "details", "fields", "headline", "message", "own_lines", "shown_fields", "title"]

ShowCut = Callable[[str, int], str]


def title(alert: Alert, show: ShowCut, limit: int) -> str:
    """Return the headline behind the mark of its severity, values through `show` at `limit` code points."""
    return f"{words.SEVERITY_MARKS[alert.severity]} {headline(alert, lambda value: show(value, limit))}"


def message(alert: Alert, show: ShowCut, limit: int) -> str:
    """Return the headline and the details, values through `show` at `limit` code points."""
    return f"{headline(alert, lambda value: show(value, limit))}\n{details(alert, show, limit)}"


def details(alert: Alert, show: ShowCut, limit: int, separator: str = "\n") -> str:
    """Return one line per field, values through `show` at `limit` code points, commands uncut."""
    own = own_lines(alert, show, limit)
    return separator.join(own or [f"{label}: {value}" for label, value in shown_fields(alert, show, limit)])


def own_lines(alert: Alert, show: ShowCut, limit: int) -> List[str]:
    """Return the details in the user's own words, values as in `details`; empty where there are none."""
    if not alert.wording.details:
        return []
    return template.lines(
        alert.wording.details,
        alert,
        lambda value: show(value, limit),
        lambda command: show(command, escape.VALUE_LIMIT),
    )


def shown_fields(alert: Alert, show: ShowCut, limit: int) -> List[Tuple[str, str]]:
    """Return `fields` with the values through `show` at `limit` code points, commands uncut."""
    return [(k, show(value, escape.VALUE_LIMIT if k in advice.LABELS else limit)) for k, value in fields(alert)]
