"""Which records of the trail: the options that `history`, `report` and `top` share."""

from __future__ import annotations

import argparse
import time
from typing import Optional

from pamsignal.audit.search import Network, Query, network_of
from pamsignal.cli.moments import moment_us


def add_arguments(parser: argparse.ArgumentParser, since: Optional[str] = None) -> None:
    """Say what narrows the trail down; `since` is the beginning if none is named."""
    usual = f" (default: {since})" if since else ""
    parser.add_argument(
        "--since",
        metavar="TIME",
        default=since,
        help=f"skip what is older: '2026-11-23 12:00', '2 hours ago', today{usual}",
    )
    parser.add_argument("--until", metavar="TIME", help="skip what is newer")
    parser.add_argument("--user", metavar="NAME", help="the account, also one that was taken over")
    parser.add_argument(
        "--address", "--ip", type=_network, metavar="ADDRESS", help="where it came from; a network, too"
    )
    parser.add_argument("--country", metavar="CODE", help="two letters, where addresses are looked up")
    parser.add_argument("--service", metavar="NAME", help="the program or PAM service, such as sshd")
    parser.add_argument("--host", metavar="NAME", help="the host it happened on")
    parser.add_argument("--directory", metavar="DIR", help="where the trail is, if not in /var/log/pamsignal")


def query_of(arguments: argparse.Namespace) -> Query:
    """Return what the shared options ask for; UsageError if a time is none."""
    return Query(
        since_us=_moment(arguments.since),
        until_us=_moment(arguments.until),
        user=arguments.user,
        network=arguments.address,
        country=arguments.country.upper() if arguments.country else None,
        service=arguments.service,
        host=arguments.host,
    )


def _moment(words: Optional[str]) -> Optional[int]:
    return None if words is None else moment_us(words, time.time())


def _network(words: str) -> Network:
    try:
        return network_of(words)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{words!r} is no address and no network") from None
