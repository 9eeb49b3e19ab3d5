"""What can be remarkable about one event, and how loud each makes the alert about it: one table, most telling first."""

from __future__ import annotations

from typing import Collection, Dict, Iterable, Mapping, Optional, Tuple

from pamsignal.terms import Severity

# None: not told unless somebody asks for it. INFO: told, but no reason to be louder than the event itself.
DEFAULTS: Dict[str, Optional[Severity]] = {
    "impossible_travel": Severity.CRITICAL,
    "unusual_hours": Severity.WARNING,
    "password_login": Severity.WARNING,
    "first_login": Severity.WARNING,
    "hosting_network": None,
    "new_country": Severity.WARNING,
    "new_network": Severity.WARNING,
    "new_address": Severity.INFO,
    "new_key": Severity.WARNING,
    "root_login": Severity.INFO,
    "first_elevation": Severity.NOTICE,
}


def told(found: Collection[str], weights: Mapping[str, Optional[Severity]]) -> Tuple[str, ...]:
    """Return those of `found` that are to be told, most telling first."""
    return tuple(reason for reason in DEFAULTS if reason in found and weights.get(reason) is not None)


def severity_of(reasons: Iterable[str], weights: Mapping[str, Optional[Severity]]) -> Severity:
    """Return how loud an event is at least for its `reasons`."""
    return max((weights.get(reason) or Severity.INFO for reason in reasons), default=Severity.INFO)
