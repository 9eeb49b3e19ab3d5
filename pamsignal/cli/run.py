"""`pamsignal run`: the monitor in the foreground. systemd runs exactly this; a person sees events as they happen."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Optional

from pamsignal.config.load import DEFAULT_PATH
from pamsignal.daemon import Options, serve
from pamsignal.errors import ConfigError
from pamsignal.journal import JournalReader, read_json_file
from pamsignal.model import Alert
from pamsignal.pipeline import Engine
from pamsignal.render.escape import for_terminal
from pamsignal.stages import Produced

if TYPE_CHECKING:
    import argparse

SAMPLE = f"{os.path.dirname(os.path.dirname(__file__))}/sample.jsonl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `run` takes."""
    parser.add_argument(
        "--wait", action="store_true", help="without a journal, wait for one instead of replaying the sample"
    )


def run(arguments: argparse.Namespace) -> int:
    """Watch until interrupted. A person gets a summary at the end; systemd gets READY and no decoration."""
    path = config_path(getattr(arguments, "config", None))
    quiet = getattr(arguments, "quiet", False)
    if "NOTIFY_SOCKET" in os.environ:
        return serve(Options(path, quiet=quiet))
    shown = Shown(arguments)
    # With a configuration somebody means it: then the daemon waits for the journal that is named there.
    if path is None and not arguments.wait and not JournalReader().has_files():
        _say(
            "This machine has no systemd journal (a container?): replaying the sample that comes with pamsignal.", quiet
        )
        return _replay_sample(shown)
    _say(
        f"Watching the journal ({path or 'default settings'}). Log in, or use sudo, to see it here. Ctrl-C ends.", quiet
    )
    code = serve(Options(path, shown, quiet=quiet))
    shown.summarize()
    return code


def serve_as_service(path: str) -> int:
    """Watch as systemd's service: READY, watchdog, and nothing on standard output."""
    return serve(Options(config_path(path)))


class Shown:
    """Prints what the engine produces, and adds it up."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        from pamsignal.cli.output import Documents  # noqa: PLC0415 - the service shows nothing

        style = "ecs" if getattr(arguments, "json", False) else "text"
        self._documents = Documents(style, None, arguments)
        self._events: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._alerts: Counter[str] = Counter()

    def __call__(self, produced: Produced) -> None:
        """Print one step."""
        self._documents.write(produced, sys.stdout)
        sys.stdout.flush()
        for judged in produced.events:
            event = judged.event
            self._events[event.action.value] += event.attempts
            if event.source is not None and event.outcome is not None and event.outcome.value == "failure":
                self._sources[str(event.source.ip or event.source.host)] += event.attempts
        self._alerts.update(_rule(alert) for alert in produced.alerts)

    def summarize(self) -> None:
        """Say on stderr what it came to."""
        print("\nSummary", file=sys.stderr)
        for title, counted in (
            ("events", self._events),
            ("alerts", self._alerts),
            ("most failures from", self._sources),
        ):
            words = ", ".join(f"{for_terminal(name)} {count}" for name, count in counted.most_common(8))
            print(f"  {title + ':':20} {words or 'none'}", file=sys.stderr)


def _rule(alert: Alert) -> str:
    return f"{alert.rule} (digest)" if alert.digest else alert.rule


def _replay_sample(shown: Shown) -> int:
    from pamsignal.cli.replay import steps  # noqa: PLC0415 - argparse and more, which the service must not carry

    for produced in steps(Engine(), read_json_file(SAMPLE)):
        shown(produced)
    shown.summarize()
    return 0


def config_path(given: Optional[str]) -> Optional[str]:
    """Return the file to use: the one that was named, else the usual one if it is there."""
    if given is not None:
        if not os.path.exists(given):
            raise ConfigError(f"{given}: no such file. Write one with: pamsignal init --output {given}")
        return given
    return DEFAULT_PATH if os.path.exists(DEFAULT_PATH) else None


def _say(words: str, quiet: bool) -> None:  # noqa: FBT001 - one private call
    if not quiet:
        print(words, file=sys.stderr, flush=True)
