"""The sinks by the name of their type. Adding one is a module and a line here.

Importing this costs next to nothing: what is heavy (requests) is imported by the `build` that needs it.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Type

from pamsignal.deliver.sinks import (
    apprise,
    console,
    discord,
    email,
    gotify,
    journald,
    ntfy,
    pagerduty,
    slack,
    syslog,
    teams,
    telegram,
    webhook,
    whatsapp,
)
from pamsignal.deliver.sinks.base import Sink


class SinkType(NamedTuple):
    """`settings` is a NamedTuple whose fields are the keys in the configuration; `build` takes a name and one of it."""

    settings: Type[Any]
    build: Callable[..., Sink]


SINKS: Dict[str, SinkType] = {
    "apprise": SinkType(apprise.Settings, apprise.build),
    "console": SinkType(console.Settings, console.build),
    "discord": SinkType(discord.Settings, discord.build),
    "email": SinkType(email.Settings, email.build),
    "gotify": SinkType(gotify.Settings, gotify.build),
    "journald": SinkType(journald.Settings, journald.build),
    "ntfy": SinkType(ntfy.Settings, ntfy.build),
    "pagerduty": SinkType(pagerduty.Settings, pagerduty.build),
    "slack": SinkType(slack.Settings, slack.build),
    "syslog": SinkType(syslog.Settings, syslog.build),
    "teams": SinkType(teams.Settings, teams.build),
    "telegram": SinkType(telegram.Settings, telegram.build),
    "webhook": SinkType(webhook.Settings, webhook.build),
    "whatsapp": SinkType(whatsapp.Settings, whatsapp.build),
}
