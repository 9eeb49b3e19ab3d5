"""Sections as lines for a terminal or a pipe: aligned, with bars, and nothing hostile in them."""

from __future__ import annotations

from typing import Callable, Iterator, List, NamedTuple, Optional, Sequence

from pamsignal.render.escape import cut, for_terminal
from pamsignal.summary.sections import Column, Section, number_in

BLOCKS = "▏▎▍▌▋▊▉█"
ASCII = "#"
LEAST_BAR, USUAL_BAR, MOST_BAR = 4, 20, 40
_LONGEST_CELL = 256
_GAP = "  "
_MINUTE_END = len("2026-11-23T12:00")

Paint = Callable[[str], str]


class Style(NamedTuple):
    """How lines are drawn. `width` None cuts nothing; `blocks` are the parts of a full character, least first.

    Where there is a width, times are without seconds and zone, which the head of the whole tells.
    """

    width: Optional[int]
    blocks: str
    heading: Paint
    marked: Paint


def lines_of(section: Section, style: Style) -> Iterator[str]:
    """Yield the section's title, head, rows and note."""
    yield style.heading(section.title)
    columns = section.columns
    shorten = style.width is not None
    cells = [[_shown(cell, column, shorten=shorten) for cell, column in zip(row, columns)] for row in section.rows]
    widths = [max(map(len, column)) for column in zip([one.head for one in columns], *cells)]
    bar_width = _fitted(section, widths, style.width) if any(column.bar for column in columns) else None
    if bar_width is None:
        _narrow(section, widths, style.width)
    yield (
        _GAP
        + _line(section, [one.head for one in columns], widths, None if bar_width is None else " " * bar_width).rstrip()
    )
    for number, (row, shown) in enumerate(zip(section.rows, cells)):
        drawn = _bar(section, row, bar_width, style.blocks) if bar_width is not None else None
        line = _GAP + _line(section, shown, widths, drawn).rstrip()
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


def _line(section: Section, cells: Sequence[str], widths: Sequence[int], drawn: Optional[str]) -> str:
    """Return cells and the bar, if there is one, which stands behind the number that it draws."""
    parts: List[str] = []
    for column, cell, width in zip(section.columns, cells, widths):
        short = cut(cell, width)
        parts.append(f"{short:>{width}}" if column.is_number else f"{short:{width}}")
        if column.bar and drawn is not None:
            parts.append(drawn)
    return _GAP.join(parts)


def _fitted(section: Section, widths: List[int], width: Optional[int]) -> Optional[int]:
    """Narrow `widths` until all fits with a bar, and return the bar's width; None where there is no room for one."""
    if width is None:
        return USUAL_BAR
    narrowed = list(widths)
    room = _narrow(section, narrowed, width - LEAST_BAR - len(_GAP))
    if room is None or room < 0:
        return None
    widths[:] = narrowed
    return min(room + LEAST_BAR, MOST_BAR)


def _narrow(section: Section, widths: List[int], width: Optional[int]) -> Optional[int]:
    """Narrow `widths` of what may be cut until all fits in `width`; return what is left over, below 0 if too little."""
    if width is None:
        return None
    left = width - len(_GAP) * len(widths) - sum(widths)
    while left < 0:
        texts = [at for at, column in enumerate(section.columns) if _can_be_cut(column) and widths[at] > column.least]
        if not texts:
            break
        widths[max(texts, key=lambda at: widths[at])] -= 1
        left += 1
    return left


def _can_be_cut(column: Column) -> bool:
    return not (column.is_number or column.is_time)


def _shown(cell: object, column: Column, *, shorten: bool) -> str:
    if cell is None:
        return "-"
    if column.is_time and shorten:
        return str(cell)[:_MINUTE_END].replace("T", " ")
    return f"{cell:,}" if isinstance(cell, int) else for_terminal(str(cell), _LONGEST_CELL)
