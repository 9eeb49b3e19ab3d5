"""Rows of the file → values; what this version did not write becomes none, or a new one."""

from __future__ import annotations

import json
from typing import Optional

from pamsignal.deliver import codec
from pamsignal.deliver.turn import NEW_CHANNEL, Channel
from pamsignal.model import Alert


def alert_or_none(text: str) -> Optional[Alert]:
    """Return the alert, None if it cannot be read."""
    try:
        return codec.load(text)
    except ValueError:
        return None


def channel_of(text: str) -> Channel:
    """Return the channel, as good as new if it cannot be read."""
    try:
        document = json.loads(text)
        return Channel(**{name: document[name] for name in Channel._fields if name in document})
    except (ValueError, TypeError):
        return NEW_CHANNEL
