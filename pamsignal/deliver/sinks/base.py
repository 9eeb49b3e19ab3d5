"""What every sink is: a payload, and the reading of the answer. It never retries, logs or stores."""

from __future__ import annotations

from typing import NamedTuple, Protocol, Sequence

from pamsignal.deliver.sinks.look import Look
from pamsignal.model import Alert, Result


class Preview(NamedTuple):
    """What `deliver` would send, in lines fit for a terminal, every secret masked; and how it looks to its readers.

    `look` is empty where they read the request itself, or nobody does.
    """

    request: str
    look: Look = ()


class Sink(Protocol):
    """One destination for alerts.

    `name` is the key in the configuration. `batch` is how many alerts one `deliver` call may carry: a sink that
    answers for each alert on its own says 1.
    """

    name: str
    batch: int

    def deliver(self, alerts: Sequence[Alert]) -> Result:
        """Deliver all `alerts` or none, and say how it went. Expected failures are values, never exceptions."""
        ...

    def preview(self, alert: Alert) -> Preview:
        """Return what `deliver` would send, and how it looks there."""
        ...
