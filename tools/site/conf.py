"""How Sphinx makes the site out of the Markdown files, which stay as they are and readable on a code host.

The source is the checkout: links between documents, and from them to other files, are the same in both places. The
navigation is the list in docs/README.md, so that a page is listed once.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import List, Tuple

from docutils import nodes
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pamsignal import __version__  # noqa: E402 - the path comes first

project = "pamsignal"
author = "The pamsignal authors"
version = release = __version__

extensions = ["myst_parser"]
root_doc = "README"
source_suffix = {".md": "markdown"}
include_patterns = ["*.md", "docs/**.md", "molecule/README.md", "roles/pamsignal/README.md", "tests/**/README.md"]
exclude_patterns = ["build", "dist", "**/.*", ".*"]
myst_heading_anchors = 6
nitpicky = True
highlight_language = "text"

html_theme = "furo"
html_title = "pamsignal"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_use_index = False
html_show_sourcelink = False
html_show_copyright = False

_INDEX = ROOT / "docs/README.md"
_KIND = re.compile(r"^## (.+)$", re.MULTILINE)
_PAGE = re.compile(r"\]\(([^()\s#]+)\.md\)")
_LONG = 30  # characters
# Pages that list their own folder.
_LISTS_ITS_FOLDER = ("docs/adr/README", "docs/reference/rules/README")


def kinds() -> List[Tuple[str, List[str]]]:
    """Return each kind of docs/README.md with its pages, as names relative to the checkout."""
    _, *parts = _KIND.split(_INDEX.read_text())
    pairs = zip(parts[::2], parts[1::2])
    return [(kind, [_name(_INDEX, link) for link in _PAGE.findall(text)]) for kind, text in pairs]


def _name(page: Path, link: str) -> str:
    return str((page.parent / link).resolve().relative_to(ROOT))


def add_navigation(_app: Sphinx, page: str, source: List[str]) -> None:
    """Append what Sphinx makes its navigation of, which a code host would show as clutter."""
    if page == root_doc:
        source[0] += "".join(_toctree(names, kind) for kind, names in [("", ["docs/README"]), *kinds()])
    elif page in _LISTS_ITS_FOLDER:
        folder = (ROOT / page).parent
        names = [f"/{_name(path, path.stem)}" for path in sorted(folder.glob("*.md")) if path.stem != "README"]
        source[0] += _toctree(names, "")


def _toctree(names: List[str], caption: str) -> str:
    rooted = [f"/{name.lstrip('/')}" for name in names]
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(["\n\n```{toctree}", *options, "", *rooted, "```\n"])


def mark_long_names(_app: Sphinx, document: nodes.document, _page: str) -> None:
    """Mark code that is too long for a cell of a table, for the style to let it break."""
    for literal in document.findall(nodes.literal):
        if len(literal.astext()) > _LONG:
            literal["classes"].append("long")


def make_front_page(app: Sphinx, error: Exception | None) -> None:
    """Let the README be what a server shows for the whole folder."""
    if error is None:
        shutil.copy(app.outdir / "README.html", app.outdir / "index.html")


def setup(app: Sphinx) -> None:
    """Tell Sphinx of these."""
    app.connect("source-read", add_navigation)
    app.connect("doctree-resolved", mark_long_names)
    app.connect("build-finished", make_front_page)
