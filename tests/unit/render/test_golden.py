"""The golden files: what each channel sends for each case. PAMSIGNAL_GOLDEN=write makes them anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pamsignal import __version__
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
    whatsapp,
)
from pamsignal.render import cef, ecs, leef, ocsf
from pamsignal.render.syslog import Sender
from pamsignal.secret import Secret
from tests.builders import NOON_US
from tests.unit.render.cases import CASES

MAIL = email.Settings(sender="alerts@example.org", to=("admin@example.org", "root@example.org"))
COLLECTOR = syslog.Settings(format="text")
SENDER = Sender("web-01", 4711, 10)
GOLDEN = Path(__file__).parents[2] / "data" / "golden"


def as_json(document):
    shown = json.dumps(document, indent=1, sort_keys=True) + "\n"
    return shown.replace(f'"version": "{__version__}"', '"version": "VERSION"')


def as_line(line):
    return line.replace(f"|{__version__}|", "|VERSION|", 1).replace(f'"{__version__}"', '"VERSION"') + "\n"


def event_json(alert):
    event = getattr(alert.subject, "event", alert.subject)
    return None if event is None else as_json(ecs.event_document(event, alert.context, host_id="0123456789abcdef"))


# By kind: settings that say nothing but where it goes.
CHATS = {
    telegram: telegram.Settings(Secret("1:token"), "42"),
    slack: slack.Settings(Secret("https://slack.example/")),
    discord: discord.Settings(Secret("https://discord.example/")),
    teams: teams.Settings(Secret("https://teams.example/")),
    ntfy: ntfy.Settings(Secret("topic")),
    gotify: gotify.Settings("https://gotify.example", Secret("token")),
    whatsapp: whatsapp.Settings(Secret("token"), "12345", "15551234567", "pamsignal"),
}
SHOWN = ("hostile_login", "login_remarkable", "success_after_failures")


def looks(alert):
    """The look of an alert in each chat, styles by their names; for a few cases: the texts stand in other files."""
    if alert not in [CASES[case] for case in SHOWN]:
        return None
    shown = ""
    for module, settings in CHATS.items():
        channel = module.channel(settings)
        runs = channel.look_of(channel.request_for(alert, NOON_US // 1_000_000))
        marked = "".join(f"[{run.style} {run.text}]" if run.style else run.text for run in runs if run.text)
        shown += f"{module.__name__.rpartition('.')[2]}:\n{marked}\n\n"
    return shown


FORMATS = {
    "ecs-alert.json": lambda alert: as_json(ecs.alert_document(alert)),
    "ecs-event.json": event_json,
    "cef.txt": lambda alert: as_line(cef.line_of(alert)),
    "leef1.txt": lambda alert: as_line(leef.line_1_of(alert)),
    "syslog.txt": lambda alert: as_line(syslog.message_of(alert, COLLECTOR, SENDER, 7).decode()),
    "ocsf.json": lambda alert: as_json(ocsf.document_of(alert)),
    "leef2.txt": lambda alert: as_line(leef.line_2_of(alert)),
    "telegram.html": lambda alert: telegram.html_of(alert) + "\n",
    "telegram.txt": lambda alert: telegram.plain_of(alert) + "\n",
    "slack.txt": lambda alert: f"{slack.notice_of(alert)}\n\n{slack.section_of(alert)}\n",
    "discord.txt": lambda alert: f"{discord.content_of(alert)}\n\n{discord.description_of(alert)}\n",
    "teams.jsonl": lambda alert: "".join(f"{json.dumps(each)}\n" for each in teams.body_of(alert, 512)),
    "ntfy.txt": lambda alert: f"{ntfy.title_of(alert)}\n\n{ntfy.message_of(alert, 512)}\n",
    "gotify.txt": lambda alert: f"{gotify.title_of(alert)}\n\n{gotify.message_of(alert)}\n",
    "email.eml": lambda alert: email.message_of(alert, MAIL, NOON_US // 1_000_000).as_string().replace("\r\n", "\n"),
    "pagerduty.json": lambda alert: as_json(pagerduty.event_of(alert)),
    "whatsapp.txt": lambda alert: "\n".join(whatsapp.values_of(alert)) + "\n",
    "looks.txt": looks,
    "apprise.txt": lambda alert: f"{apprise.title_of(alert)}\n\n{apprise.body_of(alert)}\n",
    "console.txt": lambda alert: console.lines_of(alert, color=False),
    "journald.txt": lambda alert: "".join(f"{octets!r}\n" for octets in journald.entry_of(alert).splitlines()),
}
WANTED = [(case, name) for case in CASES for name, make in FORMATS.items() if make(CASES[case]) is not None]


@pytest.mark.parametrize(("case", "name"), WANTED)
def test_a_channel_says_what_its_golden_file_says(case, name):
    path = GOLDEN / case / name
    made = FORMATS[name](CASES[case])
    if os.environ.get("PAMSIGNAL_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    kept = {(path.parent.name, path.name) for path in GOLDEN.glob("*/*")}
    assert kept == set(WANTED)
