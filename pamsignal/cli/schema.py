"""`pamsignal schema`: the published JSON Schemas (Draft-07), of the configuration and of what `--json` prints."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Dict

from pamsignal import config

_FOLDER = os.path.join(os.path.dirname(__file__), "schemas")
_CONFIG = os.path.join(os.path.dirname(config.__file__), "schema.json")
_OF_CONFIG = "Schema of a configuration file, and the description of every key."
_END = ".schema.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `schema` takes."""
    parser.add_argument("name", nargs="?", metavar="NAME", choices=tuple(paths()), help="which one; none lists them")


def run(arguments: argparse.Namespace) -> int:
    """Print one schema as it is published, or what there is; 0."""
    if arguments.name is not None:
        sys.stdout.write(_text(paths()[arguments.name]))
        return 0
    about = {name: _about(path) for name, path in paths().items()}
    if getattr(arguments, "json", False):
        print(json.dumps([{"name": name, "description": words} for name, words in about.items()]))
    else:
        width = max(map(len, about))
        sys.stdout.writelines(f"{name:{width}}  {words}\n" for name, words in about.items())
    return 0


def paths() -> Dict[str, str]:
    """Return where each schema is, by its name."""
    published = {name[: -len(_END)]: os.path.join(_FOLDER, name) for name in sorted(os.listdir(_FOLDER))}
    return {"config": _CONFIG, **published}


def _about(path: str) -> str:
    return _OF_CONFIG if path == _CONFIG else str(json.loads(_text(path))["description"])


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
