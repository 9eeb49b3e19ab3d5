"""What `init` asks a person. Each answer is checked at once; one that cannot be used is asked for again."""

from __future__ import annotations

import getpass
import re
import sys
from typing import Callable, List, NamedTuple, Optional

from pamsignal.config import rules
from pamsignal.config.problem import WARNING
from pamsignal.errors import UsageError

KINDS = ("telegram", "slack", "discord", "teams", "ntfy", "webhook")
WEBHOOKS = {"slack": "incoming webhook", "discord": "webhook", "teams": "workflow"}

Rule = Callable[[str], Optional[rules.Trouble]]

_CHAT_ID = re.compile("-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64}")  # as the schema has it


class Destination(NamedTuple):
    """A sink that was asked for: `secret` is its token, URL or topic, `chat_id` Telegram's alone."""

    kind: str
    secret: str
    chat_id: str = ""


def destinations() -> List[Destination]:
    """Ask for one sink after the other until none is wanted."""
    _say("Alerts always go into the journal, where `journalctl -t pamsignal` shows them.")
    chosen: List[Destination] = []
    while True:
        kind = _kind()
        if not kind:
            return chosen
        chosen = [one for one in chosen if one.kind != kind] + [_destination(kind)]


def networks() -> List[str]:
    """Ask for the networks that never page; none is a good answer."""
    question = "Networks that never page, such as 198.51.100.0/24 (blanks between; empty for none): "
    return _asked(question, _networks).replace(",", " ").split()


def _kind() -> str:
    """Return the kind of sink that the answer begins to name, or nothing."""
    while True:
        answer = _line(f"Where else should alerts go? ({', '.join(KINDS)}; empty when done): ").lower()
        if not answer or answer in ("n", "no", "none", "done"):
            return ""
        named = [kind for kind in KINDS if kind.startswith(answer)]
        if named:
            return named[0]
        _say(f"  That is none of them; type one of {', '.join(KINDS)}, or Enter alone.")


def _destination(kind: str) -> Destination:
    if kind == "telegram":
        token = _asked("Token of the bot (not shown): ", _token, hidden=True)
        return Destination(kind, token, _asked("Number of the chat: ", _chat))
    if kind in WEBHOOKS:
        return Destination(kind, _asked(f"URL of the {WEBHOOKS[kind]} (not shown): ", _url, hidden=True))
    if kind == "ntfy":
        return Destination(kind, _asked("Topic on ntfy.sh (not shown): ", _topic, hidden=True))
    return Destination(kind, _asked("URL of the receiver: ", _url))


def _asked(question: str, rule: Rule, *, hidden: bool = False) -> str:
    while True:
        answer = _hidden_line(question) if hidden else _line(question)
        trouble = rule(answer)
        if trouble is not None:
            _say(f"  {trouble.message}")
        if trouble is None or trouble.level == WARNING:
            return answer


def _line(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise UsageError("the answers ended before the questions did; nothing is written")
    return line.strip()


def _hidden_line(question: str) -> str:
    try:
        return getpass.getpass(question).strip()
    except EOFError:
        raise UsageError("the answers ended before the questions did; nothing is written") from None


def _say(words: str) -> None:
    print(words, file=sys.stderr)


def _token(answer: str) -> Optional[rules.Trouble]:
    return rules.telegram_token(answer, {})


def _url(answer: str) -> Optional[rules.Trouble]:
    return rules.url(answer, {})


def _topic(answer: str) -> Optional[rules.Trouble]:
    return rules.ntfy_topic(answer, {})


def _chat(answer: str) -> Optional[rules.Trouble]:
    if _CHAT_ID.fullmatch(answer):
        return None
    return rules.Trouble("expected the number of a chat, such as -1001234567890, or @channelname; try again")


def _networks(answer: str) -> Optional[rules.Trouble]:
    troubles = (rules.network(one, {}) for one in answer.replace(",", " ").split())
    return next((trouble for trouble in troubles if trouble is not None), None)
