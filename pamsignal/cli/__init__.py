"""The command line: which verbs there are, what they share, and what a problem looks like.

A verb is a module with `add_arguments(parser)` and `run(arguments) -> exit code`, imported only when it is used.
"""

from __future__ import annotations

import errno
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
    "history": ("pamsignal.cli.history", "show what happened on this host, from the trail"),
    "report": ("pamsignal.cli.report", "add up what happened: logins, attackers, what was new"),
    "top": ("pamsignal.cli.top", "show who attacks now, again and again on a terminal"),
    "memory": ("pamsignal.cli.memory", "show what accounts were seen with before, or forget it"),
    "verify": ("pamsignal.cli.verify", "tell whether the trail is what was written"),
    "replay": ("pamsignal.cli.replay", "run recorded journals through the engine; sends nothing"),
    "support-dump": (
        "pamsignal.cli.support_dump",
        "gather what a bug report needs, without private names; sends nothing",
    ),
    "geoip": ("pamsignal.cli.geoip", "show the databases of places: which are there, in use, and how old"),
    "schema": ("pamsignal.cli.schema", "print the JSON Schema of the configuration, or of what --json prints"),
    "completion": ("pamsignal.cli.completion", "print the completion for a shell"),
}

EXIT_BUG = 70
EXIT_INTERRUPTED = 130
_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one verb and return its exit code. Expected errors are one clear message on stderr."""
    _settle_streams()
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except PamSignalError as error:
        print(f"pamsignal: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, `| head` for one
        _discard_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the last wall: a bug is shown whole, with its own exit code
        return _output_failed(error) if isinstance(error, OSError) and error.errno in _OUTPUT_ERRORS else _bug()


def _settle_streams() -> None:
    """Give a closed standard stream an end, and let no character fail that the terminal's encoding does not have."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - it lives as long as the program
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - the same
    elif hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Let what is still in the buffer go nowhere: Python would complain again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _output_failed(error: OSError) -> int:
    _discard_output()
    print(f"pamsignal: the output cannot be written: {error.strerror}", file=sys.stderr)
    return PamSignalError.exit_code


def _bug() -> int:
    import traceback  # noqa: PLC0415 - only a bug needs it

    traceback.print_exc()
    print("pamsignal: this is a bug, please report it with the lines above", file=sys.stderr)
    return EXIT_BUG


def _run(words: Sequence[str]) -> int:
    # What the unit says, word for word: argparse would stay in the daemon's memory for good, 1 MB of it.
    if "NOTIFY_SOCKET" in os.environ and list(words[:2]) == ["run", "--config"] and len(words) == 3:
        return int(import_module("pamsignal.cli.run").serve_as_service(words[2]))
    from pamsignal.cli.arguments import parsed  # noqa: PLC0415 - see above

    arguments = parsed(VERBS, words)
    code = int(import_module(VERBS[arguments.verb][0]).run(arguments))
    sys.stdout.flush()  # here, where a reader that went away is no traceback
    return code
