"""What the benchmarks measured: shown as a table, and kept in docs/explanation/performance.json for the page there.

A table has rows, each with a `what` and a number or nothing for each column; `tools/generate_performance.py` writes
them into the page.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

KEPT = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "performance.json"

Row = Dict[str, Any]


class Column(NamedTuple):
    """A figure of each row: its key in the file, its title, and how it is written (format specification)."""

    key: str
    title: str
    form: str


class Table(NamedTuple):
    """What one kind of measurement gives; `what` is the title of the first column."""

    what: str
    columns: Tuple[Column, ...]


_SPEED = (
    Column("us", "µs per entry", ".2f"),
    Column("per_second", "entries per second", ",.0f"),
    Column("ratio", "to journalctl", ".2f"),
)
TABLES = {
    "attack": Table("one run", _SPEED),
    "haystack": Table("one run", _SPEED),
    "daemon": Table(
        "daemon",
        (
            Column("ready_s", "start to READY, s", ".2f"),
            Column("anonymous_mb", "anonymous, MB", ".1f"),
            Column("pss_mb", "PSS, MB", ".1f"),
            Column("idle_percent", "CPU when idle, %", ".2f"),
        ),
    ),
    "memory": Table("part", (Column("anonymous_mb", "anonymous, MB", ".1f"),)),
    "latency": Table(
        "lines a second",
        (
            Column("logins", "logins measured", ",.0f"),
            Column("p50_ms", "half within, ms", ".0f"),
            Column("p99_ms", "99 of 100 within, ms", ".0f"),
            Column("longest_ms", "longest, ms", ".0f"),
            Column("cpu_percent", "CPU of the daemon, %", ".1f"),
        ),
    ),
    "load": Table(
        "load",
        (
            Column("sent", "lines sent", ",.0f"),
            Column("per_second", "a second", ",.0f"),
            Column("stored", "stored by journald", ",.0f"),
            Column("read", "read by pamsignal", ",.0f"),
            Column("expected", "attempts and logins in them", ",.0f"),
            Column("events", "told apart", ",.0f"),
            Column("behind_s", "finished, s after the last line, or the start", ".1f"),
            Column("cpu_us", "µs CPU per line", ".1f"),
            Column("anonymous_mb", "anonymous, MB", ".1f"),
            Column("restarts", "restarts by the watchdog", ".0f"),
        ),
    ),
}


def show(name: str, rows: List[Row]) -> None:
    """Print a table as plain text."""
    table = TABLES[name]
    print(f"\n{name}: {table.what:30} " + " ".join(f"{column.title:>10}" for column in table.columns))
    for row in rows:
        shown = (f"{written(row, column):>{max(10, len(column.title))}}" for column in table.columns)
        print(f"{row['what']:{len(name) + 32}} " + " ".join(shown), flush=True)


def written(row: Row, column: Column) -> str:
    """Return a cell's text: a dash for what was not measured."""
    value = row.get(column.key)
    return "–" if value is None else format(value, column.form)


def keep(name: str, group: str, rows: List[Row], *, is_whole: bool) -> None:
    """Put what a group measured into the file, each row with its day and machine; see `merged`."""
    kept = load()
    here = {"group": group, "day": time.strftime("%Y-%m-%d", time.gmtime()), "machine": machine()}
    fresh = [{"what": row["what"], **here, **row} for row in rows]
    kept[name] = merged(kept.get(name, []), fresh, group, is_whole=is_whole)
    KEPT.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")


def merged(former: List[Row], fresh: List[Row], group: str, *, is_whole: bool) -> List[Row]:
    """Return a table's rows with those of the same `what` replaced, new ones at the end.

    If the group was run whole, those of its rows that it no longer gives are dropped; all others stay as they were.
    """
    new = {row["what"]: row for row in fresh}
    stay = [row for row in former if row["what"] in new or row["group"] != group or not is_whole]
    return [*(new.pop(row["what"], row) for row in stay), *new.values()]


def load() -> Dict[str, List[Row]]:
    """Return the rows of all tables that were kept, by name."""
    found: Dict[str, List[Row]] = json.loads(KEPT.read_text())
    return found


def machine() -> str:
    """Name what the figures depend on."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    systemd = subprocess.run(["journalctl", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return (
        f"{release['PRETTY_NAME'].strip(chr(34))}, Linux {'.'.join(platform.release().split('.')[:2])}, {os.cpu_count()} cores, "
        f"systemd {systemd}, Python {platform.python_version()}, load average {os.getloadavg()[0]:.1f}"
    )
