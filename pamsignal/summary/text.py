"""Sections as lines for a terminal or a pipe: aligned, with bars, and nothing hostile in them."""

from __future__ import annotations

from typing import Callable, Iterator, List, NamedTuple, Optional, Sequence

from pamsignal.render.escape import cut, for_terminal
from pamsignal.summary.sections import Section, number_in

BLOCKS = "▏▎▍▌▋▊▉█"
ASCII = "#"
LEAST_BAR, USUAL_BAR, MOST_BAR = 4, 20, 40
_LEAST_CELL = 8
_LONGEST_CELL = 256
_GAP = "  "

Paint = Callable[[str], str]


class Style(NamedTuple):
    """How lines are drawn. `width` None cuts nothing; `blocks` are the parts of a full character, least first."""

    width: Optional[int]
    blocks: str
    heading: Paint
    marked: Paint


def lines_of(section: Section, style: Style) -> Iterator[str]:
    """Yield the section's title, head, rows and note."""
    yield style.heading(section.title)
    columns = section.columns
    cells = [[_shown(cell) for cell in row] for row in section.rows]
    widths = [max(map(len, column)) for column in zip([one.head for one in columns], *cells)]
    is_drawn = any(column.bar for column in columns)
    room = _fitted(section, widths, style.width, LEAST_BAR + len(_GAP) if is_drawn else 0)
    bar_width = USUAL_BAR if room is None else min(room + LEAST_BAR, MOST_BAR)
    yield _GAP + _line(section, [one.head for one in columns], widths, "" if not is_drawn else " " * bar_width).rstrip()
    for number, (row, shown) in enumerate(zip(section.rows, cells)):
        line = _GAP + _line(section, shown, widths, _bar(section, row, bar_width, style.blocks)).rstrip()
        yield style.marked(line) if number in section.marked else line
    if section.note is not None:
        yield f"{_GAP}… {section.note}" if style.blocks == BLOCKS else f"{_GAP}... {section.note}"


def bar(value: int, most: int, width: int, blocks: str) -> str:
    """Return `value` as a bar, where `most` fills `width`; what is not nothing shows."""
    if value <= 0 or most <= 0:
        return ""
    parts = max(1, value * width * len(blocks) // most)
    whole, rest = divmod(parts, len(blocks))
    return blocks[-1] * whole + (blocks[rest - 1] if rest else "")


def _bar(section: Section, row: Sequence[object], width: int, blocks: str) -> str:
    for number, column in enumerate(section.columns):
        if column.bar:
            most = max(number_in(other, number) for other in section.rows)
            return f"{bar(number_in(row, number), most, width, blocks):{width}}"
    return ""


def _line(section: Section, cells: Sequence[str], widths: Sequence[int], drawn: str) -> str:
    """Return cells and the bar, which stands behind the number that it draws."""
    parts: List[str] = []
    for column, cell, width in zip(section.columns, cells, widths):
        short = cut(cell, width)
        parts.append(f"{short:>{width}}" if column.is_number else f"{short:{width}}")
        if column.bar:
            parts.append(drawn)
    return _GAP.join(parts)


def _fitted(section: Section, widths: List[int], width: Optional[int], reserved: int) -> Optional[int]:
    """Narrow `widths` of texts until all fits; return what is left over, None where everything may be as wide."""
    if width is None:
        return None
    left = width - len(_GAP) * len(widths) - sum(widths) - reserved
    texts = [number for number, column in enumerate(section.columns) if not column.is_number]
    while left < 0:
        widest = max(texts, key=lambda number: widths[number])
        if widths[widest] <= _LEAST_CELL:
            return 0
        widths[widest] -= 1
        left += 1
    return left


def _shown(cell: object) -> str:
    if cell is None:
        return "-"
    return f"{cell:,}" if isinstance(cell, int) else for_terminal(str(cell), _LONGEST_CELL)
