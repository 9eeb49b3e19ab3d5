"""Writes the manual pages as roff: `render.py FOLDER` makes pamsignal.8, pamsignal.conf.5 and its other name there.

Needs docutils, from 0.16 on (Debian 11, EL 9), and nothing of pamsignal's. The day in their foot is that of
SOURCE_DATE_EPOCH, else that of Debian's changelog, so two builds are the same.
"""

from __future__ import annotations

import os
import re
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

from docutils.core import publish_string
from docutils.writers import manpage

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ALIAS = {"pamsignal.yaml.5": "pamsignal.conf.5"}

# Warnings of docutils end the build. No file of the builder's home has a say.
SETTINGS = {"halt_level": 2, "syntax_highlight": "none", "output_encoding": "unicode", "_disable_config": True}

# What its writer does in one version and not in another, and what mandoc finds fault with.
HABITS = (
    (r'^\.(?:\\".*)?\n', ""),  # remarks; newer ones name the version
    (r'^\.TH "?([\w.]+)"? "?(\d)"?', lambda found: f'.TH "{found[1].upper()}" "{found[2]}"'),
    (r"^\.SH Name$", ".SH NAME"),
    (r"^(\.S[HS] .*\n)\.sp\n", r"\1"),  # a heading leaves its own space
    (r"^\.nf\n\.ft C$", ".EX"),  # until 0.20: there is no font C on a terminal
    (r"^\.ft P\n\.fi$", ".EE"),
    (r"^\.EE$", ".EE\n.nh"),  # groff's goes back to breaking words
)


def main() -> int:
    """Write all pages into the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(HERE.glob("*.[1-8].rst")):
        (folder / source.stem).write_text(page_of(source), encoding="utf-8")
    for name, real in ALIAS.items():
        (folder / name).write_text(f".so man{real[-1]}/{real}\n", encoding="utf-8")
    return 0


def page_of(source: Path) -> str:
    """Return the page that is written in `source`, as roff."""
    text = source.read_text(encoding="utf-8").replace("@VERSION@", version()).replace("@DATE@", day())
    roff = str(publish_string(text, source_path=str(source), writer=manpage.Writer(), settings_overrides=SETTINGS))
    for pattern, instead in HABITS:
        roff = re.sub(pattern, instead, roff, flags=re.MULTILINE)
    return roff


def version() -> str:
    """Return the version of the pamsignal beside us, without importing it."""
    (found,) = re.findall(r'^__version__ = "(.+)"$', (ROOT / "pamsignal/__init__.py").read_text(), re.MULTILINE)
    return str(found)


def day() -> str:
    """Return the day of this version, in UTC."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        changelog = (ROOT / "packaging/debian/changelog").read_text(encoding="utf-8")
        (newest, *_) = re.findall(r"^ -- .*>  (.*)$", changelog, re.MULTILINE)
        epoch = str(int(parsedate_to_datetime(newest).timestamp()))
    return time.strftime("%Y-%m-%d", time.gmtime(int(epoch)))


if __name__ == "__main__":
    sys.exit(main())
