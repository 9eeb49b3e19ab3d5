"""The sinks by the name of their type. Adding one is a module and a line here.

Importing this costs next to nothing: what is heavy (requests) is imported by the `build` that needs it.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Type

from pamsignal.deliver.sinks import console, journald, slack, telegram, webhook
from pamsignal.deliver.sinks.base import Sink


class SinkType(NamedTuple):
    """`settings` is a NamedTuple whose fields are the keys in the configuration; `build` takes a name and one of it."""

    settings: Type[Any]
    build: Callable[..., Sink]


SINKS: Dict[str, SinkType] = {
    "console": SinkType(console.Settings, console.build),
    "journald": SinkType(journald.Settings, journald.build),
    "slack": SinkType(slack.Settings, slack.build),
    "telegram": SinkType(telegram.Settings, telegram.build),
    "webhook": SinkType(webhook.Settings, webhook.build),
}
