"""The stand-ins for services notice what they are there to notice."""

from __future__ import annotations

import json
import sys

import pytest

from pamsignal.deliver.sinks import SINKS, discord, gotify, ntfy, pagerduty, slack, teams, telegram, whatsapp
from pamsignal.secret import Secret
from tests.builders import an_alert
from tests.harness.receiver import Received
from tests.harness.services import SERVICES, complaints_of

CHANNELS = {
    "telegram": telegram.channel(telegram.Settings(Secret("1:x"), "1")),
    "slack": slack.channel(slack.Settings(Secret("https://x"))),
    "discord": discord.channel(discord.Settings(Secret("https://x"))),
    "teams": teams.channel(teams.Settings(Secret("https://x"))),
    "ntfy": ntfy.channel(ntfy.Settings(Secret("x"))),
    "gotify": gotify.channel(gotify.Settings("https://x", Secret("x"))),
    "pagerduty": pagerduty.channel(pagerduty.Settings(Secret("x" * 32))),
    "whatsapp": whatsapp.channel(whatsapp.Settings(Secret("x"), "12345", "12345", "x")),
}
PATHS = {
    "telegram": ("text",),
    "slack": ("blocks", 0, "text", "text"),
    "discord": ("content",),
    "teams": ("attachments", 0, "content", "body", 0, "inlines", 0, "text"),
    "ntfy": ("message",),
    "gotify": ("message",),
    "pagerduty": ("payload", "summary"),
    "whatsapp": ("template", "components", 0, "parameters", 2, "text"),
}


def received(kind, text=None):
    """A request of ours, with `text` in place of the longest one."""
    request = CHANNELS[kind].request_for(an_alert(), 0)
    message = json.loads(request.body)
    if text is not None:
        *path, last = PATHS[kind]
        place = message
        for step in path:
            place = place[step]
        place[last] = text
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    return Received("POST", request.url.reveal(), headers, json.dumps(message).encode())


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_request_of_ours_is_fine(kind):
    assert complaints_of(kind, received(kind)) == []


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize("text", ["", "x" * 600_000], ids=["empty", "too long"])
def test_a_text_of_the_wrong_length_is_noticed(kind, text):
    if (kind, text != "") != ("gotify", True):  # Gotify names no limit
        assert complaints_of(kind, received(kind, text)) != []


@pytest.mark.parametrize("kind", sorted(set(CHANNELS) - {"teams"}))  # whose text runs read no markup
@pytest.mark.parametrize("text", ["see https://evil.example/x", "see WWW.evil.example"])
def test_a_link_is_noticed(kind, text):
    assert complaints_of(kind, received(kind, text)) != []


@pytest.mark.parametrize("kind", ["telegram", "slack", "discord", "whatsapp"])
@pytest.mark.parametrize("text", ["@everyone", "<@123>", "[a](b)"])
def test_a_mention_is_noticed(kind, text):
    assert complaints_of(kind, received(kind, text)) != []


def test_every_service_that_is_spoken_to_by_http_has_a_stand_in():
    """Apprise brings its own HTTP, and speaks to so many services that none stands for them."""
    by_http = {kind for kind, sink in SINKS.items() if hasattr(sys.modules[sink.build.__module__], "channel")}
    assert by_http == set(SERVICES)


def test_every_service_with_a_body_of_its_own_is_tried_here():
    assert {*CHANNELS, "webhook"} == set(SERVICES)
