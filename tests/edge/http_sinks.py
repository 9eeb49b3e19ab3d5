"""A sink of each kind that speaks HTTP, with secrets that are looked for in all that it says."""

from __future__ import annotations

import base64

from pamsignal.deliver.sinks import (
    SINKS,
    discord,
    gotify,
    ntfy,
    pagerduty,
    slack,
    teams,
    telegram,
    webhook,
    whatsapp,
)
from pamsignal.secret import Secret
from tests.harness.services import SERVICES

CANARY = "c4n4ry"
TOKEN = f"123456:{CANARY}"
SIGNING = "whsec_" + base64.b64encode(CANARY.encode() * 5).decode()
CHANNELS = tuple(SERVICES)
KEY = f"{CANARY:0>32}"


def sink_for(kind, url, ca_file=None):
    secret_url = Secret(f"{url}/{CANARY}")
    if kind == "telegram":
        return telegram.build("t", telegram.Settings(Secret(TOKEN), "-100123", api_url=url, ca_file=ca_file))
    if kind == "slack":
        return slack.build("s", slack.Settings(secret_url, ca_file))
    headers = {"Authorization": Secret(f"Bearer {CANARY}")}
    settings = {
        "discord": discord.Settings(secret_url, ca_file=ca_file),
        "teams": teams.Settings(secret_url, ca_file),
        "ntfy": ntfy.Settings(Secret(CANARY), url, Secret(CANARY), ca_file),
        "gotify": gotify.Settings(url, Secret(CANARY), ca_file),
        "pagerduty": pagerduty.Settings(Secret(KEY), url, ca_file),
        "whatsapp": whatsapp.Settings(Secret(CANARY), "12345", "+15551234567", "pamsignal", "de", url, ca_file),
        "webhook": webhook.Settings(secret_url, secrets=(Secret(SIGNING),), headers=headers, ca_file=ca_file),
    }
    return SINKS[kind].build("s", settings[kind])
