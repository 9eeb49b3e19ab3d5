"""`pamsignal completion`: what a shell needs to complete pamsignal's command line; the packages bring the same."""

from __future__ import annotations

import argparse
import sys

from pamsignal.cli import shells


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `completion` takes."""
    parser.add_argument("shell", metavar="SHELL", choices=tuple(shells.SHELLS), help="bash, zsh or fish")


def run(arguments: argparse.Namespace) -> int:
    """Print the completion of a shell; 0."""
    sys.stdout.write(shells.script_for(arguments.shell))
    return 0
