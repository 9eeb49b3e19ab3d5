"""`pamsignal init`: writes a first configuration, asking for what it was not told; one that says something stays.

Tokens and secret URLs come from files or from a prompt without echo, never from the command line, which everybody on
the host can read. They go into the configuration itself, which only its owner can read.
"""

from __future__ import annotations

import argparse
import base64
import os
import stat
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from pamsignal.cli import own_file, questions
from pamsignal.config.load import DEFAULT_PATH
from pamsignal.config.secrets import MAX_SECRET_BYTES, read_guarded
from pamsignal.errors import AccessError, ConfigError, UsageError

SIGNING_SECRET_BYTES = 32  # Standard Webhooks 1.0 wants 24 to 64
Sinks = Dict[str, Dict[str, Any]]

HEADER = """\
# pamsignal: hear about every login on this host, once, and truthfully.
# Every key with its meaning: pamsignal check-config --explain KEY, or the sample in the documentation.
# After a change: sudo pamsignal check-config && sudo systemctl reload pamsignal

"""


def add_arguments(parser: argparse.ArgumentParser, send_test: Optional[Callable[[str], int]] = None) -> None:
    """Say what `init` takes. `send_test` sends a test alert by the configuration at a path; it returns an exit code."""
    parser.add_argument("--output", metavar="FILE", help=f"file to write (default: --config, or {DEFAULT_PATH})")
    parser.add_argument("--telegram-token-file", metavar="FILE", help="file with the token of a Telegram bot")
    parser.add_argument("--telegram-chat-id", metavar="ID", help="number of the Telegram chat")
    parser.add_argument("--slack-url-file", metavar="FILE", help="file with the URL of a Slack incoming webhook")
    parser.add_argument("--webhook-url", metavar="URL", help="address that gets signed ECS documents")
    parser.add_argument("--trust", metavar="NETWORK", action="append", default=[], help="network that never pages")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--test", action="store_true", help="send a test alert when it is written")
    parser.set_defaults(send_test=send_test)


def run(arguments: argparse.Namespace) -> int:
    """Write the file, check it, say what comes next."""
    path = Path(arguments.output or getattr(arguments, "config", None) or DEFAULT_PATH).absolute()
    if _is_there(path) and not _says_nothing(path):
        raise UsageError(f"{path} exists and is not touched; change it by hand, or name another with --output")
    sinks, networks = _told(arguments), list(arguments.trust)
    if not sinks and not arguments.yes:
        _require_somebody_to_ask()
        sinks, networks = _asked(), networks or questions.networks()
    sinks["journald"] = {"type": "journald"}
    _write(path, _text(sinks, networks))
    print(f"{path}: written, alerts go to {', '.join(sinks)}")
    if "secrets" in sinks.get("webhook", {}):
        print("The receiver checks signatures with the key at sinks.webhook.secrets in that file.")
    if arguments.test and arguments.send_test is not None:
        return int(arguments.send_test(str(path)))
    print(f"Next: {_next(path)}")
    return 0


def _next(path: Path) -> str:
    """Return what comes next: the service reads its own file alone."""
    if path == Path(DEFAULT_PATH):
        return "sudo pamsignal test-alert, then: sudo systemctl restart pamsignal"
    return f"pamsignal test-alert --config {path}, then: pamsignal run --config {path}"


def _require_somebody_to_ask() -> None:
    if not sys.stdin.isatty():
        raise UsageError("there is nobody to ask; name a sink (see --help), or take the journal alone with --yes")


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except PermissionError:
        raise AccessError(f"no right to look at {path}; try: sudo pamsignal init") from None
    except OSError:
        return False
    return True


def _says_nothing(path: Path) -> bool:
    """Tell whether the file has but comments, as the one that a package brings: then nothing is lost with it."""
    try:
        lines = read_guarded(str(path), len(HEADER) * 8).content.splitlines()
    except ConfigError:
        return False
    return all(not line.strip() or line.startswith(b"#") for line in lines)


def _told(arguments: argparse.Namespace) -> Sinks:
    """Return the sinks that the command line names."""
    sinks: Sinks = {}
    if bool(arguments.telegram_token_file) != bool(arguments.telegram_chat_id):
        raise UsageError("Telegram needs both --telegram-token-file and --telegram-chat-id")
    if arguments.telegram_token_file:
        sinks["telegram"] = _telegram(_first_line(arguments.telegram_token_file), arguments.telegram_chat_id)
    if arguments.slack_url_file:
        sinks["slack"] = {"type": "slack", "url": _first_line(arguments.slack_url_file)}
    if arguments.webhook_url:
        sinks["webhook"] = _webhook(arguments.webhook_url)
    return sinks


def _asked() -> Sinks:
    return {one.kind: _sink(one) for one in questions.destinations()}


def _sink(one: questions.Destination) -> Dict[str, Any]:
    if one.kind == "telegram":
        return _telegram(one.secret, one.chat_id)
    if one.kind == "webhook":
        return _webhook(one.secret)
    return {"type": one.kind, "topic" if one.kind == "ntfy" else "url": one.secret}


def _telegram(token: str, chat_id: str) -> Dict[str, Any]:
    return {"type": "telegram", "token": token.strip(), "chat_id": chat_id}


def _webhook(url: str) -> Dict[str, Any]:
    key = base64.b64encode(os.urandom(SIGNING_SECRET_BYTES)).decode()
    return {"type": "webhook", "url": url, "secrets": [f"whsec_{key}"]}


def _first_line(path: str) -> str:
    try:
        guarded = read_guarded(path, MAX_SECRET_BYTES)
        if guarded.mode & (stat.S_IRGRP | stat.S_IROTH):
            print(
                f"pamsignal: {path}: others can read it (mode {guarded.mode:04o}); delete it afterwards",
                file=sys.stderr,
            )
        return guarded.content.decode().strip()
    except (ConfigError, UnicodeDecodeError) as error:
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error
        raise UsageError(f"{path}: {reason}") from None


def _text(sinks: Sinks, networks: List[str]) -> str:
    from pamsignal.config.document import written  # noqa: PLC0415 - --help needs none of it

    trusted = {"trusted": {"networks": networks}} if networks else {}
    return HEADER + written({**trusted, "sinks": sinks})


def _write(path: Path, text: str) -> None:
    """Write `text` to `path`, 0600, whole or not at all; what the daemon would refuse never gets there."""
    from pamsignal.config.check import check_file  # noqa: PLC0415 - it costs 14 MB and 0.2 s

    def refuse(draft: Path) -> None:
        report = check_file(str(draft))
        if report.document is None:
            problems = "\n".join(f"{problem.key}: {problem.message}" for problem in report.problems)
            raise ConfigError(f"not written, because of:\n{problems}")

    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        own_file.write(path, text, replace=_says_nothing(path), check=refuse)
    except FileExistsError:
        raise UsageError(f"{path} exists and is not touched") from None
    except PermissionError:
        raise AccessError(f"no right to write {path}; try: sudo pamsignal init") from None
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ConfigError(f"{path}: cannot be written ({reason}); name another --output") from error
