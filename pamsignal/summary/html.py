"""Sections as one HTML page that asks nobody for anything: no script, no font, no picture from elsewhere.

Its policy (CSP 3) allows the one style sheet in it, by its hash, and nothing else. Bars are SVG, which needs no style.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Iterator, NamedTuple, Sequence

from pamsignal.render.escape import for_html
from pamsignal.summary.sections import Column, Section, number_in

_LONGEST_CELL = 256
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #6a737d; --line: #d8dee4; --bar: #2f6f9f;
  --alarm: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #14171a; --faint: #9aa4ae; --line: #333a41;
  --bar: #6cb0e0; --alarm: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; font: 1rem/1.45 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .3rem; }
p { margin: .2rem 0; } .faint { color: var(--faint); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; color: var(--faint); }
th, td { padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.text { max-width: 20rem; white-space: normal; overflow-wrap: anywhere; }
td.time { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.drawn { width: 30%; min-width: 5rem; }
svg { display: block; width: 100%; height: .7rem; } rect { fill: var(--bar); }
.alarm td { color: var(--alarm); font-weight: 600; }
@media (max-width: 40rem) {
  thead { display: none; }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td, td.text { display: flex; justify-content: space-between; gap: 1rem; max-width: none; padding: .1rem 0; border: 0;
    text-align: right; }
  td::before { content: attr(data-label); color: var(--faint); font-weight: 400; }
  td.drawn { width: 100%; } td.drawn::before { content: none; }
}
"""


class Head(NamedTuple):
    """What stands above the sections."""

    title: str
    lines: Sequence[str]


def page(head: Head, sections: Sequence[Section]) -> str:
    """Return the whole page."""
    return "".join(_parts(head, sections))


def policy() -> str:
    """Return the Content-Security-Policy of the page."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _parts(head: Head, sections: Sequence[Section]) -> Iterator[str]:
    title = _text(head.title)
    yield f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
    yield f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    for line in head.lines:
        yield f"<p>{_text(line)}</p>\n"
    for section in sections:
        yield from _section(section)
    yield "</body>\n</html>\n"


def _section(section: Section) -> Iterator[str]:
    yield f'<h2>{_text(section.title)}</h2>\n<div class="wide"><table>\n<thead><tr>'
    for column in section.columns:
        yield f'<th scope="col"{_class(column)}>{_text(column.head)}</th>'
        yield "<td></td>" if column.bar else ""
    yield "</tr></thead>\n<tbody>\n"
    for number, row in enumerate(section.rows):
        yield '<tr class="alarm">' if number in section.marked else "<tr>"
        yield from _cells(section, row)
        yield "</tr>\n"
    yield "</tbody></table></div>\n"
    if section.note is not None:
        yield f'<p class="faint">… {_text(section.note)}</p>\n'


def _cells(section: Section, row: Sequence[object]) -> Iterator[str]:
    for number, (column, cell) in enumerate(zip(section.columns, row)):
        label = f' data-label="{_text(column.head)}"'
        if not isinstance(cell, int):
            kind = "time" if column.is_time else "text"
            yield f'<td class="{kind}"{label}>{_text(str(cell)) if cell is not None else "&#8211;"}</td>'
            continue
        yield f"<td{_class(column)}{label}>{cell:,}</td>"
        if column.bar:
            most = max(number_in(other, number) for other in section.rows)
            yield f'<td class="drawn">{_bar(cell, most)}</td>'


def _bar(value: int, most: int) -> str:
    length = max(1, value * 1000 // most) if value > 0 else 0
    return (
        '<svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{length}" height="10"/></svg>'
    )


def _class(column: Column) -> str:
    return ' class="number"' if column.is_number else ""


def _text(text: str) -> str:
    return for_html(text, _LONGEST_CELL)
