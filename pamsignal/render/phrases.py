"""The parts that headlines and labelled values share: a name, a place, how many."""

from __future__ import annotations

from typing import Callable, Optional, Sequence

from pamsignal.model import Alert, Context, Endpoint, Finding, Typed
from pamsignal.render import escape, words

Show = Callable[[str], str]

_SAMPLE = 10  # names and addresses that one field lists
_SAMPLE_LIMIT = 64  # code points of each


def name(value: str, show: Show) -> str:
    """Show `value` inside a sentence: in quotation marks, unless it is one word and cannot pass for more."""
    return show(value) if escape.is_plain_name(value) else f"“{show(value)}”"


def host(endpoint: Endpoint) -> str:
    """Return the address, or the name where only that is known."""
    return str(endpoint.ip or endpoint.host or "an unknown address")


def place(context: Context) -> str:
    """Return city and country, as far as they are known; empty where nothing is."""
    return ", ".join(part for part in (context.city, context.country) if part)


def failures(alert: Alert) -> str:
    """Return how many attempts failed before a success."""
    return f"{alert.failures_before} failed attempt{'' if alert.failures_before == 1 else 's'}"


def count(finding: Finding) -> str:
    """Return how many attempts, and connections without one, a finding counted."""
    attempts = f"{finding.attempts} attempt{'' if finding.attempts == 1 else 's'}"
    if not finding.weak:
        return attempts
    return f"{attempts} and {connections(finding.weak)}" if finding.attempts else connections(finding.weak)


def connections(weak: int) -> str:
    """Return how many connections ended without a login."""
    return f"{weak} connection{'' if weak == 1 else 's'} without a login"


def size(typed: Typed) -> str:
    """Return how much was typed."""
    return f"{typed.size_bytes} byte{'' if typed.size_bytes == 1 else 's'}"


def sample(names: Sequence[str], total: int) -> Optional[str]:
    """List the first names; one that is more than a word stands in quotation marks, those inside doubled as in CSV."""
    listed = names[:_SAMPLE]
    shown = ", ".join(n if escape.is_plain_name(n) else _in_csv(n) for n in listed)
    rest = max(total, len(names)) - len(listed)
    return f"{shown} and {rest} more" if rest > 0 and shown else shown


def _in_csv(name: str) -> str:
    return '"' + escape.cut(name, _SAMPLE_LIMIT).replace('"', '""') + '"'


def is_note(finding: Finding) -> bool:
    """Tell whether the headline says all that a finding has to say, in the finding's own words."""
    return not words.of_rule(finding.rule).link
