"""The command line: which verbs there are, what they share, and what a problem looks like.

A verb is a module with `add_arguments(parser)` and `run(arguments) -> exit code`, imported only when it is used.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import List, Mapping, Optional, Sequence, Tuple

from pamsignal import __version__
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

EXIT_CODES = """\
exit codes:
  0  ok                     70  a bug in pamsignal (with traceback)
  1  problem found          77  a right is missing
  2  wrong usage            78  the configuration cannot be used
  3  the daemon is not running
  4  integrity failure     130  interrupted
"""

EXIT_BUG = 70
EXIT_INTERRUPTED = 130


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one verb and return its exit code. Expected errors are one clear message on stderr."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = build_parser(words).parse_args(words)
    try:
        return int(import_module(VERBS[arguments.verb][0]).run(arguments))
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


def build_parser(words: Optional[Sequence[str]] = None) -> argparse.ArgumentParser:
    """Return the parser. With `words`, only the verb among them is imported; without, all are."""
    shared = _shared_options()
    parser = argparse.ArgumentParser(
        prog="pamsignal",
        description="Hear about every login on this host: once, and truthfully.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="show the version (with --json: as JSON)")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    chosen = _chosen(words)
    for verb, (module, summary) in VERBS.items():
        verb_parser = verbs.add_parser(
            verb, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", parents=[shared], allow_abbrev=False
        )
        if chosen is None or verb in chosen:
            import_module(module).add_arguments(verb_parser)
    return parser


class _Version(argparse.Action):
    """--version, which knows --json wherever it stands."""

    def __init__(self, option_strings: List[str], dest: str, help: Optional[str] = None) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: Optional[str] = None,
    ) -> None:
        del values, option_string
        as_json = getattr(namespace, "json", False) or "--json" in sys.argv
        print(f'{{"version":"{__version__}"}}' if as_json else f"pamsignal {__version__}")
        parser.exit()


def _shared_options() -> argparse.ArgumentParser:
    """Options that stand before or after the verb; SUPPRESS keeps the second from resetting the first."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--config", metavar="FILE", help="configuration file (default: /etc/pamsignal/pamsignal.yaml)")
    shared.add_argument("--json", action="store_true", help="print JSON")
    shared.add_argument("--no-color", action="store_true", help="no colours (NO_COLOR does the same)")
    shared.add_argument("--utc", action="store_true", help="show times in UTC")
    shared.add_argument("-q", "--quiet", action="store_true", help="only problems")
    shared.add_argument("-v", "--verbose", action="store_true", help="say more")
    return shared


def _chosen(words: Optional[Sequence[str]]) -> Optional[Sequence[str]]:
    return None if words is None else [word for word in words if word in VERBS]
