"""The command line: which verbs there are, what they share, and what a problem looks like.

A verb is a module with `add_arguments(parser)` and `run(arguments) -> exit code`, imported only when it is used.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Mapping, Optional, Sequence, Tuple

from pamsignal.errors import PamSignalError

VERBS: Mapping[str, Tuple[str, str]] = {
    "run": ("pamsignal.cli.run", "watch the journal and alert, in the foreground"),
    "check-config": ("pamsignal.cli.check_config", "tell every problem of a configuration file"),
    "init": ("pamsignal.cli.init", "write a first configuration"),
    "test-alert": ("pamsignal.cli.test_alert", "send a marked alert through the configured sinks"),
    "status": ("pamsignal.cli.status", "show how the running daemon is doing"),
    "explain": ("pamsignal.cli.explain", "say what pamsignal makes of a log line"),
    "replay": ("pamsignal.cli.replay", "run recorded journals through the engine; sends nothing"),
}

EXIT_BUG = 70
EXIT_INTERRUPTED = 130


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one verb and return its exit code. Expected errors are one clear message on stderr."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except PamSignalError as error:
        print(f"pamsignal: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, `| head` for one. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # noqa: BLE001 - the last of three places: a bug is shown whole, with its own exit code
        import traceback  # noqa: PLC0415 - only a bug needs it

        traceback.print_exc()
        print("pamsignal: this is a bug, please report it with the lines above", file=sys.stderr)
        return EXIT_BUG


def _run(words: Sequence[str]) -> int:
    # What the unit says, word for word: argparse would stay in the daemon's memory for good, 1 MB of it.
    if "NOTIFY_SOCKET" in os.environ and list(words[:2]) == ["run", "--config"] and len(words) == 3:
        return int(import_module("pamsignal.cli.run").serve_as_service(words[2]))
    from pamsignal.cli.arguments import build_parser  # noqa: PLC0415 - see above

    arguments = build_parser(VERBS, words).parse_args(words)
    return int(import_module(VERBS[arguments.verb][0]).run(arguments))
