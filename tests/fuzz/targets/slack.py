"""Slack's mrkdwn: no value leaves its code span, nothing is alive, as many lines as ever, and no more than Slack takes."""

from __future__ import annotations

import re

from pamsignal.deliver.sinks import slack
from tests.fuzz.alert import alert_with, bland, harm_in, texts_of
from tests.harness.services import LIVELY, outside_code

SECTION_LIMIT, NOTICE_LIMIT = 3000, 4000
_ENTITY = re.compile("&(?:amp|lt|gt);")


def target(data: bytes) -> None:
    """Render one alert."""
    texts = texts_of(data)
    alert, tame = alert_with(texts), alert_with(bland(texts))
    section, notice = slack.section_of(alert), slack.notice_of(alert)
    assert 0 < len(section) <= SECTION_LIMIT
    assert 0 < len(notice) <= NOTICE_LIMIT
    # Fewer where a command to paste is left out, as its name is none to paste.
    assert section.count("`") % 2 == 0
    assert section.count("`") <= slack.section_of(tame).count("`"), "a span that is not ours"
    assert section.count("\n") <= slack.section_of(tame).count("\n"), "a line that is not ours"
    assert "\n" not in notice
    for text in (section, notice):
        assert harm_in(text) == ""
        assert not re.search("[<>]", text), "markup that is not ours"
        assert "&" not in _ENTITY.sub("", text), "an entity that is none"
    assert not LIVELY.search(outside_code(section)), "something alive"
