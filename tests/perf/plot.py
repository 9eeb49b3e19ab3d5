"""One table of figures as bars, in SVG: readable on light and dark ground, and by a screen reader."""

from __future__ import annotations

from typing import List, Sequence, Tuple
from xml.sax.saxutils import escape

WIDTH, LABELS, ROW, EDGE = 760, 250, 34, 16
STYLE = """\
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.paper { fill: #ffffff }
.bar { fill: #8c959f }
.own { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .paper { fill: #0d1117 }
  .bar { fill: #6e7681 }
  .own { fill: #4493f8 }
}"""

Bar = Tuple[str, float]


def bars(title: str, told: str, rows: Sequence[Bar], own: Sequence[str]) -> str:
    """Return an SVG of `rows` (label, value), those in `own` in another colour; `told` is what it says in words."""
    height = EDGE * 2 + 24 + ROW * len(rows)
    longest = max(value for _, value in rows)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts: List[str] = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title told">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="told">{escape(told)}</desc>',
        f"<style>\n{STYLE}\n</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="title" x="{EDGE}" y="{EDGE + 14}">{escape(title)}</text>',
    ]
    for number, (label, value) in enumerate(rows):
        parts += _bar(
            EDGE + 24 + ROW * number, label, value / longest, f"{value:.1f}", "own" if label in own else "bar"
        )
    return "\n".join([*parts, "</svg>", ""])


def _bar(top: int, label: str, share: float, shown: str, kind: str) -> List[str]:
    room = WIDTH - LABELS - EDGE - 60  # for the figure behind the longest bar
    width = max(round(share * room), 1)
    middle = top + ROW // 2 + 5
    return [
        f'<text x="{LABELS - 8}" y="{middle}" text-anchor="end">{escape(label)}</text>',
        f'<rect class="{kind}" x="{LABELS}" y="{top + 5}" width="{width}" height="{ROW - 10}" rx="2"/>',
        f'<text x="{LABELS + width + 8}" y="{middle}">{escape(shown)}</text>',
    ]
