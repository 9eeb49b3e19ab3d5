"""How a message looks to those who read it: runs of text, of what is sent and what a service makes of its marks. Pure.

Only the marks of our own texts, and the usual ones of templates, are read; what else stands there, stays.
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Tuple

PLAIN, BOLD, ITALIC, CODE = "", "bold", "italic", "code"

# A code span first: within one, nothing else is a mark. https://docs.slack.dev/messaging/formatting-message-text
# None is compiled before it is needed: the daemon never does.
SLACK = (
    r"`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<bold>(?:`[^`\n]*`|[^*`\n])+)\*(?![\w*])"
    r"|(?<!\w)_(?P<italic>(?:`[^`\n]*`|[^_`\n])+)_(?!\w)"
)
# https://docs.discord.com/developers/reference#message-formatting and Markdown, of which that is a kind
DISCORD = (
    r"`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>(?:`[^`\n]*`|\*(?!\*)|[^*`\n])+)\*\*"
    r"|\*(?P<italic>(?:`[^`\n]*`|[^*`\n])+)\*"
)
# https://core.telegram.org/bots/api#html-style; Telegram refuses a text with any other, which then arrives as it is
_TAG = r"<(?P<end>/?)(?P<name>b|strong|i|em|u|ins|s|strike|del|span|tg-[a-z]+|a|code|pre|blockquote)(?: [^<>]*)?>"
_STYLES = {"b": BOLD, "strong": BOLD, "i": ITALIC, "em": ITALIC, "code": CODE, "pre": CODE}


class Run(NamedTuple):
    """A piece of text in one style."""

    text: str
    style: str = PLAIN


Look = Tuple[Run, ...]


def plain(look: Look) -> str:
    """Return the text of `look`, without its styles."""
    return "".join(run.text for run in look)


def by_marks(text: str, marks: str, style: str = PLAIN) -> Iterator[Run]:
    """Yield the runs of `text`, in which the expression `marks` finds styles by the names of its groups."""
    done = 0
    for found in re.finditer(marks, text):
        yield Run(text[done : found.start()], style)
        done = found.end()
        name = str(found.lastgroup)
        if name == CODE:
            yield Run(found[name], CODE)
        else:
            yield from by_marks(found[name], marks, name)
    yield Run(text[done:], style)


def by_tags(text: str) -> Iterator[Run]:
    """Yield the runs of a text in Telegram's HTML."""
    open_styles = [PLAIN]
    done = 0
    for tag in re.finditer(_TAG, text):
        yield Run(unescaped(text[done : tag.start()]), open_styles[-1])
        done = tag.end()
        if not tag["end"]:
            open_styles.append(_STYLES.get(tag["name"], open_styles[-1]))
        elif len(open_styles) > 1:
            open_styles.pop()
    yield Run(unescaped(text[done:]), open_styles[-1])


def unescaped(text: str) -> str:
    """Return `text` with the three characters back that `escape` writes as entities for Slack and Telegram."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
