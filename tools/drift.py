"""What a generator of one page does with its text: write it, or with --check say whether the page is another."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_compare(target: Path, text: str) -> int:
    """Return the exit code: 1 if --check found a difference."""
    if "--check" not in sys.argv[1:]:
        target.write_text(text)
    elif not target.is_file() or target.read_text() != text:
        print(f"{target.name} is not what {Path(sys.argv[0]).name} writes: run it, review the diff", file=sys.stderr)
        return 1
    return 0
