"""Telegram's HTML: nothing but our own tags, nothing alive, as many lines as ever, and not more than a message takes.

The same message without markup is what a reader sees of it.
"""

from __future__ import annotations

import html
import re

from pamsignal.deliver.sinks import telegram
from tests.fuzz.alert import alert_with, bland, harm_in, texts_of
from tests.harness.services import LIVELY

LIMIT = 4096  # of UTF-16 units, after the entities are parsed
_SPAN = re.compile("<code>([^<>]*)</code>")
_ENTITY = re.compile("&(?:amp|lt|gt|quot|#39);")


def target(data: bytes) -> None:
    """Render one alert."""
    texts = texts_of(data)
    alert, tame = alert_with(texts), alert_with(bland(texts))
    marked, plain = telegram.html_of(alert), telegram.plain_of(alert)
    outside = _SPAN.sub("", marked)
    assert not re.search("[<>]", outside), "a tag that is not ours"
    assert "&" not in _ENTITY.sub("", marked), "an entity that is none"
    assert not LIVELY.search(outside), "something alive"
    # Fewer where a command to paste is left out, as its name is none to paste.
    assert len(_SPAN.findall(marked)) <= len(_SPAN.findall(telegram.html_of(tame))), "a value that is none"
    assert marked.count("\n") <= telegram.html_of(tame).count("\n"), "a line that is not ours"
    seen = html.unescape(_SPAN.sub(r"\1", marked))
    assert len(seen.encode("utf-16-le")) <= 2 * LIMIT
    assert harm_in(seen) == harm_in(plain) == ""
    assert letters(seen) == letters(plain)


def letters(text: str) -> str:
    """Return what no markup and no quotation mark changes."""
    return "".join(one for one in text if one.isalnum())
