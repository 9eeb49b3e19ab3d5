"""The command line's grammar: the verbs, what each takes, and what all of them share."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from importlib import import_module
from typing import Iterator, List, Mapping, Optional, Sequence, Tuple

from pamsignal import __version__
from pamsignal.render.escape import for_terminal

EXIT_CODES = """\
exit codes:
  0  ok                     70  a bug in pamsignal (with traceback)
  1  problem found          77  a right is missing
  2  wrong usage            78  the configuration cannot be used
  3  the daemon is not running
  4  integrity failure     130  interrupted
"""
MORE = "more: man pamsignal; what can be configured: man pamsignal.conf"
_TIMES = ("--since", "--until")


def parsed(verbs: Mapping[str, Tuple[str, str]], words: Sequence[str]) -> argparse.Namespace:
    """Return what `words` say; where they are wrong, show the usage of their verb and end with 2."""
    parser = build_parser(verbs, words)
    if not words:
        parser.print_help(sys.stderr)
        parser.exit(2)
    arguments, extra = parser.parse_known_args([*_joined(words)])
    if extra:
        arguments.parser.error(_complaint(arguments.parser, arguments.verb, extra))
    return arguments


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Yield `--since -2h` as `--since=-2h`: argparse would take the value for an option."""
    waiting: Optional[str] = None
    for word in words:
        if waiting is not None:
            yield from (f"{waiting}={word}",) if re.match("-[0-9]", word) else (waiting, word)
            waiting = None
        elif word in _TIMES:
            waiting = word
        else:
            yield word
    if waiting is not None:
        yield waiting


def _complaint(parser: argparse.ArgumentParser, verb: str, extra: Sequence[str]) -> str:
    option = next((word.partition("=")[0] for word in extra if re.match("-.", word)), None)
    if option is not None:
        near = difflib.get_close_matches(option, re.findall("--[a-z-]+", parser.format_usage()), 1)
        return f"there is no option {for_terminal(option)}" + (f"; did you mean {near[0]}?" if near else "")
    if verb == "explain":
        return "too many words: put the line in quotes"
    return f"too many words: {for_terminal(' '.join(extra))}"


def build_parser(
    verbs: Mapping[str, Tuple[str, str]], words: Optional[Sequence[str]] = None
) -> argparse.ArgumentParser:
    """Return the parser for `verbs` (name: module, summary). With `words`, only the verbs among them are imported."""
    shared = _shared_options()
    parser = argparse.ArgumentParser(
        prog="pamsignal",
        description="Hear about every login on this host: once, and truthfully.",
        epilog=f"{EXIT_CODES}\n{MORE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="show the version (with --json: as JSON)")
    below = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, (module, summary) in verbs.items():
        described = f"{summary[0].upper()}{summary[1:]}."
        one = below.add_parser(verb, help=summary, description=described, parents=[shared], allow_abbrev=False)
        one.set_defaults(parser=one)
        if words is None or verb in words:
            import_module(module).add_arguments(one, **({"send_test": _send_test} if verb == "init" else {}))
    return parser


def _send_test(path: str) -> int:
    """Send a test alert by the configuration at `path`: what `init --test` does when it is written."""
    from pamsignal.cli import test_alert  # noqa: PLC0415 - the sinks are for whoever sends
    from pamsignal.config import load  # noqa: PLC0415 - the same

    return test_alert.send(load.load(path), ())


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
    shared.add_argument(
        "--config", metavar="FILE", help="configuration file (default: /etc/pamsignal/pamsignal.yaml; of replay: none)"
    )
    shared.add_argument("--json", action="store_true", help="print JSON")
    shared.add_argument("--no-color", action="store_true", help="no colours (NO_COLOR does the same)")
    shared.add_argument("--utc", action="store_true", help="show times in UTC on a terminal, too")
    shared.add_argument("-q", "--quiet", action="store_true", help="results and problems only, no talk")
    shared.add_argument("-v", "--verbose", action="store_true", help="say more")
    return shared
